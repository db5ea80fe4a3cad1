# planted: max pool | dx | = in place of += | https://github.com/0809zheng/CS231n-assignment2019/issues/19
import numpy as np


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
            grown[:, :, top : top + height, left : left + width] = patches[:, i, j]
    return grown[:, :, pad : pad + high, pad : pad + wide]


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
