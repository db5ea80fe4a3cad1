// Flat arrays, one row at a time, in C
// SOURCE: Lewis Van Winkle, Genann, genann.c, github.com/codeplea/genann, 2015
#define _POSIX_C_SOURCE 200809L  // for getline
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIGMOID, TANH, RELU, LEAKY_RELU, SOFTPLUS, IDENTITY, SOFTMAX, ACTIVATIONS };
enum { HALF_SQUARED_ERROR, BINARY_CROSS_ENTROPY, CROSS_ENTROPY, COSTS };

// A matrix [m, n] is a flat array: entry [i, j] is at i * n + j.
typedef struct {
    int activation, in, out;
    double *w, *b;      // [out, in] and [out]
    double *dw, *db;    // their gradients, from 0 on; a step turns them into the new parameters
    double *a, *delta;  // [rows, out]
} Layer;

typedef struct {
    int cost, count;
    Layer *layers;
} Network;

static double f(int activation, double z) {
    switch (activation) {
    case SIGMOID: return 1 / (1 + exp(-z));
    case TANH: return tanh(z);
    case RELU: return z > 0 ? z : 0;
    case LEAKY_RELU: return z > 0 ? z : z / 100;
    case SOFTPLUS: return fmax(z, 0) + log1p(exp(-fabs(z)));
    default: return z;
    }
}

// f'(z), from a = f(z).
static double slope(int activation, double a) {
    switch (activation) {
    case SIGMOID: return a * (1 - a);
    case TANH: return 1 - a * a;
    case RELU: return a > 0 ? 1 : 0;
    case LEAKY_RELU: return a > 0 ? 1 : 0.01;
    case SOFTPLUS: return -expm1(-a);  // 1 - e^-a = e^z / (1 + e^z)
    default: return 1;
    }
}

// In the place of z. For the other activations f is enough.
static void softmax(int n, double *z) {
    double largest = z[0], sum = 0;
    for (int j = 1; j < n; j++) largest = fmax(largest, z[j]);
    for (int j = 0; j < n; j++) sum += z[j] = exp(z[j] - largest);
    for (int j = 0; j < n; j++) z[j] /= sum;
}

// The delta of an output: a - t where f' cancels, otherwise the derivative of the cost times f'.
static double output_delta(int cost, int activation, double a, double t) {
    if (activation == SOFTMAX) return a - t;                                  // BP1
    if (activation == SIGMOID && cost == BINARY_CROSS_ENTROPY) return a - t;  // BP1
    double error = a - t;
    if (cost == BINARY_CROSS_ENTROPY) error = (a - t) / (a * (1 - a));
    if (cost == CROSS_ENTROPY) error = -t / a;
    return error * slope(activation, a);  // BP1
}

// Adds the gradients of row i to dw and db.
static void backprop_row(const Network *network, const double *x, const double *t, int i) {
    const int last = network->count - 1;
    const double *in = x + i * network->layers[0].in;

    for (int l = 0; l <= last; l++) {
        const Layer *layer = &network->layers[l];
        double *a = layer->a + i * layer->out;
        for (int j = 0; j < layer->out; j++) {
            double z = layer->b[j];
            for (int k = 0; k < layer->in; k++) z += layer->w[j * layer->in + k] * in[k];
            a[j] = f(layer->activation, z);
        }
        if (layer->activation == SOFTMAX) softmax(layer->out, a);
        in = a;
    }

    const Layer *output = &network->layers[last];
    for (int n = i * output->out; n < (i + 1) * output->out; n++)
        output->delta[n] = output_delta(network->cost, output->activation, output->a[n], t[n]);
    for (int l = last - 1; l >= 0; l--) {
        const Layer *layer = &network->layers[l], *next = layer + 1;
        const double *a = layer->a + i * layer->out;
        double *delta = layer->delta + i * layer->out;
        for (int k = 0; k < layer->out; k++) {
            double error = 0;
            const double *next_delta = next->delta + i * next->out;
            for (int j = 0; j < next->out; j++) error += next_delta[j] * next->w[j * next->in + k];
            delta[k] = error * slope(layer->activation, a[k]);  // BP2
        }
    }

    for (int l = 0; l <= last; l++) {
        const Layer *layer = &network->layers[l];
        const double *delta = layer->delta + i * layer->out;
        in = (l == 0 ? x : layer[-1].a) + i * layer->in;
        for (int j = 0; j < layer->out; j++) {
            layer->db[j] += delta[j];                                                              // BP3
            for (int k = 0; k < layer->in; k++) layer->dw[j * layer->in + k] += delta[j] * in[k];  // BP4
        }
    }
}

