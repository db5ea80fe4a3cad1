"""Dense layers and dropout."""
