// Matrix products over the whole batch, with a small matrix class, in C++
// SOURCE: Yixuan Qiu, MiniDNN, include/Layer/FullyConnected.h, github.com/yixuan/MiniDNN, 2017
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct Matrix {
    std::size_t rows, columns;
    std::vector<double> data;

    explicit Matrix(std::size_t rows = 0, std::size_t columns = 0)
        : rows(rows), columns(columns), data(rows * columns) {}
    double &operator()(std::size_t i, std::size_t j) { return data[i * columns + j]; }
    double operator()(std::size_t i, std::size_t j) const { return data[i * columns + j]; }
};

void expect(bool holds, const char *otherwise) {
    if (!holds) throw std::runtime_error(otherwise);
}

Matrix operator*(const Matrix &a, const Matrix &b) {
    expect(a.columns == b.rows, "the matrices do not fit together");
    Matrix product(a.rows, b.columns);
    for (std::size_t i = 0; i < a.rows; i++)
        for (std::size_t k = 0; k < a.columns; k++)
            for (std::size_t j = 0; j < b.columns; j++) product(i, j) += a(i, k) * b(k, j);
    return product;
}

Matrix transpose(const Matrix &a) {
    Matrix result(a.columns, a.rows);
    for (std::size_t i = 0; i < a.rows; i++)
        for (std::size_t j = 0; j < a.columns; j++) result(j, i) = a(i, j);
    return result;
}

Matrix map(const Matrix &a, const std::function<double(double)> &f) {
    Matrix result(a.rows, a.columns);
    std::transform(a.data.begin(), a.data.end(), result.data.begin(), f);
    return result;
}

// f of each entry of a and the entry of b in the same place; if b is one row, that of its column.
Matrix combine(const Matrix &a, const Matrix &b, const std::function<double(double, double)> &f) {
    expect(a.columns == b.columns && (a.rows == b.rows || b.rows == 1), "the matrices do not fit together");
    Matrix result(a.rows, a.columns);
    for (std::size_t i = 0; i < a.rows; i++)
        for (std::size_t j = 0; j < a.columns; j++) result(i, j) = f(a(i, j), b(b.rows == 1 ? 0 : i, j));
    return result;
}

Matrix operator+(const Matrix &a, const Matrix &b) { return combine(a, b, std::plus<double>()); }
Matrix operator-(const Matrix &a, const Matrix &b) { return combine(a, b, std::minus<double>()); }
Matrix operator*(double c, const Matrix &a) { return map(a, [c](double entry) { return c * entry; }); }
Matrix times(const Matrix &a, const Matrix &b) { return combine(a, b, std::multiplies<double>()); }

Matrix sum_of_rows(const Matrix &a) {
    Matrix sum(1, a.columns);
    for (std::size_t i = 0; i < a.rows; i++)
        for (std::size_t j = 0; j < a.columns; j++) sum(0, j) += a(i, j);
    return sum;
}

Matrix softmax(const Matrix &z) {
    Matrix a = z;
    for (std::size_t i = 0; i < a.rows; i++) {
        double largest = a(i, 0), sum = 0;
        for (std::size_t j = 0; j < a.columns; j++) largest = std::max(largest, a(i, j));
        for (std::size_t j = 0; j < a.columns; j++) sum += a(i, j) = std::exp(a(i, j) - largest);
        for (std::size_t j = 0; j < a.columns; j++) a(i, j) /= sum;
    }
    return a;
}

double sigmoid(double z) { return 1 / (1 + std::exp(-z)); }
double softplus(double z) { return std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))); }

struct Activation {
    std::function<double(double)> f, slope;  // of z
};

const std::map<std::string, Activation> ACTIVATIONS = {
    {"sigmoid", {sigmoid, [](double z) { return sigmoid(z) * (1 - sigmoid(z)); }}},
    {"tanh", {[](double z) { return std::tanh(z); }, [](double z) { return 1 - std::tanh(z) * std::tanh(z); }}},
    {"relu", {[](double z) { return z > 0 ? z : 0; }, [](double z) { return z > 0 ? 1 : 0; }}},
    {"leaky_relu", {[](double z) { return z > 0 ? z : z / 100; }, [](double z) { return z > 0 ? 1 : 0.01; }}},
    {"softplus", {softplus, sigmoid}},
    {"identity", {[](double z) { return z; }, [](double) { return 1; }}},
    {"softmax", {}},  // acts on whole rows
};

