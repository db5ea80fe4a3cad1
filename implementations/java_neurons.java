// Arrays of neuron objects, one row at a time, in Java
// SOURCE: Zoran Sevarac and others, Neuroph, org.neuroph.nnet.learning.BackPropagation, github.com/neuroph/neuroph
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

enum Activation {
    SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, IDENTITY, SOFTMAX;

    static double sigmoid(double z) {
        return 1 / (1 + Math.exp(-z));
    }

    double f(double z) {
        return switch (this) {
            case SIGMOID -> sigmoid(z);
            case TANH -> Math.tanh(z);
            case RELU -> Math.max(z, 0);
            case LEAKY_RELU -> z > 0 ? z : z / 100;
            case SOFTPLUS -> Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
            case IDENTITY -> z;
            case SOFTMAX -> Math.exp(z); // the layer divides it by the sum
        };
    }

    double slope(double z) {
        return switch (this) {
            case SIGMOID -> sigmoid(z) * (1 - sigmoid(z));
            case TANH -> 1 - Math.tanh(z) * Math.tanh(z);
            case RELU -> z > 0 ? 1 : 0;
            case LEAKY_RELU -> z > 0 ? 1 : 0.01;
            case SOFTPLUS -> sigmoid(z);
            case IDENTITY -> 1;
            case SOFTMAX -> throw new UnsupportedOperationException("softmax only as the output, with cross_entropy");
        };
    }
}

enum Cost {
    HALF_SQUARED_ERROR, BINARY_CROSS_ENTROPY, CROSS_ENTROPY;

    double slope(double a, double t) {
        return switch (this) {
            case HALF_SQUARED_ERROR -> a - t;
            case BINARY_CROSS_ENTROPY -> (a - t) / (a * (1 - a));
            case CROSS_ENTROPY -> -t / a;
        };
    }

    /** Whether f' of this output cancels, so that the delta is a - t. */
    boolean isCanonical(Activation output) {
        return this == BINARY_CROSS_ENTROPY && output == Activation.SIGMOID || output == Activation.SOFTMAX;
    }
}

class Neuron {
    final double[] weights, weightGradients;
    double bias, biasGradient;
    double net, output, delta; // of the row that came last

    Neuron(double[] weights, double bias) {
        this.weights = weights;
        this.bias = bias;
        weightGradients = new double[weights.length];
    }

    void sum(double[] inputs) {
        net = bias;
        for (int k = 0; k < inputs.length; k++) net += weights[k] * inputs[k];
    }

    void addGradients(double[] inputs) {
        biasGradient += delta; // BP3
        for (int k = 0; k < inputs.length; k++) weightGradients[k] += delta * inputs[k]; // BP4
    }

    void update(double learningRate) {
        bias -= learningRate * biasGradient; // rule
        for (int k = 0; k < weights.length; k++) weights[k] -= learningRate * weightGradients[k]; // rule
    }
}

record Layer(Activation activation, Neuron[] neurons) {
    double[] outputs(double[] inputs) {
        for (Neuron neuron : neurons) neuron.sum(inputs);
        double largest = activation == Activation.SOFTMAX ? largestNet() : 0, total = 0;
        for (Neuron neuron : neurons) total += neuron.output = activation.f(neuron.net - largest);
        double[] outputs = new double[neurons.length];
        for (int j = 0; j < neurons.length; j++) {
            if (activation == Activation.SOFTMAX) neurons[j].output /= total;
            outputs[j] = neurons[j].output;
        }
        return outputs;
    }

    double largestNet() {
        double largest = neurons[0].net;
        for (Neuron neuron : neurons) largest = Math.max(largest, neuron.net);
        return largest;
    }

    double[] deltas() {
        double[] deltas = new double[neurons.length];
        for (int j = 0; j < deltas.length; j++) deltas[j] = neurons[j].delta;
        return deltas;
    }
}

record NeuralNetwork(Cost cost, List<Layer> layers) {
    /** Adds the gradients of a row to those of the neurons. */
    void backprop(double[] row, double[] target) {
        double[][] inputs = new double[layers.size() + 1][];
        inputs[0] = row;
        for (int l = 0; l < layers.size(); l++) inputs[l + 1] = layers.get(l).outputs(inputs[l]);
        for (int l = layers.size() - 1; l >= 0; l--) {
            Layer layer = layers.get(l);
            if (l == layers.size() - 1) setOutputDeltas(layer, target);
            else setHiddenDeltas(layer, layers.get(l + 1));
        }
        for (int l = 0; l < layers.size(); l++)
            for (Neuron neuron : layers.get(l).neurons()) neuron.addGradients(inputs[l]);
    }

