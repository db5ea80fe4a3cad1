# planted: affine | db | mean of the rows | -
import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
        self.x = self.original_shape = None
        self.dW = self.db = None

    def forward(self, x):
        self.original_shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = np.mean(dout, axis=0)
        return (dout @ self.W.T).reshape(self.original_shape)