struct Layer {
    std::string activation;
    Matrix w, b;  // [out, in] and [1, out]
};

struct Network {
    std::string cost;
    std::vector<Layer> layers;
};

using Matrices = std::vector<Matrix>;  // one a layer

struct Results {
    Matrices w, b, delta, z, a;
};

Matrix activate(const std::string &activation, const Matrix &z) {
    return activation == "softmax" ? softmax(z) : map(z, ACTIVATIONS.at(activation).f);
}

Matrix cost_slope(const std::string &cost, const Matrix &a, const Matrix &t) {
    if (cost == "half_squared_error") return a - t;
    if (cost == "cross_entropy") return combine(a, t, [](double one, double target) { return -target / one; });
    return combine(a, t, [](double one, double target) { return (one - target) / (one * (1 - one)); });
}

Results backprop(const Network &network, const Matrix &x, const Matrix &t) {
    const std::vector<Layer> &layers = network.layers;
    const std::size_t last = layers.size() - 1;
    Matrices z, a = {x}, delta(layers.size()), dw, db;
    for (const Layer &layer : layers) {
        z.push_back(a.back() * transpose(layer.w) + layer.b);
        a.push_back(activate(layer.activation, z.back()));
    }

    const auto slope = [&](std::size_t l) { return map(z[l], ACTIVATIONS.at(layers[l].activation).slope); };
    const std::string &output = layers[last].activation;
    if (output == "softmax" || (output == "sigmoid" && network.cost == "binary_cross_entropy"))
        delta[last] = a.back() - t;  // BP1
    else
        delta[last] = times(cost_slope(network.cost, a.back(), t), slope(last));  // BP1
    for (std::size_t l = last; l-- > 0;)
        delta[l] = times(delta[l + 1] * layers[l + 1].w, slope(l));  // BP2

    for (std::size_t l = 0; l <= last; l++) {
        dw.push_back(transpose(delta[l]) * a[l]);  // BP4
        db.push_back(sum_of_rows(delta[l]));       // BP3
    }
    a.erase(a.begin());
    return {dw, db, delta, z, a};
}

Results step(const Network &network, const Matrix &x, const Matrix &t, double rate) {
    const Results gradients = backprop(network, x, t);
    Results moved;
    for (std::size_t l = 0; l < network.layers.size(); l++) {
        moved.w.push_back(network.layers[l].w - rate * gradients.w[l]);  // rule
        moved.b.push_back(network.layers[l].b - rate * gradients.b[l]);  // rule
    }
    return moved;
}

// The protocol: reading and printing ----------------------------------------------------------------------------------

struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

using Shape = std::vector<std::size_t>;

// A line, read from left to right.
class Line {
public:
    explicit Line(const std::string &line) : text(line) {}

    bool is(const std::string &request) const { return text.rfind("{\"" + request + "\": ", 0) == 0; }

    bool has_before(const char *part, const char *other) const { return text.find(part, at) < text.find(other, at); }

    void move_behind(const std::string &part) {
        const std::size_t found = text.find(part, at);
        expect(found != std::string::npos, "the line ends too early, or a member is missing");
        at = found + part.size();
    }

    std::string read_word(const std::string &name) {
        move_behind("\"" + name + "\": \"");
        const std::size_t start = at;
        move_behind("\"");
        return text.substr(start, at - 1 - start);
    }

    double read_number(bool is_float32 = false) {
        at = std::min(text.find_first_not_of(", \"", at), text.size());
        const char *start = text.c_str() + at;
        char *end = nullptr;
        const double number = is_float32 ? std::strtof(start, &end) : std::strtod(start, &end);
        expect(end != start, "expected a number");
        at += static_cast<std::size_t>(end - start) + (*end == '"');
        return number;
    }

    // The shape, and the numbers as a matrix; those of a vector are one row.
    std::pair<Shape, Matrix> read_array(const std::string &name) {
        move_behind("\"" + name + "\": {\"shape\": [");
        Shape shape;
        double size = 1;
        while (text[at] != ']') {
            const double length = read_number();
            size *= length;
            expect(length >= 1 && size < 1e9, "expected another shape");
            shape.push_back(static_cast<std::size_t>(length));
        }
        const std::size_t rows = shape.size() > 1 ? shape[0] : 1;
        const bool is_float32 = read_word("dtype") == "float32";
        move_behind("\"data\": [");
        Matrix numbers(rows, static_cast<std::size_t>(size) / rows);
        for (double &number : numbers.data) number = read_number(is_float32);
        return {shape, numbers};
    }

