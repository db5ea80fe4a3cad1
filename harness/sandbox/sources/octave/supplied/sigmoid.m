function g = sigmoid(z)
% The sigmoid function of every element of z.
g = 1 ./ (1 + exp(-z));
end
