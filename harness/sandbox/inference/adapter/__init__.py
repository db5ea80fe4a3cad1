"""What an adapter is made of, and its source."""
