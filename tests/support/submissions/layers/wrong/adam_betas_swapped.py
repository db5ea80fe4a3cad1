# adam | w2 w3 w4 | swapped | beta1 and beta2 are swapped
import numpy as np


def adam(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
        "m": np.zeros_like(w),
        "v": np.zeros_like(w),
        "t": 0,
    }.items():
        config.setdefault(key, value)
    lr, b1, b2, eps = config["learning_rate"], config["beta2"], config["beta1"], config["epsilon"]
    config["t"] += 1
    t = config["t"]
    config["m"] += (1 - b1) * (dw - config["m"])
    config["v"] += (1 - b2) * (dw**2 - config["v"])
    rate = lr * np.sqrt(1 - b2**t) / (1 - b1**t)
    small = eps * np.sqrt(1 - b2**t)
    return w - rate * config["m"] / (np.sqrt(config["v"]) + small), config
