# Matrix products in base R: tcrossprod forward, crossprod for the gradients
# SOURCE: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, section 11.4, 2nd edition, Springer, 2009

heaviside <- function(z) (z > 0) + 0
softplus <- function(z) pmax(z, 0) + log1p(exp(-abs(z)))
softmax <- function(z) {
  e <- exp(z - apply(z, 1, max))
  e / rowSums(e)
}

activations <- list(
  sigmoid = list(f = plogis, slope = dlogis),
  tanh = list(f = tanh, slope = function(z) 1 - tanh(z)^2),
  relu = list(f = function(z) pmax(z, 0), slope = heaviside),
  leaky_relu = list(f = function(z) pmax(z, z / 100), slope = function(z) pmax(heaviside(z), 1 / 100)),
  softplus = list(f = softplus, slope = plogis),
  identity = list(f = identity, slope = function(z) z^0),
  softmax = list(f = softmax, slope = function(z) unsupported("softmax only as the output, with cross_entropy"))
)
cost_gradients <- list(
  half_squared_error = function(a, t) a - t,
  binary_cross_entropy = function(a, t) (a - t) / (a * (1 - a)),
  cross_entropy = function(a, t) -t / a
)
canonical <- c(half_squared_error = "identity", binary_cross_entropy = "sigmoid", cross_entropy = "softmax")

# Rows of x and t are samples. A layer has w [n_l, n_(l-1)], b [n_l] and the name of its activation.
backprop <- function(layers, cost, x, t) {
  last <- length(layers)
  f <- lapply(layers, function(layer) activations[[layer$activation]])
  a <- list(x)
  z <- list()
  for (l in seq_len(last)) {
    z[[l]] <- sweep(tcrossprod(a[[l]], layers[[l]]$w), 2, layers[[l]]$b, "+")
    a[[l + 1]] <- f[[l]]$f(z[[l]])
  }

  delta <- vector("list", last)
  if (layers[[last]]$activation == canonical[[cost]]) {
    delta[[last]] <- a[[last + 1]] - t # BP1
  } else {
    delta[[last]] <- cost_gradients[[cost]](a[[last + 1]], t) * f[[last]]$slope(z[[last]]) # BP1
  }
  for (l in rev(seq_len(last - 1))) {
    delta[[l]] <- (delta[[l + 1]] %*% layers[[l + 1]]$w) * f[[l]]$slope(z[[l]]) # BP2
  }

  list(
    w = Map(crossprod, delta, a[seq_len(last)]), # BP4
    b = lapply(delta, colSums), # BP3
    delta = delta
  )
}

gradient_descent <- function(layers, cost, x, t, learning_rate) {
  gradient <- backprop(layers, cost, x, t)
  moved <- function(parameter, g) parameter - learning_rate * g # rule
  list(
    w = Map(moved, lapply(layers, `[[`, "w"), gradient$w),
    b = Map(moved, lapply(layers, `[[`, "b"), gradient$b)
  )
}

# ---- The protocol "wire 1" (docs/protocol.md), with arrays as hexadecimal digits ----

unsupported <- function(why) stop(structure(list(message = why), class = c("unsupported", "error", "condition")))

ARRAY <- '\\{"shape": \\[([0-9, ]*)\\], "dtype": "float(32|64)", "hex": "([0-9a-f]*)"\\}'

# For each match of a pattern in a text, the text of its groups.
matches <- function(pattern, text) {
  whole <- regmatches(text, gregexpr(pattern, text, perl = TRUE))[[1]]
  lapply(regmatches(whole, regexec(pattern, whole, perl = TRUE)), `[`, -1)
}

# From the groups of ARRAY: the shape, the numbers in row-major order, and the bits of a number.
read_array <- function(groups) {
  shape <- as.integer(strsplit(groups[1], ", ")[[1]])
  digits <- match(charToRaw(groups[3]), charToRaw("0123456789abcdef")) - 1
  bytes <- as.raw(colSums(matrix(digits, 2) * c(16, 1)))
  bits <- as.integer(groups[2])
  list(shape = shape, data = readBin(bytes, "double", prod(shape), bits / 8, endian = "little"), bits = bits)
}

array_text <- function(shape, data, bits = 64) {
  hex <- paste(as.character(writeBin(data, raw(), bits / 8, endian = "little")), collapse = "")
  sprintf('{"shape": [%s], "dtype": "float%d", "hex": "%s"}', paste(shape, collapse = ", "), bits, hex)
}

as_r <- function(array) {
  if (length(array$shape) == 1) array$data else matrix(array$data, array$shape[1], byrow = TRUE)
}

member <- function(name, arrays) {
  texts <- vapply(arrays, function(x) {
    if (is.matrix(x)) array_text(dim(x), as.vector(t(x))) else array_text(length(x), x)
  }, "")
  sprintf('"%s": [%s]', name, paste(texts, collapse = ", "))
}

compute <- function(name, id, line) {
  names <- unlist(matches('"activation": "([^"]*)"', line))
  cost <- unlist(matches('"cost": "([^"]*)"', line))
  for (one in setdiff(names, names(activations))) unsupported(paste("no activation", one))
  if (!cost %in% names(cost_gradients)) unsupported(paste("no cost", cost))
  arrays <- lapply(lapply(matches(ARRAY, line), read_array), as_r) # w and b of each layer, then x and t
  last <- length(names)
  layers <- lapply(seq_len(last), function(l) {
    list(w = arrays[[2 * l - 1]], b = arrays[[2 * l]], activation = names[l])
  })
  x <- arrays[[2 * last + 1]]
  t <- arrays[[2 * last + 2]]
  if (name == "step") {
    learning_rate <- as.numeric(unlist(matches('"learning_rate": ([^,}]+)', line)))
    found <- gradient_descent(layers, cost, x, t, learning_rate)
  } else {
    found <- backprop(layers, cost, x, t)
  }
  sprintf('{"id": "%s", %s}', id, paste(Map(member, names(found), found), collapse = ", "))
}

answer <- function(line) {
  request <- unlist(matches('^\\{"(\\w+)": "?([^",}]*)', line))
  switch(if (is.null(request)) "" else request[1],
    hello = '{"hello": 1, "name": "r_matrices", "language": "R", "offers": ["backprop", "step"], "arrays": "hex"}',
    echo = sprintf('{"echo": %s}', do.call(array_text, read_array(matches(ARRAY, line)[[1]]))),
    backprop = ,
    step = compute(request[1], request[2], line),
    stop("expected a request of wire 1, found ", substr(line, 1, 40))
  )
}

refusal <- function(kind, line) function(problem) {
  id <- unlist(matches('^\\{"(?:backprop|step)": ("[^"]*")', line))
  start <- if (is.null(id)) "{" else sprintf('{"id": %s, ', id)
  text <- gsub("[[:cntrl:]]+", " ", gsub('(["\\\\])', "\\\\\\1", conditionMessage(problem)))
  sprintf('%s"%s": "%s"}', start, kind, text)
}

input <- file("stdin", "r")
while (length(line <- readLines(input, 1))) {
  text <- tryCatch(answer(line), unsupported = refusal("unsupported", line), error = refusal("error", line))
  cat(text, "\n", sep = "")
  flush(stdout())
}
