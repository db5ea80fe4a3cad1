"""What is measured: the programs that races start, and the command lines that start them."""