    private void setOutputDeltas(Layer layer, double[] target) {
        for (int j = 0; j < target.length; j++) {
            Neuron neuron = layer.neurons()[j];
            double a = neuron.output, t = target[j];
            if (cost.isCanonical(layer.activation())) neuron.delta = a - t; // BP1
            else neuron.delta = cost.slope(a, t) * layer.activation().slope(neuron.net); // BP1
        }
    }

    private void setHiddenDeltas(Layer layer, Layer next) {
        for (int j = 0; j < layer.neurons().length; j++) {
            Neuron neuron = layer.neurons()[j];
            double error = 0;
            for (Neuron after : next.neurons()) error += after.weights[j] * after.delta;
            neuron.delta = error * layer.activation().slope(neuron.net); // BP2
        }
    }

    void update(double learningRate) {
        for (Layer layer : layers)
            for (Neuron neuron : layer.neurons()) neuron.update(learningRate);
    }
}

// The protocol: reading and printing ----------------------------------------------------------------------------------

record Numbers(int[] shape, double[] data) {
    static Numbers of(double[][] rows) {
        int columns = rows[0].length;
        double[] data = new double[rows.length * columns];
        for (int i = 0; i < rows.length; i++) System.arraycopy(rows[i], 0, data, i * columns, columns);
        return new Numbers(new int[] {rows.length, columns}, data);
    }

    double[][] rows() {
        double[][] rows = new double[shape[0]][shape[1]];
        for (int i = 0; i < rows.length; i++) System.arraycopy(data, i * shape[1], rows[i], 0, shape[1]);
        return rows;
    }
}

/** A line, read from left to right. */
class Line {
    private final String text;
    private int at;

    Line(String text) {
        this.text = text;
    }

    boolean is(String request) {
        return text.startsWith("{\"" + request + "\": ");
    }

    private boolean hasBefore(String part, String other) {
        int found = text.indexOf(part, at);
        return found >= 0 && found < text.indexOf(other, at);
    }

    private void moveBehind(String part) {
        int found = text.indexOf(part, at);
        if (found < 0) throw new IllegalArgumentException("the line ends too early, or a member is missing");
        at = found + part.length();
    }

    private String readUntil(String end) {
        int start = at;
        moveBehind(end);
        return text.substring(start, at - end.length());
    }

    String readWord(String name) {
        moveBehind("\"" + name + "\": \"");
        return readUntil("\"");
    }

    double readNumber(String name) {
        moveBehind("\"" + name + "\": ");
        return Double.parseDouble(readUntil(hasBefore(",", "}") ? "," : "}"));
    }

    Numbers readArray(String name) {
        moveBehind("\"" + name + "\": {\"shape\": [");
        String[] lengths = readUntil("]").split(",");
        boolean isFloat32 = readWord("dtype").equals("float32");
        moveBehind("\"data\": [");
        String[] parts = readUntil("]").replace("\"", "").split(",");
        Numbers numbers = new Numbers(new int[lengths.length], new double[parts.length]);
        int size = 1;
        for (int i = 0; i < lengths.length; i++) size *= numbers.shape()[i] = Integer.parseInt(lengths[i].strip());
        if (size != parts.length) throw new IllegalArgumentException("data does not fit its shape");
        for (int i = 0; i < size; i++)
            numbers.data()[i] = isFloat32 ? Float.parseFloat(parts[i]) : Double.parseDouble(parts[i]);
        return numbers;
    }

    NeuralNetwork readNetwork() {
        List<Layer> layers = new ArrayList<>();
        Cost cost = constant(Cost.class, readWord("cost"));
        Activation activation = Activation.IDENTITY;
        while (hasBefore("\"activation\": ", "\"x\": ")) {
            activation = constant(Activation.class, readWord("activation"));
            double[][] w = readArray("w").rows();
            double[] b = readArray("b").data();
            Neuron[] neurons = new Neuron[b.length];
            for (int j = 0; j < b.length; j++) neurons[j] = new Neuron(w[j], b[j]);
            layers.add(new Layer(activation, neurons));
        }
        if (layers.isEmpty()) throw new IllegalArgumentException("expected a layer");
        if (activation == Activation.SOFTMAX && cost != Cost.CROSS_ENTROPY)
            throw new UnsupportedOperationException("softmax only with cross_entropy");
        return new NeuralNetwork(cost, layers);
    }

