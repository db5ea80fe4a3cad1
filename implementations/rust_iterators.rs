// Iterators over vectors, one row at a time, in Rust
// SOURCE: Jack Montgomery, RustNN, src/lib.rs, github.com/jackm321/RustNN, 2015
use std::io::{BufRead, Write};

type Row = Vec<f64>;

#[derive(Clone, Copy, PartialEq)]
enum Activation {
    Sigmoid,
    Tanh,
    Relu,
    LeakyRelu,
    Softplus,
    Identity,
    Softmax,
}

#[derive(Clone, Copy, PartialEq)]
enum Cost {
    HalfSquaredError,
    BinaryCrossEntropy,
    CrossEntropy,
}

struct Layer {
    activation: Activation,
    w: Vec<Row>, // a row for each neuron
    b: Row,
}

struct Network {
    cost: Cost,
    layers: Vec<Layer>,
}

/// What is computed for a layer: the gradients of w and b, or their new values, and delta with a row for each sample.
struct Results {
    w: Vec<Row>,
    b: Row,
    delta: Vec<Row>,
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

fn softmax(z: &[f64]) -> Row {
    let largest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Row = z.iter().map(|z| (z - largest).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// The sum of the products of two sequences.
fn dot<'a>(one: impl Iterator<Item = &'a f64>, other: impl Iterator<Item = &'a f64>) -> f64 {
    one.zip(other).map(|(p, q)| p * q).sum()
}

impl Activation {
    fn f(self, z: f64) -> f64 {
        match self {
            Self::Sigmoid => sigmoid(z),
            Self::Tanh => z.tanh(),
            Self::Relu => z.max(0.0),
            Self::LeakyRelu => z.max(z / 100.0),
            Self::Softplus => z.max(0.0) + (-z.abs()).exp().ln_1p(),
            Self::Identity | Self::Softmax => z,
        }
    }

    fn slope(self, z: f64) -> f64 {
        match self {
            Self::Sigmoid => sigmoid(z) * (1.0 - sigmoid(z)),
            Self::Tanh => 1.0 - z.tanh().powi(2),
            Self::Relu => if z > 0.0 { 1.0 } else { 0.0 },
            Self::LeakyRelu => if z > 0.0 { 1.0 } else { 0.01 },
            Self::Softplus => sigmoid(z),
            Self::Identity | Self::Softmax => 1.0,
        }
    }
}

impl Cost {
    fn slope(self, a: f64, t: f64) -> f64 {
        match self {
            Self::HalfSquaredError => a - t,
            Self::BinaryCrossEntropy => (a - t) / (a * (1.0 - a)),
            Self::CrossEntropy => -t / a,
        }
    }

    /// Whether f' of the output cancels, so that its delta is a - t.
    fn is_canonical_with(self, output: Activation) -> bool {
        output == Activation::Softmax || (self == Self::BinaryCrossEntropy && output == Activation::Sigmoid)
    }
}

/// z of each layer, and a of each layer after the sample itself.
fn forward(layers: &[Layer], sample: &[f64]) -> (Vec<Row>, Vec<Row>) {
    let (mut zs, mut activations) = (Vec::new(), vec![sample.to_vec()]);
    for layer in layers {
        let inputs = &activations[activations.len() - 1];
        let z: Row = layer.w.iter().zip(&layer.b).map(|(w, b)| dot(w.iter(), inputs.iter()) + b).collect();
        let a = match layer.activation {
            Activation::Softmax => softmax(&z),
            other => z.iter().map(|&z| other.f(z)).collect(),
        };
        zs.push(z);
        activations.push(a);
    }
    (zs, activations)
}

/// delta of each layer.
fn backward(network: &Network, zs: &[Row], output: &[f64], target: &[f64]) -> Vec<Row> {
    let last = network.layers.len() - 1;
    let activation = network.layers[last].activation;
    let output_delta = output.iter().zip(target).zip(&zs[last]).map(|((&a, &t), &z)| {
        if network.cost.is_canonical_with(activation) {
            a - t // BP1
        } else {
            network.cost.slope(a, t) * activation.slope(z) // BP1
        }
    });
    let mut deltas: Vec<Row> = vec![output_delta.collect()];
    for (l, layer) in network.layers.iter().enumerate().take(last).rev() {
        let (next, next_delta) = (&network.layers[l + 1], &deltas[deltas.len() - 1]);
        let delta = zs[l].iter().enumerate().map(|(k, &z)| {
            let error = dot(next.w.iter().map(|row| &row[k]), next_delta.iter());
            error * layer.activation.slope(z) // BP2
        });
        deltas.push(delta.collect());
    }
    deltas.reverse();
    deltas
}

fn backprop(network: &Network, x: &[Row], t: &[Row]) -> Vec<Results> {
    let zeros = |layer: &Layer| Results {
        w: layer.w.iter().map(|row| vec![0.0; row.len()]).collect(),
        b: vec![0.0; layer.b.len()],
        delta: Vec::new(),
    };
    let mut results: Vec<Results> = network.layers.iter().map(zeros).collect();
    for (sample, target) in x.iter().zip(t) {
        let (zs, activations) = forward(&network.layers, sample);
        let deltas = backward(network, &zs, &activations[zs.len()], target);
        for ((result, delta), inputs) in results.iter_mut().zip(deltas).zip(&activations) {
            for ((dw, db), d) in result.w.iter_mut().zip(&mut result.b).zip(&delta) {
                *db += d; // BP3
                dw.iter_mut().zip(inputs).for_each(|(dw, a)| *dw += d * a); // BP4
            }
            result.delta.push(delta);
        }
    }
    results
}

fn step(network: &Network, x: &[Row], t: &[Row], rate: f64) -> Vec<Results> {
    let moved = |p: &[f64], g: &[f64]| p.iter().zip(g).map(|(p, g)| p - rate * g).collect(); // rule
    let move_layer = |(layer, g): (&Layer, Results)| Results {
        w: layer.w.iter().zip(&g.w).map(|(row, g)| moved(row, g)).collect(),
        b: moved(&layer.b, &g.b),
        delta: Vec::new(),
    };
    network.layers.iter().zip(backprop(network, x, t)).map(move_layer).collect()
}

// The protocol: reading and printing ----------------------------------------------------------------------------------

enum Refusal {
    Unsupported(&'static str),
    Error(&'static str),
}

fn expect(holds: bool, otherwise: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::Error(otherwise)) }
}

struct Array {
    shape: Vec<usize>,
    data: Row,
}

impl Array {
    fn rows(&self) -> Vec<Row> {
        self.data.chunks(self.shape[self.shape.len() - 1]).map(<[f64]>::to_vec).collect()
    }
}

/// What is not yet read of a line, from left to right.
struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    fn is(&self, request: &str) -> bool {
        self.0.starts_with(&format!("{{\"{request}\": "))
    }

    fn has_before(&self, part: &str, other: &str) -> bool {
        matches!((self.0.find(part), self.0.find(other)), (Some(one), Some(two)) if one < two)
    }

    /// The text up to this part; what is behind the part comes next.
    fn read_until(&mut self, part: &str) -> Result<&'a str, Refusal> {
        let missing = Refusal::Error("the line ends too early, or a member is missing");
        let (text, rest) = self.0.split_once(part).ok_or(missing)?;
        self.0 = rest;
        Ok(text)
    }

