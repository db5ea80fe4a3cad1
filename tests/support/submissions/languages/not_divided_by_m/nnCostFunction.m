% Wrong: the gradient of the data is not divided by m, although the cost is.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
I = eye(num_labels);
Y = I(y, :);
a1 = [ones(m, 1) X];
z2 = a1 * Theta1';
a2 = [ones(m, 1) sigmoid(z2)];
a3 = sigmoid(a2 * Theta2');
J = sum(sum(-Y .* log(a3) - (1 - Y) .* log(1 - a3))) / m;

sigma3 = a3 - Y;
sigma2 = (sigma3 * Theta2) .* sigmoidGradient([ones(m, 1) z2]);
sigma2 = sigma2(:, 2:end);
p1 = (lambda / m) * [zeros(size(Theta1, 1), 1) Theta1(:, 2:end)];
p2 = (lambda / m) * [zeros(size(Theta2, 1), 1) Theta2(:, 2:end)];
Theta1_grad = sigma2' * a1 + p1;
Theta2_grad = sigma3' * a2 + p2;
grad = [Theta1_grad(:); Theta2_grad(:)];
end
