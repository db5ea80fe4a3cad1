# planted: adam | w2, w3, w4 | power | https://github.com/eriklindernoren/ML-From-Scratch/issues/35
import numpy as np


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.t, self.m, self.v = 0, {}, {}

    def update(self, params, grads):
        self.t += 1
        for key, gradient in grads.items():
            m = self.beta1 * self.m.get(key, 0) + (1 - self.beta1) * gradient
            v = self.beta2 * self.v.get(key, 0) + (1 - self.beta2) * gradient**2
            self.m[key], self.v[key] = m, v
            m_hat = m / (1 - self.beta1)
            v_hat = v / (1 - self.beta2)
            params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + 1e-7)
