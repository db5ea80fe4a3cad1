"""What can be said of wrong numbers that no formula explains."""
