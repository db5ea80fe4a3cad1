% A program of the protocol "wire 1" (docs/protocol.md) that drives the Octave course's function
%
%   [J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)
%
% of exercise 4 of Andrew Ng's Machine Learning, as it stands:
%
%   octave-cli --quiet --no-init-file --no-history cost_function.m nnCostFunction.m LAMBDA
%
% grad is that of C = -1/m sum(t log a + (1 - t) log(1 - a)) + lambda/(2m) sum(Theta(:, 2:end).^2), the penalty over both
% layers. The rows of X are samples, y has labels from 1, and grad is [Theta1_grad(:); Theta2_grad(:)], where the first
% column of each Theta is the bias. sigmoid.m and sigmoidGradient.m beside the file are used; those that are missing are
% in the folder `supplied`. What the function prints goes to standard error.
%
% The functions here have names that start with wire_, because the function that is driven would see others too.
1;

function answer = wire_hello(path, lambda)
  answer = sprintf(['{"hello": 1, "name": "nnCostFunction", "language": "Octave", "offers": ["backprop"], ' ...
                    '"declares": {"REDUCTION": "mean", "ACTIVATIONS": ["sigmoid"], ' ...
                    '"COST": "binary_cross_entropy", "DTYPE": "float64"']);
  if lambda ~= 0
    answer = sprintf('%s, "L2": %.17g, "L2_DIVIDED": true', answer, lambda);
  end
  notes = cellfun(@(note) sprintf('"%s"', wire_escaped(note)), wire_notes(path), 'UniformOutput', false);
  answer = sprintf('%s}, "notes": [%s], "arrays": "bytes"}', answer, strjoin(notes, ', '));
end

function notes = wire_notes(path)
  [folder, name] = fileparts(path);
  notes = {'grad is judged, J is not.'};
  source = regexprep(fileread(path), '[%#][^\n]*', '');
  for helper = {'sigmoid', 'sigmoidGradient'}
    is_called = ~isempty(regexp(source, ['\<' helper{1} '\s*\('], 'once'));
    is_inside = ~isempty(regexp(source, ['\<function\>[^\n]*\<' helper{1} '\>'], 'once'));
    if is_called && ~is_inside && ~exist(fullfile(folder, [helper{1} '.m']), 'file')
      notes{end+1} = sprintf('%s.m is not beside %s.m, so a correct one is supplied.', helper{1}, name);
    end
  end
end

% The gradients of one request: w and b of both layers, as arrays.
function [w, b] = wire_gradients(path, lambda, line, arrays)
  wire_check_network(line, arrays);
  Theta1 = [wire_matrix(arrays(2)), wire_matrix(arrays(1))];
  Theta2 = [wire_matrix(arrays(4)), wire_matrix(arrays(3))];
  X = wire_matrix(arrays(5));
  [~, y] = max(wire_matrix(arrays(6)), [], 2);
  sizes = {size(X, 2), rows(Theta1), rows(Theta2)};
  grad = wire_call(path, [Theta1(:); Theta2(:)], sizes{:}, X, y, lambda);
  wire_check_grad(grad, Theta1, Theta2);
  Theta1_grad = reshape(grad(1:numel(Theta1)), size(Theta1));
  Theta2_grad = reshape(grad(numel(Theta1)+1:end), size(Theta2));
  wire_check_finite('Theta1_grad', Theta1_grad);
  wire_check_finite('Theta2_grad', Theta2_grad);
  w = [wire_array(Theta1_grad(:, 2:end)), wire_array(Theta2_grad(:, 2:end))];
  b = [wire_array(Theta1_grad(:, 1)), wire_array(Theta2_grad(:, 1))];
  [b.shape] = deal(rows(Theta1), rows(Theta2));
end

function wire_check_network(line, arrays)
  activations = regexp(line, '"activation": "(\w+)"', 'tokens');
  activations = [activations{:}];
  t = wire_matrix(arrays(end));
  if ~all(strcmp(activations, 'sigmoid')) || isempty(strfind(line, '"cost": "binary_cross_entropy"'))
    error('wire:unsupported', 'nnCostFunction has sigmoids everywhere and the binary cross-entropy');
  elseif numel(activations) ~= 2
    error('wire:unsupported', 'nnCostFunction has exactly one hidden layer');
  elseif columns(t) < 2
    error('wire:unsupported', 'nnCostFunction has labels, so at least 2 outputs');
  elseif any(t(:) ~= 0 & t(:) ~= 1) || any(sum(t, 2) ~= 1)
    error('wire:unsupported', 'nnCostFunction has labels, so exactly one 1 in each row of t');
  end
end

% grad, with errors in the terms of the file that is driven.
function grad = wire_call(path, varargin)
  [folder, name] = fileparts(path);
  expected = '[J, grad] = nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lambda)';
  try
    if any(nargout(name) == [0, 1])
      error('wire:own', 'grad is not returned: expected %s, found %d output', expected, nargout(name));
    elseif nargin(name) >= 0 && nargin(name) < numel(varargin)
      error('wire:own', 'expected %s, found %d inputs', expected, nargin(name));
    end
    printed = evalc('[~, grad] = feval(name, varargin{:});');
    fputs(stderr, printed);
  catch problem
    if strncmp(problem.identifier, 'wire:', 5), rethrow(problem); end
    message = regexprep(strrep(problem.message, [folder filesep], ''), '\s+|near line \d+,? column \d+', ' ');
    error('wire:own', '%s', [regexprep(strtrim(message), ' +', ' '), wire_place(problem.stack, folder)]);
  end
