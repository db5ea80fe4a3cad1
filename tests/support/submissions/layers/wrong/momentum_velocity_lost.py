# sgd with momentum | w2 w3 w4 | velocity is not kept | the velocity is not stored in config
import numpy as np


def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2, "momentum": 0.9}.items():
        config.setdefault(key, value)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    return w + v, config