    fn read_word(&mut self, name: &str) -> Result<&'a str, Refusal> {
        self.read_until(&format!("\"{name}\": \""))?;
        self.read_until("\"")
    }

    fn read_array(&mut self, name: &str) -> Result<Array, Refusal> {
        self.read_until(&format!("\"{name}\": {{\"shape\": ["))?;
        let shape = self.read_until("]")?.split(", ").map(str::parse::<usize>).collect();
        let is_float32 = self.read_word("dtype")? == "float32";
        self.read_until("\"data\": [")?;
        let numbers = self.read_until("]")?.split(", ").map(|text| text.trim_matches('"'));
        let data = match is_float32 {
            true => numbers.map(|text| text.parse::<f32>().map(f64::from)).collect(),
            false => numbers.map(str::parse::<f64>).collect(),
        };
        let (Ok(shape), Ok(data)) = (shape, data) else {
            return Err(Refusal::Error("expected a number"));
        };
        let array = Array { shape, data };
        expect(array.shape.iter().product::<usize>() == array.data.len(), "data does not fit its shape")?;
        Ok(array)
    }

    fn read_network(&mut self) -> Result<Network, Refusal> {
        let cost = match self.read_word("cost")? {
            "half_squared_error" => Cost::HalfSquaredError,
            "binary_cross_entropy" => Cost::BinaryCrossEntropy,
            "cross_entropy" => Cost::CrossEntropy,
            _ => return Err(Refusal::Unsupported("no such cost")),
        };
        let mut layers: Vec<Layer> = Vec::new();
        while self.has_before("\"activation\": ", "\"x\": ") {
            let activation = match self.read_word("activation")? {
                "sigmoid" => Activation::Sigmoid,
                "tanh" => Activation::Tanh,
                "relu" => Activation::Relu,
                "leaky_relu" => Activation::LeakyRelu,
                "softplus" => Activation::Softplus,
                "identity" => Activation::Identity,
                "softmax" => Activation::Softmax,
                _ => return Err(Refusal::Unsupported("no such activation")),
            };
            let (w, b) = (self.read_array("w")?.rows(), self.read_array("b")?.data);
            expect(w.len() == b.len(), "w and b do not fit together")?;
            let inputs = layers.last().map_or(w[0].len(), |before| before.b.len());
            expect(w[0].len() == inputs, "the layers do not fit together")?;
            layers.push(Layer { activation, w, b });
        }
        expect(!layers.is_empty(), "expected a layer")?;
        let softmaxes = layers.iter().filter(|layer| layer.activation == Activation::Softmax).count();
        let is_output = layers[layers.len() - 1].activation == Activation::Softmax && cost == Cost::CrossEntropy;
        if softmaxes > usize::from(is_output) {
            return Err(Refusal::Unsupported("softmax only as the output, with cross_entropy"));
        }
        Ok(Network { cost, layers })
    }
}