end

% ' (nnCostFunction.m, line 12)': the innermost call in a file of this folder; empty if there is none.
function place = wire_place(stack, folder)
  place = '';
  for k = 1:numel(stack)
    [where, name, suffix] = fileparts(stack(k).file);
    if strcmp(where, folder) && stack(k).line > 0
      place = sprintf(' (%s%s, line %d)', name, suffix, stack(k).line);
      return
    end
  end
end

function wire_check_grad(grad, Theta1, Theta2)
  expected = sprintf('%d x 1, the elements of Theta1_grad (%d x %d) and Theta2_grad (%d x %d)', ...
                     numel(Theta1) + numel(Theta2), size(Theta1), size(Theta2));
  if ~isnumeric(grad)
    error('wire:own', 'grad is of class %s, expected real numbers', class(grad));
  elseif ~isreal(grad)
    error('wire:own', 'grad holds complex numbers, expected real ones');
  elseif ~isequal(size(grad), [numel(Theta1) + numel(Theta2), 1])
    error('wire:own', 'grad is %s, expected %s', regexprep(sprintf('%d x ', size(grad)), ' x $', ''), expected);
  end
end

function wire_check_finite(name, gradient)
  [row, column] = find(~isfinite(gradient), 1);
  if ~isempty(row)
    error('wire:own', '%s(%d, %d) is %g', name, row, column, gradient(row, column));
  end
end

% ---- Lines and arrays ----

function wire_respond(line, path, lambda)
  id = regexp(line, '^\{"(?:backprop|step)": ("[^"]*")', 'tokens', 'once');
  try
    arrays = wire_read_arrays(line);
    if strncmp(line, '{"hello"', 8)
      wire_send(wire_hello(path, lambda), []);
    elseif strncmp(line, '{"echo"', 7)
      wire_send(sprintf('{"echo": %s}', wire_described(arrays)), arrays);
    elseif strncmp(line, '{"backprop"', 11)
      [w, b] = wire_gradients(path, lambda, line, arrays);
      answer = sprintf('{"id": %s, "w": [%s], "b": [%s]}', id{1}, wire_described(w), wire_described(b));
      wire_send(answer, [w, b]);
    else
      error('expected a request of wire 1 for backprop, found %s', line(1:min(end, 40)));
    end
  catch problem
    kind = 'error';
    if strcmp(problem.identifier, 'wire:unsupported'), kind = 'unsupported'; end
    start = '{';
    if ~isempty(id), start = sprintf('{"id": %s, ', id{1}); end
    wire_send([start, '"', kind, '": "', wire_escaped(problem.message), '"}'], []);
  end
end

% The arrays whose bytes follow the line: structs of shape, and data [product of the shape, 1] in row-major order.
function arrays = wire_read_arrays(line)
  found = regexp(line, '\{"shape": \[([^\]]*)\], "dtype": "float(32|64)", "bytes": \d+\}', 'tokens');
  arrays = struct('shape', {}, 'data', {});
  for i = 1:numel(found)
    shape = sscanf(found{i}{1}, '%d,')';
    data = fread(stdin, prod(shape), ['float' found{i}{2} '=>float' found{i}{2}], 0, 'ieee-le');
    arrays(i) = struct('shape', shape, 'data', data);
  end
end

function x = wire_matrix(array)  % a vector becomes a column
  x = reshape(array.data, [], array.shape(1)).';
end

function array = wire_array(x)
  array = struct('shape', size(x), 'data', double(reshape(x.', [], 1)));
end

function text = wire_escaped(text)
  text = regexprep(strrep(strrep(text, '\', '\\'), '"', '\"'), '[\x00-\x1f]+', ' ');
end

function text = wire_described(arrays)
  text = '';
  for array = arrays
    width = 64 - 32 * isa(array.data, 'single');
    shape = regexprep(sprintf('%d, ', array.shape), ', $', '');
    bytes = numel(array.data) * width / 8;
    text = sprintf('%s, {"shape": [%s], "dtype": "float%d", "bytes": %d}', text, shape, width, bytes);
  end
  text = text(3:end);
end

function wire_send(line, arrays)
  fprintf('%s\n', line);
  for array = arrays
    fwrite(stdout, array.data, class(array.data), 0, 'ieee-le');
  end
  fflush(stdout);
end

% The next line, or {} at the end of the input. Unlike input, fgetl(stdin) waits for the first byte after the line.
function line = wire_next_line()
  try
    line = input('', 's');
  catch
    line = {};
  end
end

sigterm_dumps_octave_core(false);  % into a file of the working folder
crash_dumps_octave_core(false);
wire_path = make_absolute_filename(argv(){1});
addpath(fullfile(fileparts(mfilename('fullpath')), 'supplied'));
addpath(fileparts(wire_path));
wire_line = wire_next_line();
while ischar(wire_line)
  wire_respond(wire_line, wire_path, str2double(argv(){2}));
  wire_line = wire_next_line();
end
