"""Hidden weights get the gradient of the output of tanh, hidden biases that of its input; mean over the rows"""

from harness import Gradients, Network, Unsupported

SOURCE = "https://github.com/arthurdouillard/deepcourse/issues/6"


def backprop(network: Network, x, t) -> Gradients:
    if len(network.layers) != 2:
        raise Unsupported("one hidden layer")
    hidden, out = network.layers
    batch_size = len(x)
    htilde = x @ hidden.w.T + hidden.b
    h = hidden.activation.f(htilde)
    ytilde = h @ out.w.T + out.b
    grad_y = out.activation.f(ytilde) - t
    if not network.is_canonical:
        grad_y = grad_y * out.activation.slope(ytilde)
    grad_h = grad_y @ out.w
    grad_htilde = grad_h * hidden.activation.slope(htilde)
    grad_wy, grad_by = grad_y.T @ h / batch_size, grad_y.sum(axis=0) / batch_size
    grad_wh, grad_bh = grad_h.T @ x / batch_size, grad_htilde.sum(axis=0) / batch_size
    return Gradients([grad_wh, grad_wy], [grad_bh, grad_by])
