# adamw | w1 w2 w3 w4 | part of the gradient | weight decay is added to the gradient
import numpy as np


def adamw(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {
        "learning_rate": 1e-3,
        "beta1": 0.9,
        "beta2": 0.999,
        "epsilon": 1e-8,
        "m": np.zeros_like(w),
        "v": np.zeros_like(w),
        "weight_decay": 0.01,
        "t": 0,
    }.items():
        config.setdefault(key, value)
    dw = dw + config["weight_decay"] * w
    config["t"] += 1
    config["m"] = config["beta1"] * config["m"] + (1 - config["beta1"]) * dw
    config["v"] = config["beta2"] * config["v"] + (1 - config["beta2"]) * dw * dw
    m_hat = config["m"] / (1 - config["beta1"] ** config["t"])
    v_hat = config["v"] / (1 - config["beta2"] ** config["t"])
    return w - config["learning_rate"] * m_hat / (np.sqrt(v_hat) + config["epsilon"]), config
