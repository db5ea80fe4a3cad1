"""Short scripts in the names of a file: how layers are called, whatever their interface."""
