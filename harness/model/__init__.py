"""What a network is: the contract, the activation and cost functions, the textbook backprop, exact numbers."""
