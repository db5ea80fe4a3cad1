function [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
% Right: all rows at once; it does not use sigmoid.m and sigmoidGradient.m.
  split = hidden_layer_size * (input_layer_size + 1);
  Theta1 = reshape(nn_params(1:split), hidden_layer_size, []);
  Theta2 = reshape(nn_params(split+1:end), num_labels, []);
  m = rows(X);
  Y = eye(num_labels)(y, :);
  g = @(z) 1.0 ./ (1.0 + e.^-z);

  a1 = [ones(m, 1) X];
  a2 = [ones(m, 1) g(a1 * Theta1')];
  h = g(a2 * Theta2');

  W1 = [zeros(rows(Theta1), 1) Theta1(:, 2:end)];
  W2 = [zeros(rows(Theta2), 1) Theta2(:, 2:end)];
  J = (-Y(:)' * log(h(:)) - (1 - Y(:))' * log(1 - h(:))) / m;
  J += lambda / (2*m) * (W1(:)' * W1(:) + W2(:)' * W2(:));

  d3 = h - Y;
  d2 = (d3 * Theta2) .* a2 .* (1 - a2);
  d2(:, 1) = [];
  grad = [(d2' * a1 + lambda * W1)(:); (d3' * a2 + lambda * W2)(:)] / m;
endfunction
