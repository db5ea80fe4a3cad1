% Matrix form of the Octave course: the bias is the first column of Theta
% SOURCE: Andrew Ng, Machine Learning, programming exercise 4 (neural networks learning), Coursera, 2011
1;  % a script: functions, then the loop that answers requests

function a = activation(name, z)
  switch name
    case 'sigmoid', a = 1 ./ (1 + exp(-z));
    case 'tanh', a = tanh(z);
    case 'relu', a = max(z, 0);
    case 'leaky_relu', a = max(z, z / 100);
    case 'softplus', a = max(z, 0) + log1p(exp(-abs(z)));
    case 'identity', a = z;
    case 'softmax', a = exp(z - max(z, [], 2)); a = a ./ sum(a, 2);
    otherwise, error('wire:unsupported', 'no activation %s', name);
  end
end

function g = activationGradient(name, z)
  a = activation(name, z);
  switch name
    case 'sigmoid', g = a .* (1 - a);
    case 'tanh', g = 1 - a .^ 2;
    case 'relu', g = z > 0;
    case 'leaky_relu', g = (z > 0) + (z <= 0) / 100;
    case 'softplus', g = -expm1(-a);
    case 'identity', g = ones(size(z));
    otherwise, error('wire:unsupported', '%s only as the output, with cross_entropy', name);
  end
end

function g = costGradient(name, a, y)
  switch name
    case 'half_squared_error', g = a - y;
    case 'binary_cross_entropy', g = (a - y) ./ (a .* (1 - a));
    case 'cross_entropy', g = -y ./ a;
    otherwise, error('wire:unsupported', 'no cost %s', name);
  end
end

% Theta{l} is [n_l, 1 + n_(l-1)], and rows of X and y are samples; a{1} is X, and each a{l} but the last starts with ones.
function [Theta_grad, delta] = backprop(Theta, names, cost, X, y)
  L = numel(Theta);
  m = size(X, 1);
  a = {X};
  for l = 1:L
    a{l} = [ones(m, 1), a{l}];
    z{l+1} = a{l} * Theta{l}';
    a{l+1} = activation(names{l}, z{l+1});
  end

  canonical = {'sigmoid binary_cross_entropy', 'softmax cross_entropy', 'identity half_squared_error'};
  if any(strcmp([names{L} ' ' cost], canonical))
    delta{L+1} = a{L+1} - y;  % BP1
  else
    delta{L+1} = costGradient(cost, a{L+1}, y) .* activationGradient(names{L}, z{L+1});  % BP1
  end
  for l = L:-1:2
    delta{l} = (delta{l+1} * Theta{l}(:, 2:end)) .* activationGradient(names{l-1}, z{l});  % BP2
  end

  for l = 1:L
    % BP3 is the first column, because a{l} starts with ones.
    Theta_grad{l} = delta{l+1}' * a{l};  % BP4
  end
  delta = delta(2:end);
end

function Theta = gradientDescent(Theta, names, cost, X, y, alpha)
  Theta_grad = backprop(Theta, names, cost, X, y);
  for l = 1:numel(Theta)
    Theta{l} = Theta{l} - alpha * Theta_grad{l};  % rule
  end
end

% ---- The protocol "wire 1" (docs/protocol.md) ----
% Arrays travel as bytes, because jsondecode and jsonencode do not keep the last digits of a number.

function respond(line)
  request = regexp(line, '^\{"(\w+)": "?([^",}]*)', 'tokens', 'once');
  if isempty(request), request = {'', ''}; end
  try
    arrays = readArrays(line);
    switch request{1}
      case 'hello'
        send(['{"hello": 1, "name": "octave_course", "language": "Octave", ' ...
              '"offers": ["backprop", "step"], "arrays": "bytes"}'], []);
      case 'echo'
        send(sprintf('{"echo": %s}', described(arrays)), arrays);
      case {'backprop', 'step'}
        compute(request{:}, line, arrays);
      otherwise
        error('expected a request of wire 1, found %s', line(1:min(end, 40)));
    end
  catch problem
    kind = 'error';
    if strcmp(problem.identifier, 'wire:unsupported'), kind = 'unsupported'; end
    id = sprintf('"id": "%s", ', request{2});
    if ~any(strcmp(request{1}, {'backprop', 'step'})), id = ''; end
    send(['{', id, '"', kind, '": "', escaped(problem.message), '"}'], []);
  end
