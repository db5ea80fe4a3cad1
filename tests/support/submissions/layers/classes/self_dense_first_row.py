# planted: affine | db | none | -
import numpy as np


class Layer_Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.ones((n_inputs, n_neurons))
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs.reshape(len(inputs), -1), self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.reshape(len(self.inputs), -1).T, dvalues)
        self.dbiases = dvalues[:1]
        self.dinputs = np.dot(dvalues, self.weights.T).reshape(self.inputs.shape)
