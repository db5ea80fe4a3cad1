// Plain arrays and loops, one neuron at a time, in JavaScript
// SOURCE: Andrej Karpathy, ConvNetJS, src/convnet_layers_dotproducts.js, github.com/karpathy/convnetjs, 2014
"use strict";

const sigmoid = (z) => 1 / (1 + Math.exp(-z));

// f(z), and f'(z) from z and a = f(z). A softmax acts on a whole layer; forward computes it.
const ACTIVATIONS = {
  sigmoid: { f: sigmoid, slope: (z, a) => a * (1 - a) },
  tanh: { f: Math.tanh, slope: (z, a) => 1 - a * a },
  relu: { f: (z) => Math.max(z, 0), slope: (z) => (z > 0 ? 1 : 0) },
  leaky_relu: { f: (z) => (z > 0 ? z : z / 100), slope: (z) => (z > 0 ? 1 : 1 / 100) },
  softplus: { f: (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))), slope: sigmoid },
  identity: { f: (z) => z, slope: () => 1 },
};

// The derivative of the cost by an output a, and the activation with which the delta of the output is a - t.
const COSTS = {
  half_squared_error: { slope: (a, t) => a - t, canonical: "identity" },
  binary_cross_entropy: { slope: (a, t) => (a - t) / (a * (1 - a)), canonical: "sigmoid" },
  cross_entropy: { slope: (a, t) => -t / a, canonical: "softmax" },
};

function softmax(z) {
  const largest = z.reduce((one, other) => Math.max(one, other));
  const e = z.map((one) => Math.exp(one - largest));
  const sum = e.reduce((one, other) => one + other);
  return e.map((one) => one / sum);
}

// For one sample: z of each layer, and a of each layer after a[0], the sample itself.
function forward(layers, sample) {
  const z = [], a = [sample];
  for (let l = 0; l < layers.length; l++) {
    const { activation, w, b } = layers[l];
    z[l] = [];
    for (let j = 0; j < b.length; j++) {
      z[l][j] = b[j];
      for (let k = 0; k < a[l].length; k++) z[l][j] += w[j][k] * a[l][k];
    }
    a[l + 1] = activation === "softmax" ? softmax(z[l]) : z[l].map((one) => ACTIVATIONS[activation].f(one));
  }
  return { z, a };
}

// For one sample: delta of each layer, from the last to the first.
function backward({ cost, layers }, z, a, target) {
  const delta = layers.map(() => []), last = layers.length - 1, output = a[last + 1];
  const slope = (l, j) => ACTIVATIONS[layers[l].activation].slope(z[l][j], a[l + 1][j]);
  const isCanonical = layers[last].activation === COSTS[cost].canonical;
  for (let j = 0; j < output.length; j++) {
    if (isCanonical) delta[last][j] = output[j] - target[j]; // BP1
    else delta[last][j] = COSTS[cost].slope(output[j], target[j]) * slope(last, j); // BP1
  }
  for (let l = last - 1; l >= 0; l--) {
    for (let k = 0; k < layers[l].b.length; k++) {
      let error = 0;
      for (let j = 0; j < layers[l + 1].b.length; j++) error += layers[l + 1].w[j][k] * delta[l + 1][j];
      delta[l][k] = error * slope(l, k); // BP2
    }
  }
  return delta;
}

function backprop(network, x, t) {
  const { layers } = network;
  const w = layers.map((layer) => layer.w.map((row) => row.map(() => 0)));
  const b = layers.map((layer) => layer.b.map(() => 0));
  const rows = { delta: layers.map(() => []), z: layers.map(() => []), a: layers.map(() => []) };
  for (let i = 0; i < x.length; i++) {
    const { z, a } = forward(layers, x[i]);
    const delta = backward(network, z, a, t[i]);
    for (let l = 0; l < layers.length; l++) {
      for (let j = 0; j < delta[l].length; j++) {
        b[l][j] += delta[l][j]; // BP3
        for (let k = 0; k < a[l].length; k++) w[l][j][k] += delta[l][j] * a[l][k]; // BP4
      }
      rows.delta[l].push(delta[l]);
      rows.z[l].push(z[l]);
      rows.a[l].push(a[l + 1]);
    }
  }
  return { w, b, ...rows };
}

function step(network, x, t, rate) {
  const gradients = backprop(network, x, t);
  const moved = (p, g) => (Array.isArray(p) ? p.map((one, i) => moved(one, g[i])) : p - rate * g); // rule
  return {
    w: network.layers.map((layer, l) => moved(layer.w, gradients.w[l])),
    b: network.layers.map((layer, l) => moved(layer.b, gradients.b[l])),
  };
}

// The protocol: reading and printing -----------------------------------------------------------------------------------

class Unsupported extends Error {}

// JSON has neither NaN nor infinities, and JSON.stringify prints -0 as 0.
function encode(number) {
  if (Object.is(number, -0)) return "-0";
  return Number.isFinite(number) ? number : String(number);
}

function readArray({ shape, dtype, data }) {
  const numbers = data.map(dtype === "float32" ? (one) => Math.fround(one) : Number);
  if (numbers.length !== shape.reduce((one, other) => one * other)) throw new Error("data does not fit its shape");
  if (shape.length === 1) return numbers;
  return Array.from({ length: shape[0] }, (_, i) => numbers.slice(i * shape[1], (i + 1) * shape[1]));
}

function printArray(array) {
  const shape = Array.isArray(array[0]) ? [array.length, array[0].length] : [array.length];
  return { shape, dtype: "float64", data: array.flat().map(encode) };
}

function readNetwork({ cost, layers }) {
  if (!(cost in COSTS)) throw new Unsupported(`no cost ${cost}`);
  for (const [l, { activation }] of layers.entries()) {
    const isOutput = l === layers.length - 1 && cost === "cross_entropy";
    if (activation === "softmax" && !isOutput) throw new Unsupported("softmax only as the output, with cross_entropy");
    if (activation !== "softmax" && !(activation in ACTIVATIONS)) throw new Unsupported(`no activation ${activation}`);
  }
  return { cost, layers: layers.map(({ activation, w, b }) => ({ activation, w: readArray(w), b: readArray(b) })) };
}

function respond(request) {
  if ("hello" in request) {
    return { hello: 1, name: "javascript_loops", language: "JavaScript", offers: ["backprop", "step"] };
  }
  if ("echo" in request) return { echo: { ...request.echo, data: request.echo.data.map(Number).map(encode) } };
  const id = request.backprop ?? request.step;
  try {
    const inputs = [readNetwork(request.network), readArray(request.x), readArray(request.t)];
    const arrays = "step" in request ? step(...inputs, request.learning_rate) : backprop(...inputs);
    for (const name in arrays) arrays[name] = arrays[name].map(printArray);
    return { id, ...arrays };
  } catch (error) {
    return { id, [error instanceof Unsupported ? "unsupported" : "error"]: error.message };
  }
}

async function main() {
  const { createInterface } = await import("node:readline"); // in a .mjs file, too
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      answer = respond(JSON.parse(line));
    } catch (error) {
      answer = { error: error.message };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

main();
