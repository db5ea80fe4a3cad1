"""A class of 120 that a script makes from a seed, and what each student must get."""
