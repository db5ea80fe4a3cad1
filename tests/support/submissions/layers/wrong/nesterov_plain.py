# nesterov momentum | w1 w2 w3 w4 | plain momentum | it does not look ahead
import numpy as np


def nesterov_momentum(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2, "momentum": 0.9}.items():
        config.setdefault(key, value)
    v = config.get("velocity", np.zeros_like(w))
    v = config["momentum"] * v - config["learning_rate"] * dw
    config["velocity"] = v
    return w + v, config
