"""The cause of errors that are out of bounds: the formula or the arithmetic."""
