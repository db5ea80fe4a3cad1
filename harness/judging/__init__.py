"""The verdict: compare the answers of an implementation with the certified truth, and find the cause of an error."""
