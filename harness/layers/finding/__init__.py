"""What a file has of layers, read from its source, and how each is called."""
