# sgd with momentum | w1 w2 w3 w4 | learning rate is left out | the velocity has no learning rate
def sgd_momentum(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2, "momentum": 0.9}.items():
        config.setdefault(key, value)
    config["velocity"] = config["momentum"] * config.get("velocity", 0) + dw
    return w - config["velocity"], config