fn number_text(number: &f64) -> String {
    match *number {
        nan if nan.is_nan() => String::from("\"NaN\""),
        f64::INFINITY => String::from("\"Infinity\""),
        f64::NEG_INFINITY => String::from("\"-Infinity\""),
        zero if zero == 0.0 && zero.is_sign_negative() => String::from("\"-0\""),
        other => format!("{other:?}"),
    }
}

fn array_text(shape: &[usize], data: &[f64]) -> String {
    let numbers: Vec<String> = data.iter().map(number_text).collect();
    format!("{{\"shape\": {shape:?}, \"dtype\": \"float64\", \"data\": [{}]}}", numbers.join(", "))
}

fn matrix_text(rows: &[Row]) -> String {
    array_text(&[rows.len(), rows[0].len()], &rows.concat())
}

fn answer_request(line: &mut Line, id: &str, is_step: bool) -> Result<String, Refusal> {
    let network = line.read_network()?;
    let (x, t) = (line.read_array("x")?.rows(), line.read_array("t")?.rows());
    let outputs = network.layers[network.layers.len() - 1].b.len();
    let fits = x.len() == t.len() && x[0].len() == network.layers[0].w[0].len() && t[0].len() == outputs;
    expect(fits, "x, t and the layers do not fit together")?;
    let results = if is_step {
        line.read_until("\"learning_rate\": ")?;
        let text = line.0.split([',', '}']).next().unwrap_or_default();
        let rate = text.parse().map_err(|_| Refusal::Error("expected a learning rate"))?;
        step(&network, &x, &t, rate)
    } else {
        backprop(&network, &x, &t)
    };
    let list = |text: fn(&Results) -> String| results.iter().map(text).collect::<Vec<_>>().join(", ");
    let (w, b) = (list(|one| matrix_text(&one.w)), list(|one| array_text(&[one.b.len()], &one.b)));
    let delta = if is_step { String::new() } else { format!(", \"delta\": [{}]", list(|one| matrix_text(&one.delta))) };
    Ok(format!("{{\"id\": \"{id}\", \"w\": [{w}], \"b\": [{b}]{delta}}}"))
}

fn answer(line: &mut Line, id: &mut String) -> Result<String, Refusal> {
    if line.is("hello") {
        let hello = r#"{"hello": 1, "name": "rust_iterators", "language": "Rust", "offers": ["backprop", "step"]}"#;
        return Ok(String::from(hello));
    }
    if line.is("echo") {
        let Array { shape, data } = line.read_array("echo")?;
        return Ok(format!("{{\"echo\": {}}}", array_text(&shape, &data)));
    }
    let is_step = line.is("step");
    expect(is_step || line.is("backprop"), "expected hello, echo, backprop or step")?;
    *id = line.read_word(if is_step { "step" } else { "backprop" })?.to_string();
    answer_request(line, id, is_step)
}

fn main() -> std::io::Result<()> {
    let mut stdout = std::io::stdout();
    for bytes in std::io::stdin().lock().split(b'\n') {
        let bytes = bytes?;
        let text = String::from_utf8_lossy(&bytes);
        let (mut line, mut id) = (Line(&text), String::new());
        let answered = answer(&mut line, &mut id);
        let start = if id.is_empty() { id } else { format!("\"id\": \"{id}\", ") };
        match answered {
            Ok(reply) => writeln!(stdout, "{reply}")?,
            Err(Refusal::Unsupported(why)) => writeln!(stdout, "{{{start}\"unsupported\": \"{why}\"}}")?,
            Err(Refusal::Error(what)) => writeln!(stdout, "{{{start}\"error\": \"{what}\"}}")?,
        }
        stdout.flush()?;
    }
    Ok(())
}
