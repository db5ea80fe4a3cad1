# affine | dw | transpose | dw is reshaped where it must be transposed
def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dw = (dout.T @ x.reshape(len(x), -1)).reshape(w.shape)
    return (dout @ w.T).reshape(x.shape), dw, dout.sum(axis=0)
