"""Layers in the manner of a book: weights come by the constructor, gradients stay in attributes."""

import numpy as np


def softmax(scores):
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def patches_of(images, height, width, stride, pad):
    """[N, C, H, W] -> [N, H', W', C, height, width]"""
    grown = np.pad(images, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    rows = (grown.shape[2] - height) // stride + 1
    columns = (grown.shape[3] - width) // stride + 1
    found = np.empty((len(images), rows, columns, images.shape[1], height, width))
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            found[:, i, j] = grown[:, :, top : top + height, left : left + width]
    return found


def images_from(patches, shape, stride, pad):
    """The transpose of patches_of."""
    count, channels, high, wide = shape
    height, width = patches.shape[-2:]
    grown = np.zeros((count, channels, high + 2 * pad, wide + 2 * pad))
    for i in range(patches.shape[1]):
        for j in range(patches.shape[2]):
            top, left = i * stride, j * stride
            grown[:, :, top : top + height, left : left + width] += patches[:, i, j]
    return grown[:, :, pad : pad + high, pad : pad + wide]


class Relu:
    def __init__(self):
        self.mask = None

    def forward(self, x):
        self.mask = x <= 0
        return np.where(self.mask, 0, x)

    def backward(self, dout):
        return np.where(self.mask, 0, dout)


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)


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
        self.db = np.sum(dout, axis=0)
        return (dout @ self.W.T).reshape(self.original_shape)


class SoftmaxWithLoss:
    def __init__(self):
        self.y = self.t = None

    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return -np.log(self.y[np.arange(len(t)), t]).sum() / len(t)

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


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
        dnormal = self.gamma * dout
        dcentred = dnormal / self.std
        dstd = -np.sum(dnormal * self.centred / (self.std * self.std), axis=0)
        dvariance = 0.5 * dstd / self.std
        dcentred += 2.0 / rows * self.centred * dvariance
        return dcentred - np.sum(dcentred, axis=0) / rows


class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad
        self.dW = self.db = None

    def forward(self, x):
        self.shape = x.shape
        self.patches = patches_of(x, *self.W.shape[2:], self.stride, self.pad)
        return np.einsum("nhwcij,fcij->nfhw", self.patches, self.W) + self.b[:, None, None]

    def backward(self, dout):
        self.db = dout.sum(axis=(0, 2, 3))
        self.dW = np.einsum("nfhw,nhwcij->fcij", dout, self.patches)
        dpatches = np.einsum("nfhw,fcij->nhwcij", dout, self.W)
        return images_from(dpatches, self.shape, self.stride, self.pad)


class Pooling:
    def __init__(self, pool_h, pool_w, stride=2):
        self.pool_h, self.pool_w, self.stride = pool_h, pool_w, stride

    def forward(self, x):
        patches = patches_of(x, self.pool_h, self.pool_w, self.stride, 0)
        flat = patches.reshape(*patches.shape[:4], -1)
        self.shape, self.winner = x.shape, flat.argmax(axis=-1)
        return flat.max(axis=-1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        one_hot = np.eye(self.pool_h * self.pool_w)[self.winner]
        dflat = dout.transpose(0, 2, 3, 1)[..., None] * one_hot
        dpatches = dflat.reshape(*dflat.shape[:4], self.pool_h, self.pool_w)
        return images_from(dpatches, self.shape, self.stride, 0)


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for key in params:
            params[key] -= self.lr * grads[key]


class Momentum:
    def __init__(self, lr=0.01, momentum=0.9):
        self.lr, self.momentum, self.v = lr, momentum, None

    def update(self, params, grads):
        if self.v is None:
            self.v = {key: np.zeros_like(value) for key, value in params.items()}
        for key in params:
            self.v[key] = self.momentum * self.v[key] - self.lr * grads[key]
            params[key] += self.v[key]


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio, self.mask = dropout_ratio, None

    def forward(self, x, train_flg=True):
        if not train_flg:
            return x * (1.0 - self.dropout_ratio)
        self.mask = np.random.default_rng(0).random(x.shape) > self.dropout_ratio
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


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
            m_hat = m / (1 - self.beta1**self.t)
            v_hat = v / (1 - self.beta2**self.t)
            params[key] -= self.lr * m_hat / (np.sqrt(v_hat) + 1e-7)
