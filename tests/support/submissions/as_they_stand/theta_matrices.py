"""Handwritten digits, after the exercise of the course: Theta1 and Theta2 have the bias in their first column."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_gradient(z):
    return sigmoid(z) * (1 - sigmoid(z))


def add_ones(A):
    return np.hstack([np.ones((A.shape[0], 1)), A])


def rand_initialize_weights(l_in, l_out, epsilon=0.5):
    return np.random.rand(l_out, l_in + 1) * 2 * epsilon - epsilon


class DigitRecognizer:
    def __init__(self, input_layer_size, hidden_layer_size, num_labels):
        self.num_labels = num_labels
        self.Theta1 = rand_initialize_weights(input_layer_size, hidden_layer_size)
        self.Theta2 = rand_initialize_weights(hidden_layer_size, num_labels)

    def hypothesis(self, X):
        return sigmoid(add_ones(sigmoid(add_ones(X) @ self.Theta1.T)) @ self.Theta2.T)

    def cost_function(self, X, y, lam=0.0):
        """J and the gradients of Theta1 and Theta2; y holds labels from 0 to num_labels - 1."""
        m = X.shape[0]
        Y = np.eye(self.num_labels)[y]
        a1 = add_ones(X)
        z2 = a1 @ self.Theta1.T
        a2 = add_ones(sigmoid(z2))
        h = sigmoid(a2 @ self.Theta2.T)
        J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
        J += lam / (2 * m) * (np.sum(self.Theta1[:, 1:] ** 2) + np.sum(self.Theta2[:, 1:] ** 2))

        delta3 = h - Y
        delta2 = (delta3 @ self.Theta2)[:, 1:] * sigmoid_gradient(z2)
        Theta1_grad = delta2.T @ a1 / m
        Theta2_grad = delta3.T @ a2 / m
        Theta1_grad[:, 1:] += lam / m * self.Theta1[:, 1:]
        Theta2_grad[:, 1:] += lam / m * self.Theta2[:, 1:]
        return J, Theta1_grad, Theta2_grad

    def predict(self, X):
        return np.argmax(self.hypothesis(X), axis=1)
