"""The commands `compare` and `list`: every implementation on every case."""
