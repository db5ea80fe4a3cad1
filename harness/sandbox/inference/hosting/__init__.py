"""What runs in the process of the file: its import, the calls with a time limit, and the answers to requests."""