    private static <E extends Enum<E>> E constant(Class<E> type, String name) {
        try {
            return Enum.valueOf(type, name.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw new UnsupportedOperationException("no such " + type.getSimpleName().toLowerCase(Locale.ROOT));
        }
    }
}

class java_neurons {
    static void print(StringBuilder out, Numbers numbers) {
        String separator = "{\"shape\": [";
        for (int length : numbers.shape()) {
            out.append(separator).append(length);
            separator = ", ";
        }
        separator = "], \"dtype\": \"float64\", \"data\": [";
        for (double number : numbers.data()) {
            boolean isText = !Double.isFinite(number) || (number == 0 && 1 / number < 0);
            out.append(separator);
            if (isText) out.append('"').append(number == 0 ? "-0" : Double.toString(number)).append('"');
            else out.append(number);
            separator = ", ";
        }
        out.append("]}");
    }

    static void print(StringBuilder out, String name, List<Numbers> arrays) {
        String separator = ", \"" + name + "\": [";
        for (Numbers numbers : arrays) {
            print(out.append(separator), numbers);
            separator = ", ";
        }
        out.append("]");
    }

    static void answerRequest(Line line, StringBuilder out, boolean isStep) {
        NeuralNetwork network = line.readNetwork();
        double[][] x = line.readArray("x").rows(), t = line.readArray("t").rows();
        double[][][] deltas = new double[network.layers().size()][x.length][];
        for (int i = 0; i < x.length; i++) {
            network.backprop(x[i], t[i]);
            for (int l = 0; l < deltas.length; l++) deltas[l][i] = network.layers().get(l).deltas();
        }
        if (isStep) network.update(line.readNumber("learning_rate"));
        List<Numbers> w = new ArrayList<>(), b = new ArrayList<>(), delta = new ArrayList<>();
        for (int l = 0; l < deltas.length; l++) {
            Neuron[] neurons = network.layers().get(l).neurons();
            double[][] weights = new double[neurons.length][];
            double[] biases = new double[neurons.length];
            for (int j = 0; j < neurons.length; j++) {
                weights[j] = isStep ? neurons[j].weights : neurons[j].weightGradients;
                biases[j] = isStep ? neurons[j].bias : neurons[j].biasGradient;
            }
            w.add(Numbers.of(weights));
            b.add(new Numbers(new int[] {biases.length}, biases));
            delta.add(Numbers.of(deltas[l]));
        }
        print(out, "w", w);
        print(out, "b", b);
        if (!isStep) print(out, "delta", delta);
        out.append("}");
    }

    static String answer(Line line) {
        StringBuilder out = new StringBuilder("{");
        try {
            if (line.is("hello")) {
                out.append("\"hello\": 1, \"name\": \"java_neurons\", \"language\": \"Java\", ");
                return out.append("\"offers\": [\"backprop\", \"step\"]}").toString();
            }
            if (line.is("echo")) {
                Numbers numbers = line.readArray("echo");
                print(out.append("\"echo\": "), numbers);
                return out.append("}").toString();
            }
            boolean isStep = line.is("step");
            if (!isStep && !line.is("backprop"))
                throw new IllegalArgumentException("expected hello, echo, backprop or step");
            String id = line.readWord(isStep ? "step" : "backprop");
            out.append("\"id\": \"").append(id).append('"');
            answerRequest(line, out, isStep);
        } catch (RuntimeException error) { // nothing is printed so far but the id, if there is one
            String kind = error instanceof UnsupportedOperationException ? "unsupported" : "error";
            String reason = error instanceof NumberFormatException ? "expected a number" : error.getMessage();
            out.append(out.length() > 1 ? ", \"" : "\"").append(kind).append("\": \"").append(reason).append("\"}");
        }
        return out.toString();
    }

    public static void main(String[] arguments) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String text = in.readLine(); text != null; text = in.readLine()) {
            System.out.println(answer(new Line(text)));
            System.out.flush();
        }
    }
}
