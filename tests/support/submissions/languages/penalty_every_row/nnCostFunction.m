% Wrong: the penalty is added for every row, inside of the loop.
function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
Theta1 = reshape(nn_params(1:hidden_layer_size * (input_layer_size + 1)), hidden_layer_size, input_layer_size + 1);
Theta2 = reshape(nn_params(1 + hidden_layer_size * (input_layer_size + 1):end), num_labels, hidden_layer_size + 1);
m = size(X, 1);
J = 0;
Theta1_grad = zeros(size(Theta1));
Theta2_grad = zeros(size(Theta2));
penalty1 = lambda * [zeros(hidden_layer_size, 1), Theta1(:, 2:end)];
penalty2 = lambda * [zeros(num_labels, 1), Theta2(:, 2:end)];

for t = 1:m
    a1 = [1, X(t, :)];
    z2 = a1 * Theta1';
    a2 = [1, sigmoid(z2)];
    a3 = sigmoid(a2 * Theta2');
    target = 1:num_labels == y(t);
    J = J - (log(a3) * target' + log(1 - a3) * (1 - target)') / m;

    delta3 = a3 - target;
    delta2 = (delta3 * Theta2(:, 2:end)) .* sigmoidGradient(z2);
    Theta1_grad = Theta1_grad + delta2' * a1 + penalty1;
    Theta2_grad = Theta2_grad + delta3' * a2 + penalty2;
end

grad = [Theta1_grad(:); Theta2_grad(:)] / m;
end
