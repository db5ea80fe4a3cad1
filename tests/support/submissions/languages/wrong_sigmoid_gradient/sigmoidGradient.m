% Wrong: it takes z for the output of the sigmoid.
function g = sigmoidGradient(z)
g = z .* (1 - z);
end
