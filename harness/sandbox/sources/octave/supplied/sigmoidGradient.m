function g = sigmoidGradient(z)
% The derivative of the sigmoid function at every element of z.
g = 1 ./ (1 + exp(-z));
g = g .* (1 - g);
end