    Matrix read_matrix(const std::string &name) { return read_array(name).second; }

private:
    const std::string &text;
    std::size_t at = 0;
};

Network read_network(Line &line) {
    Network network = {line.read_word("cost"), {}};
    const std::string &cost = network.cost;
    if (cost != "half_squared_error" && cost != "binary_cross_entropy" && cost != "cross_entropy")
        throw Unsupported("no such cost");
    while (line.has_before("\"activation\": ", "\"x\": ")) {
        const std::string activation = line.read_word("activation");
        if (ACTIVATIONS.count(activation) == 0) throw Unsupported("no such activation");
        if (!network.layers.empty() && network.layers.back().activation == "softmax")
            throw Unsupported("softmax only as the output");
        const Matrix w = line.read_matrix("w"), b = line.read_matrix("b");
        network.layers.push_back({activation, w, b});
    }
    expect(!network.layers.empty(), "expected a layer");
    if (network.layers.back().activation == "softmax" && cost != "cross_entropy")
        throw Unsupported("softmax only with cross_entropy");
    return network;
}

void print_array(const Shape &shape, const Matrix &matrix) {
    std::cout << "{\"shape\": [";
    for (std::size_t i = 0; i < shape.size(); i++) std::cout << (i > 0 ? ", " : "") << shape[i];
    std::cout << "], \"dtype\": \"float64\", \"data\": [";
    const char *separator = "";
    for (const double number : matrix.data) {
        std::cout << separator;
        if (std::isnan(number)) std::cout << "\"NaN\"";
        else if (std::isinf(number)) std::cout << (number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        else if (number == 0) std::cout << (std::signbit(number) ? "\"-0\"" : "0");
        else std::cout << number;
        separator = ", ";
    }
    std::cout << "]}";
}

void print_member(const char *name, const Matrices &matrices) {
    std::cout << ", \"" << name << "\": [";
    for (const Matrix &matrix : matrices) {
        if (&matrix != &matrices.front()) std::cout << ", ";
        print_array(*name == 'b' ? Shape{matrix.columns} : Shape{matrix.rows, matrix.columns}, matrix);
    }
    std::cout << "]";
}

void answer_request(Line &line, const std::string &id, bool is_step) {
    const Network network = read_network(line);
    const Matrix x = line.read_matrix("x"), t = line.read_matrix("t");
    Results results;
    if (is_step) {
        line.move_behind("\"learning_rate\": ");
        results = step(network, x, t, line.read_number());
    } else {
        results = backprop(network, x, t);
    }
    std::cout << "{\"id\": \"" << id << "\"";
    print_member("w", results.w);
    print_member("b", results.b);
    if (!is_step) {
        print_member("delta", results.delta);
        print_member("z", results.z);
        print_member("a", results.a);
    }
    std::cout << "}";
}

void answer(Line &line, std::string &id) {
    const bool is_step = line.is("step");
    if (line.is("hello")) {
        std::cout << R"({"hello": 1, "name": "cpp_matrix_class", "language": "C++", "offers": ["backprop", "step"]})";
    } else if (line.is("echo")) {
        const auto [shape, numbers] = line.read_array("echo");
        std::cout << "{\"echo\": ";
        print_array(shape, numbers);
        std::cout << "}";
    } else {
        expect(is_step || line.is("backprop"), "expected hello, echo, backprop or step");
        id = line.read_word(is_step ? "step" : "backprop");
        answer_request(line, id, is_step);
    }
}

int main() {
    std::cout.precision(17);
    for (std::string text; std::getline(std::cin, text);) {
        Line line(text);
        std::string id;
        const auto refuse = [&](const char *kind, const std::exception &error) {
            std::cout << "{" << (id.empty() ? "" : "\"id\": \"" + id + "\", ");
            std::cout << "\"" << kind << "\": \"" << error.what() << "\"}";
        };
        try {
            answer(line, id);
        } catch (const Unsupported &error) {
            refuse("unsupported", error);
        } catch (const std::exception &error) {
            refuse("error", error);
        }
        std::cout << std::endl;
    }
}
