"""The report on layers: which formulations agree, which mistakes are found, and which of them other checks let pass."""
