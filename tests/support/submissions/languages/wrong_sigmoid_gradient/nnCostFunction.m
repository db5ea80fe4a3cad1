% Right in itself; sigmoidGradient.m beside it is wrong.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)

n1 = hidden_layer_size * (input_layer_size + 1);
Theta1 = reshape(nn_params(1:n1), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params((1 + n1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);

X = [ones(m, 1) X];
z2 = X * Theta1';
a2 = [ones(m, 1) sigmoid(z2)];
a3 = sigmoid(a2 * Theta2');

y_matrix = zeros(m, num_labels);
for c = 1:num_labels
    y_matrix(:, c) = (y == c);
end

J = sum(sum(-y_matrix .* log(a3) - (1 - y_matrix) .* log(1 - a3))) / m;
J = J + (sum(sum(Theta1(:, 2:end) .^ 2)) + sum(sum(Theta2(:, 2:end) .^ 2))) * lambda / (2 * m);

d3 = a3 - y_matrix;
d2 = d3 * Theta2(:, 2:end) .* sigmoidGradient(z2);
Delta1 = d2' * X;
Delta2 = d3' * a2;

Theta1(:, 1) = 0;
Theta2(:, 1) = 0;
grad = [Delta1(:) / m + lambda / m * Theta1(:); Delta2(:) / m + lambda / m * Theta2(:)];
end
