"""An array that counts its multiplications."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.model.contract import Array


class Counting(np.ndarray):
    """An array that counts the multiplications and divisions that are done with it, those inside of sums of products
    too. Single numbers taken from it stay arrays of no dimension, so that they go on counting."""

    done = 0

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(one) for one in inputs]
        options.pop("out", None)
        if ufunc is np.matmul:
            return self._sum_of_products(*plain)
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc in (np.multiply, np.divide, np.square, np.power):
            Counting.done += np.size(result)
        return np.asarray(result).view(Counting)

    def __getitem__(self, index: Any) -> Any:
        return np.asarray(np.asarray(self)[index]).view(Counting)

    @staticmethod
    def _sum_of_products(one: Array, other: Array) -> Any:
        """A matrix product with each of its products done, and counted, by itself."""
        left, right = np.atleast_2d(one), other if other.ndim == 2 else other[:, None]
        products = left[:, :, None].view(Counting) * right[None, :, :]
        return np.asarray(products).sum(axis=1).reshape(one.shape[:-1] + other.shape[1:]).view(Counting)
