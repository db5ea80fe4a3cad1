"""The entries of the catalogue, a file for each part of backprop."""
