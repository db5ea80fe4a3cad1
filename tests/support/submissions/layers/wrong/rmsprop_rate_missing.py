# rmsprop | w1 w2 w3 w4 | 1 − decay_rate | dw squared lacks its factor
def rmsprop(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2, "decay_rate": 0.99, "epsilon": 1e-8}.items():
        config.setdefault(key, value)
    config["cache"] = config["decay_rate"] * config.get("cache", 0) + dw**2
    return w - config["learning_rate"] * dw / (config["cache"] ** 0.5 + config["epsilon"]), config