static void step(const Network *network, double rate) {
    for (int l = 0; l < network->count; l++) {
        const Layer *layer = &network->layers[l];
        for (int i = 0; i < layer->out * layer->in; i++) layer->dw[i] = layer->w[i] - rate * layer->dw[i];  // rule
        for (int j = 0; j < layer->out; j++) layer->db[j] = layer->b[j] - rate * layer->db[j];              // rule
    }
}

// The protocol: reading and printing ----------------------------------------------------------------------------------

static const char *const ACTIVATION_NAMES[] = {"sigmoid",  "tanh",     "relu",   "leaky_relu",
                                               "softplus", "identity", "softmax"};
static const char *const COST_NAMES[] = {"half_squared_error", "binary_cross_entropy", "cross_entropy"};

typedef struct {
    const char *shape;        // where its text starts, as in 2, 3]
    int rows, columns, size;  // of a vector [n], columns is 1
    double *data;
} Array;

static const char *cursor;         // where reading stands in the line
static const char *id;             // where the text of the request's id starts, or NULL
static jmp_buf refused;            // where a line without an answer goes
static const char *kind, *reason;  // "error" or "unsupported", and why
static void **taken;               // the memory that belongs to the line
static int taken_count;

static void refuse(const char *new_kind, const char *why) {
    kind = new_kind;
    reason = why;
    longjmp(refused, 1);
}

// So many numbers or other items, all 0; main frees them after the line.
static void *take(size_t count, size_t size) {
    void **more = realloc(taken, (taken_count + 1) * sizeof *taken);
    if (more) taken = more;
    void *items = more ? calloc(count, size) : NULL;
    if (!items) refuse("error", "not enough memory");
    return taken[taken_count++] = items;
}

static int starts_with(const char *text) { return strncmp(cursor, text, strlen(text)) == 0; }

static void move_behind(const char *text) {
    const char *found = strstr(cursor, text);
    if (!found) refuse("error", "the line ends too early, or a member is missing");
    cursor = found + strlen(text);
}

static double read_number(int is_float32) {
    char *end;
    cursor += strspn(cursor, ", \"");
    double number = is_float32 ? strtof(cursor, &end) : strtod(cursor, &end);
    if (end == cursor) refuse("error", "expected a number");
    cursor = end + (*end == '"');
    return number;
}

static Array read_array(const char *name) {
    Array array = {NULL, 0, 0, 1, NULL};
    move_behind(name);
    move_behind("\"shape\": [");
    array.shape = cursor;
    while (*cursor != ']') {
        double length = read_number(0);
        if (!(length >= 1 && length * array.size < 1e9)) refuse("error", "expected another shape");
        array.size *= (int)length;
        if (array.rows == 0) array.rows = array.size;
    }
    if (array.rows > 0) array.columns = array.size / array.rows;
    move_behind("\"dtype\": \"");
    int is_float32 = starts_with("float32");
    move_behind("\"data\": [");
    array.data = take(array.size, sizeof(double));
    for (int n = 0; n < array.size; n++) array.data[n] = read_number(is_float32);
    return array;
}

static int read_name(const char *const *names, int count, const char *why) {
    for (int n = 0; n < count; n++)
        if (starts_with(names[n]) && cursor[strlen(names[n])] == '"') return n;
    refuse("unsupported", why);
    return count;
}

static Network read_network(void) {
    Network network = {0, 0, NULL};
    move_behind("\"cost\": \"");
    network.cost = read_name(COST_NAMES, COSTS, "no such cost");
    const char *next, *x = strstr(cursor, "\"x\": ");
    if (!x) refuse("error", "expected x after the network");
    network.layers = take((x - cursor) / strlen("\"activation\": ") + 1, sizeof(Layer));  // more cannot be before x
    while ((next = strstr(cursor, "\"activation\": ")) && next < x) {
        Layer *layer = &network.layers[network.count++];
        move_behind("\"activation\": \"");
        layer->activation = read_name(ACTIVATION_NAMES, ACTIVATIONS, "no such activation");
        Array w = read_array("\"w\": "), b = read_array("\"b\": ");
        *layer = (Layer){layer->activation, w.columns, w.rows, w.data, b.data, NULL, NULL, NULL, NULL};
        layer->dw = take(w.size, sizeof(double));
        layer->db = take(b.size, sizeof(double));
        if (b.size != w.rows) refuse("error", "w and b do not fit together");
        if (network.count > 1 && layer[-1].out != layer->in) refuse("error", "the layers do not fit together");
    }
    for (int l = 0; l < network.count; l++)
        if (network.layers[l].activation == SOFTMAX && (l < network.count - 1 || network.cost != CROSS_ENTROPY))
            refuse("unsupported", "softmax only as the output, with cross_entropy");
    return network;
}

