"""Claims about the equations."""
