"""The model of a network: the contract, activation and cost functions, the textbook backprop, exact numbers."""
