"""Text, formulas and pictures as HTML."""
