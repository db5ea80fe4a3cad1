"""Dense layers, activations and dropout."""
