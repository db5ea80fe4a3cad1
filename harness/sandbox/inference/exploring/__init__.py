"""Try, in the process of a file, what its classes and functions do."""