end

function compute(name, id, line, arrays)
  names = regexp(line, '"activation": "(\w+)"', 'tokens');
  names = [names{:}];
  cost = regexp(line, '"cost": "(\w+)"', 'tokens', 'once');
  matrices = arrayfun(@asMatrix, arrays, 'UniformOutput', false);  % w and b of each layer, then x and t
  for l = 1:numel(names)
    Theta{l} = [matrices{2*l}, matrices{2*l-1}];
  end
  arguments = {Theta, names, cost{1}, matrices{end-1}, matrices{end}};
  delta = {};
  if strcmp(name, 'step')
    alpha = regexp(line, '"learning_rate": ([^,}]+)', 'tokens', 'once');
    found = gradientDescent(arguments{:}, str2double(alpha{1}));
  else
    [found, delta] = backprop(arguments{:});
  end
  w = cellfun(@(Theta) asArray(Theta(:, 2:end)), found);
  b = cellfun(@(Theta) struct('shape', size(Theta, 1), 'data', Theta(:, 1)), found);
  text = sprintf('{"id": "%s", "w": [%s], "b": [%s]', id, described(w), described(b));
  if isempty(delta)
    send([text '}'], [w, b]);
  else
    delta = cellfun(@asArray, delta);
    send(sprintf('%s, "delta": [%s]}', text, described(delta)), [w, b, delta]);
  end
end

% The arrays whose bytes follow the line: structs of shape, and data [product of the shape, 1] in row-major order.
function arrays = readArrays(line)
  found = regexp(line, '\{"shape": \[([^\]]*)\], "dtype": "float(32|64)", "bytes": \d+\}', 'tokens');
  arrays = struct('shape', {}, 'data', {});
  for i = 1:numel(found)
    shape = sscanf(found{i}{1}, '%d,')';
    data = fread(stdin, prod(shape), ['float' found{i}{2} '=>float' found{i}{2}], 0, 'ieee-le');
    arrays(i) = struct('shape', shape, 'data', data);
  end
end

function x = asMatrix(array)  % a vector becomes a column
  x = reshape(array.data, [], array.shape(1)).';
end

function array = asArray(x)
  array = struct('shape', size(x), 'data', reshape(x.', [], 1));
end

function text = escaped(text)
  text = regexprep(strrep(strrep(text, '\', '\\'), '"', '\"'), '[\x00-\x1f]+', ' ');
end

function text = described(arrays)
  text = '';
  for array = arrays
    width = 64 - 32 * isa(array.data, 'single');
    shape = regexprep(sprintf('%d, ', array.shape), ', $', '');
    bytes = numel(array.data) * width / 8;
    text = sprintf('%s, {"shape": [%s], "dtype": "float%d", "bytes": %d}', text, shape, width, bytes);
  end
  text = text(3:end);
end

function send(line, arrays)
  fprintf('%s\n', line);
  for array = arrays
    fwrite(stdout, array.data, class(array.data), 0, 'ieee-le');
  end
  fflush(stdout);
end

% The next line, or {} at the end of the input. Unlike input, fgetl(stdin) waits for the first byte after the line.
function line = nextLine()
  try
    line = input('', 's');
  catch
    line = {};
  end
end

sigterm_dumps_octave_core(false);  % into a file of the working folder
crash_dumps_octave_core(false);
line = nextLine();
while ischar(line)
  respond(line);
  line = nextLine();
end
