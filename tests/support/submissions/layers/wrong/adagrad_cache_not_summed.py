# adagrad | w2 w3 w4 | cache is not kept | the cache is assigned, not added to
import numpy as np


def adagrad(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2, "epsilon": 1e-8}.items():
        config.setdefault(key, value)
    config["cache"] = dw**2
    return w - config["learning_rate"] * dw / (np.sqrt(config["cache"]) + config["epsilon"]), config
