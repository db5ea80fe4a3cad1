"""How far the rounding of floating-point arithmetic may lead right code from the exact values."""
