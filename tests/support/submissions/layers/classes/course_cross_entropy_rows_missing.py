# planted: softmax loss | dx | number of rows | -
import numpy as np


class CrossEntropyLoss:
    def forward(self, A, Y):
        self.Y = Y
        exponentials = np.exp(A - A.max(axis=1, keepdims=True))
        self.softmax = exponentials / exponentials.sum(axis=1, keepdims=True)
        losses = -(Y * np.log(self.softmax)).sum(axis=1)
        return losses.sum() / A.shape[0]

    def backward(self):
        return self.softmax - self.Y
