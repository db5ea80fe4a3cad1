"""Classes of layers, functions of autograd and optimisers, and what the source shows of how they are called."""
