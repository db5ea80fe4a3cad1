% Wrong: sigmoidGradient is given a2, which is a sigmoid already, in place of z2.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
J = 0;
Delta1 = 0 * Theta1;
Delta2 = 0 * Theta2;
for i = 1:m
    a1 = [1; X(i, :)(:)];
    a2 = sigmoid(Theta1 * a1);
    a3 = sigmoid(Theta2 * [1; a2]);
    yk = ((1:num_labels)' == y(i));
    J += -(yk' * log(a3) + (1 - yk)' * log(1 - a3)) / m;
    d3 = a3 - yk;
    d2 = (Theta2' * d3)(2:end) .* sigmoidGradient(a2);
    Delta2 += d3 * [1; a2]';
    Delta1 += d2 * a1';
end
Theta1_grad = Delta1 / m;
Theta2_grad = Delta2 / m;
Theta1_grad(:, 2:end) += lambda / m * Theta1(:, 2:end);
Theta2_grad(:, 2:end) += lambda / m * Theta2(:, 2:end);
grad = [Theta1_grad(:); Theta2_grad(:)];
end
