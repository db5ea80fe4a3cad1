"""Training, followed: the weights of every implementation over hundreds of epochs, against what rounding explains."""
