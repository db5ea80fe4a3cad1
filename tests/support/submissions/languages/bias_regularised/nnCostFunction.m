% Wrong: the bias columns are regularised too.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
Y = zeros(m, num_labels);
Y(sub2ind(size(Y), (1:m)', y)) = 1;

A1 = [ones(m, 1), X];
Z2 = A1 * Theta1';
A2 = [ones(m, 1), sigmoid(Z2)];
A3 = sigmoid(A2 * Theta2');
J = -sum(sum(Y .* log(A3) + (1 - Y) .* log(1 - A3))) / m;
J = J + lambda / (2 * m) * (sum(Theta1(:) .^ 2) + sum(Theta2(:) .^ 2));

D3 = A3 - Y;
D2 = (D3 * Theta2(:, 2:end)) .* sigmoidGradient(Z2);
Theta1_grad = D2' * A1 / m + lambda / m * Theta1;
Theta2_grad = D3' * A2 / m + lambda / m * Theta2;
grad = [Theta1_grad(:); Theta2_grad(:)];
end
