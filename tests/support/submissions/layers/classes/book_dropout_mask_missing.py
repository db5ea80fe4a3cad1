# planted: dropout | dx | mask | https://github.com/ddbourgin/numpy-ml/issues/94
import numpy as np


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio, self.mask = dropout_ratio, None

    def forward(self, x, train_flg=True):
        if not train_flg:
            return x * (1.0 - self.dropout_ratio)
        self.mask = np.random.default_rng(0).random(x.shape) > self.dropout_ratio
        return x * self.mask

    def backward(self, dout):
        return dout
