"""A network of the days of Python 2."""

import random
import math


class NN:
    def __init__(self, ni, nh, no):
        self.ni, self.nh, self.no = ni, nh, no
        self.wi = [[random.uniform(-0.2, 0.2) for j in range(nh)] for i in range(ni)]
        self.wo = [[random.uniform(-2.0, 2.0) for k in range(no)] for j in range(nh)]

    def update(self, inputs):
        self.ai = inputs
        self.ah = [math.tanh(sum(self.ai[i] * self.wi[i][j] for i in range(self.ni))) for j in range(self.nh)]
        self.ao = [math.tanh(sum(self.ah[j] * self.wo[j][k] for j in range(self.nh))) for k in range(self.no)]
        return self.ao

    def backPropagate(self, targets, N):
        output_deltas = [(targets[k] - self.ao[k]) * (1.0 - self.ao[k] ** 2) for k in range(self.no)]
        hidden_deltas = []
        for j in range(self.nh):
            error = sum(output_deltas[k] * self.wo[j][k] for k in range(self.no))
            hidden_deltas.append(error * (1.0 - self.ah[j] ** 2))
        for j in range(self.nh):
            for k in range(self.no):
                self.wo[j][k] += N * output_deltas[k] * self.ah[j]
        for i in range(self.ni):
            for j in range(self.nh):
                self.wi[i][j] += N * hidden_deltas[j] * self.ai[i]

    def train(self, patterns, iterations=1000, N=0.5):
        for i in xrange(iterations):
            for p in patterns:
                self.update(p[0])
                self.backPropagate(p[1], N)
            if i % 100 == 0:
                print 'iteration %d' % i
