"""Claims about training: updates, batches, costs."""
