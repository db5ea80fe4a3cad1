% Wrong: the gradients are assigned in the loop, not accumulated, so only the last row counts.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
J = 0;
for i = 1:m
    a_1 = [1 X(i, :)]';
    z_2 = Theta1 * a_1;
    a_2 = [1; sigmoid(z_2)];
    a_3 = sigmoid(Theta2 * a_2);
    y_i = zeros(num_labels, 1);
    y_i(y(i)) = 1;
    J = J - sum(y_i .* log(a_3) + (1 - y_i) .* log(1 - a_3)) / m;
    delta_3 = a_3 - y_i;
    delta_2 = Theta2(:, 2:end)' * delta_3 .* sigmoidGradient(z_2);
    Theta2_grad = delta_3 * a_2';
    Theta1_grad = delta_2 * a_1';
end
Theta1_grad = Theta1_grad / m + lambda / m * [zeros(hidden_layer_size, 1) Theta1(:, 2:end)];
Theta2_grad = Theta2_grad / m + lambda / m * [zeros(num_labels, 1) Theta2(:, 2:end)];
grad = [Theta1_grad(:); Theta2_grad(:)];
end
