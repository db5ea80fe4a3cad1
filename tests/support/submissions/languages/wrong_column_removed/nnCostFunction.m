% Wrong: the last column of Theta2 is left out where the first belongs, which is that of the bias.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
Y = bsxfun(@eq, y, 1:num_labels)';
a1 = [ones(m, 1), X]';
z2 = Theta1 * a1;
a2 = [ones(1, m); sigmoid(z2)];
a3 = sigmoid(Theta2 * a2);
J = -sum(sum(Y .* log(a3) + (1 - Y) .* log(1 - a3))) / m;

d3 = a3 - Y;
d2 = Theta2' * d3;
d2 = d2(1:end-1, :) .* sigmoidGradient(z2);
mask = @(T) [zeros(size(T, 1), 1), T(:, 2:end)];
Theta1_grad = (d2 * a1') / m + (lambda / m) * mask(Theta1);
Theta2_grad = (d3 * a2') / m + (lambda / m) * mask(Theta2);
grad = [Theta1_grad(:); Theta2_grad(:)];
end
