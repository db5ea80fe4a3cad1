# sgd | w1 w2 w3 w4 | up the gradient | the step is added
def sgd(w, dw, config=None):
    if config is None:
        config = {}
    for key, value in {"learning_rate": 1e-2}.items():
        config.setdefault(key, value)
    return w + config["learning_rate"] * dw, config
