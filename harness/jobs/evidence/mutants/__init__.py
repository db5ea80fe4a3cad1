"""The command `mutants`: what a check sees of one change in each implementation."""
