"""The search for the formulas that code computed, from its numbers."""