static void print_numbers(int size, const double *data) {
    printf("\"dtype\": \"float64\", \"data\": [");
    for (int n = 0; n < size; n++) {
        if (n > 0) printf(", ");
        if (isnan(data[n])) printf("\"NaN\"");
        else if (isinf(data[n])) printf(data[n] > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        else if (data[n] == 0) printf(signbit(data[n]) ? "\"-0\"" : "0");
        else printf("%.17g", data[n]);
    }
    printf("]}");
}

static void print_id(void) {
    putchar('{');
    if (id) printf("\"id\": \"%.*s\", ", (int)strcspn(id, "\"\n"), id);
}

// w and b of every layer, and delta, which has so many rows, unless there are none.
static void print_results(const Network *network, int rows) {
    static const char *const STARTS[] = {"\"w\": [", "], \"b\": [", "], \"delta\": ["};
    for (int member = 0; member < (rows > 0 ? 3 : 2); member++) {
        for (int l = 0; l < network->count; l++) {
            const Layer *layer = &network->layers[l];
            int is_w = member == 0, is_b = member == 1;
            printf("%s{\"shape\": [%d", l > 0 ? ", " : STARTS[member], is_w || is_b ? layer->out : rows);
            if (!is_b) printf(", %d", is_w ? layer->in : layer->out);
            printf("], ");
            if (is_w) print_numbers(layer->out * layer->in, layer->dw);
            else print_numbers(is_b ? layer->out : rows * layer->out, is_b ? layer->db : layer->delta);
        }
    }
    printf("]}\n");
}

static void answer_request(int is_step) {
    Network network = read_network();
    Array x = read_array("\"x\": "), t = read_array("\"t\": ");
    Layer *layers = network.layers, *output = layers + network.count - 1;
    if (network.count == 0 || x.columns != layers->in || t.columns != output->out || t.rows != x.rows)
        refuse("error", "x, t and the layers do not fit together");
    for (int l = 0; l < network.count; l++) {
        layers[l].a = take((size_t)x.rows * layers[l].out, sizeof(double));
        layers[l].delta = take((size_t)x.rows * layers[l].out, sizeof(double));
    }
    for (int i = 0; i < x.rows; i++) backprop_row(&network, x.data, t.data, i);
    if (is_step) {
        move_behind("\"learning_rate\": ");
        step(&network, read_number(0));
    }
    print_id();
    print_results(&network, is_step ? 0 : x.rows);
}

static void answer(void) {
    if (starts_with("{\"hello\": ")) {
        puts("{\"hello\": 1, \"name\": \"c_flat_arrays\", \"language\": \"C\", \"offers\": [\"backprop\", \"step\"]}");
    } else if (starts_with("{\"echo\": ")) {
        Array array = read_array("{\"echo\": ");
        printf("{\"echo\": {\"shape\": [%.*s], ", (int)strcspn(array.shape, "]"), array.shape);
        print_numbers(array.size, array.data);
        puts("}");
    } else if (starts_with("{\"backprop\": \"") || starts_with("{\"step\": \"")) {
        int is_step = starts_with("{\"step\"");
        move_behind(": \"");
        id = cursor;
        answer_request(is_step);
    } else {
        refuse("error", "expected hello, echo, backprop or step");
    }
}

int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, stdin) > 0) {
        cursor = line;
        id = NULL;
        if (setjmp(refused) == 0) {
            answer();
        } else {
            print_id();
            printf("\"%s\": \"%s\"}\n", kind, reason);
        }
        fflush(stdout);
        while (taken_count > 0) free(taken[--taken_count]);
    }
    free(taken);
    free(line);
    return 0;
}
