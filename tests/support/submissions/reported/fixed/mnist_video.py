"""One hidden layer, trained layer by layer with the weights before the step; columns"""

from harness import Network, Unsupported

SOURCE = "https://github.com/Bot-Academy/NeuralNetworkFromScratch/pull/3"


def step(network: Network, x, t, learning_rate) -> Network:
    if len(network.layers) != 2 or network.is_canonical:
        raise Unsupported("one hidden layer, squared error")
    (w_i_h, b_i_h), (w_h_o, b_h_o) = [(layer.w, layer.b) for layer in network.layers]
    f, g = [layer.activation for layer in network.layers]
    h_pre = w_i_h @ x.T + b_i_h[:, None]
    h = f.f(h_pre)
    o_pre = w_h_o @ h + b_h_o[:, None]
    delta_o = (g.f(o_pre) - t.T) * g.slope(o_pre)
    delta_h = w_h_o.T @ delta_o * f.slope(h_pre)
    w_h_o = w_h_o - learning_rate * delta_o @ h.T
    b_h_o = b_h_o - learning_rate * delta_o.sum(axis=1)
    w_i_h = w_i_h - learning_rate * delta_h @ x
    b_i_h = b_i_h - learning_rate * delta_h.sum(axis=1)
    return network.with_parameters([w_i_h, w_h_o], [b_i_h, b_h_o])
