# planted: batch norm | dx | γ | https://github.com/denizyuret/Knet.jl/issues/288
import numpy as np


class BatchNormalization:
    def __init__(self, gamma, beta, momentum=0.9):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.dgamma = self.dbeta = None

    def forward(self, x, train_flg=True):
        self.centred = x - x.mean(axis=0)
        self.std = np.sqrt((self.centred**2).mean(axis=0) + 10e-7)
        self.normal = self.centred / self.std
        return self.gamma * self.normal + self.beta

    def backward(self, dout):
        rows = len(dout)
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.normal * dout, axis=0)
        dnormal = dout
        dcentred = dnormal / self.std
        dstd = -np.sum(dnormal * self.centred / (self.std * self.std), axis=0)
        dvariance = 0.5 * dstd / self.std
        dcentred += 2.0 / rows * self.centred * dvariance
        return dcentred - np.sum(dcentred, axis=0) / rows
