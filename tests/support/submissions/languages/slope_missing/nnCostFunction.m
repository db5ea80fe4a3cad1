% Wrong: delta2 lacks the factor sigmoidGradient(z2).
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
X = [ones(m, 1) X];
A2 = [ones(m, 1) sigmoid(X * Theta1')];
H = sigmoid(A2 * Theta2');
Y = repmat(1:num_labels, m, 1) == repmat(y, 1, num_labels);
J = -mean(sum(Y .* log(H) + ~Y .* log(1 - H), 2));

delta3 = H - Y;
delta2 = delta3 * Theta2(:, 2:end);
reg1 = lambda * Theta1; reg1(:, 1) = 0;
reg2 = lambda * Theta2; reg2(:, 1) = 0;
Theta1_grad = 1 / m * (delta2' * X + reg1);
Theta2_grad = 1 / m * (delta3' * A2 + reg2);
grad = [Theta1_grad(:); Theta2_grad(:)];
end
