"""A network in plain Python: lists of floats, one pattern at a time."""

import math
import random


def squash(x):
    return 1.0 / (1.0 + math.exp(-x))


class NeuralNet:
    def __init__(self, num_inputs, num_hidden, num_outputs):
        self.ni, self.nh, self.no = num_inputs, num_hidden, num_outputs
        self.rate = 0.5
        self.w_in = [[random.uniform(-1, 1) for _ in range(self.nh)] for _ in range(self.ni)]
        self.w_out = [[random.uniform(-1, 1) for _ in range(self.no)] for _ in range(self.nh)]
        self.b_hidden = [random.uniform(-1, 1) for _ in range(self.nh)]
        self.b_out = [random.uniform(-1, 1) for _ in range(self.no)]

    def activate(self, inputs):
        self.hidden, self.output = [], []
        for j in range(self.nh):
            total = self.b_hidden[j]
            for i in range(self.ni):
                total += inputs[i] * self.w_in[i][j]
            self.hidden.append(squash(total))
        for k in range(self.no):
            total = self.b_out[k]
            for j in range(self.nh):
                total += self.hidden[j] * self.w_out[j][k]
            self.output.append(squash(total))
        return self.output

    def train(self, inputs, targets):
        self.activate(inputs)
        output_deltas = []
        for k in range(self.no):
            error = targets[k] - self.output[k]
            output_deltas.append(error * self.output[k] * (1 - self.output[k]))
        hidden_deltas = []
        for j in range(self.nh):
            error = 0.0
            for k in range(self.no):
                error += output_deltas[k] * self.w_out[j][k]
            hidden_deltas.append(error * self.hidden[j] * (1 - self.hidden[j]))

        for k in range(self.no):
            for j in range(self.nh):
                self.w_out[j][k] += self.rate * output_deltas[k] * self.hidden[j]
            self.b_out[k] += self.rate * output_deltas[k]
        for j in range(self.nh):
            for i in range(self.ni):
                self.w_in[i][j] += self.rate * hidden_deltas[j] * inputs[i]
            self.b_hidden[j] += self.rate * hidden_deltas[j]
        return sum((t - o) ** 2 for t, o in zip(targets, self.output)) / 2
