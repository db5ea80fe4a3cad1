# rmsprop | w1 w2 w3 w4 | division by `root` is left out | the cache is kept and never used
import numpy as np


def rmsprop(w, dw, config=None):
    config = config or {}
    decay = config.get("decay_rate", 0.99)
    config["cache"] = decay * config.get("cache", np.zeros_like(w)) + (1 - decay) * dw**2
    return w - config.get("learning_rate", 1e-2) * dw, config
