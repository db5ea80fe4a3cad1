# planted: relu | dx | without the slope | -
import numpy as np


class Module:
    def __call__(self, *args):
        return self.forward(*args)


class ReLU(Module):
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0.0)

    def backward(self, grad):
        return grad
