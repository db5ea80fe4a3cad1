# planted: affine | dw | number of rows | -
import numpy as np


class Linear:
    def __init__(self, in_features, out_features, debug=False):
        self.W = np.zeros((out_features, in_features))
        self.b = np.zeros((out_features, 1))
        self.debug = debug

    def forward(self, A):
        self.A = A.reshape(A.shape[0], -1)
        self.shape = A.shape
        self.ones = np.ones((A.shape[0], 1))
        return self.A @ self.W.T + self.ones @ self.b.T

    def backward(self, dLdZ):
        dLdA = dLdZ @ self.W
        self.dLdW = dLdZ.T @ self.A / len(self.A)
        self.dLdb = dLdZ.T @ self.ones
        return dLdA.reshape(self.shape)
