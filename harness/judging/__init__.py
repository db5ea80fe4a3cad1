"""The verdict: the answers of an implementation compared with the certified truth, and the cause of an error."""
