"""harness.testing.check: classes, objects and functions of a notebook are checked as they stand, in a real kernel."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from itertools import pairwise

import jsonschema
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from support.checking import SUBMISSIONS
from support.commands import PATIENCE, ROOT

from harness.model.errors import UnusableInput
from harness.testing import check

SCHEMA = json.loads((ROOT / "harness" / "jobs" / "check" / "schema.json").read_text(encoding="utf-8"))
NETWORKS = SUBMISSIONS / "as_they_stand"
NIELSEN = (NETWORKS / "nielsen_columns.py").read_text(encoding="utf-8")
SIGMOID_PRIME = "return sigmoid(z) * (1 - sigmoid(z))"
FIRST_LINE = "        activation = x\n"
WITH_OPTIONS = """
class WithOptions:
    def __init__(self, n_in, n_hidden, n_out, activation="tanh"):
        self.activation, self.rate = activation, 0.5
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros(n_out)

    def train(self, X, y):
        z = X @ self.W1 + self.b1
        h = np.tanh(z) if self.activation == "tanh" else 1 / (1 + np.exp(-z))
        out = 1 / (1 + np.exp(-(h @ self.W2 + self.b2)))
        d2 = (out - y) * out * (1 - out)
        d1 = d2 @ self.W2.T * (1 - h**2 if self.activation == "tanh" else h * (1 - h))
        self.W2 -= self.rate * h.T @ d2
        self.b2 -= self.rate * d2.sum(axis=0)
        self.W1 -= self.rate * X.T @ d1
        self.b1 -= self.rate * d1.sum(axis=0)
"""
CONTRACT = """
REDUCTION = "mean"

def backprop(network, x, t):
    if network.cost.name != "half_squared_error":
        raise NotImplementedError("squared error only")
    a, z = [x], []
    for layer in network.layers:
        z.append(a[-1] @ layer.w.T + layer.b)
        a.append(layer.activation.f(z[-1]))
    delta = [(a[-1] - t) / len(x) * network.layers[-1].activation.slope(z[-1])]
    for l in range(len(z) - 2, -1, -1):
        delta.insert(0, (delta[0] @ network.layers[l + 1].w) * network.layers[l].activation.slope(z[l]))
    return [d.T @ i for d, i in zip(delta, a)], [d.sum(0) for d in delta]

def step(network, x, t, eta):
    w, b = backprop(network, x, t)
    pairs = list(zip(network.layers, w, b))
    return network.with_parameters([l.w - eta * g for l, g, _ in pairs], [l.b - eta * g for l, _, g in pairs])
"""
CELLS = {
    "import": f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    "from harness.testing import check\n'pytest' in sys.modules",
    "define": NIELSEN,
    "a class": "check(Network)",
    "with make": "check(Network, make='Network(widths)', case='iris*', seed=3)",
    "an object": "net = Network([4, 5, 3])\ncheck(net)",
    "define wrong": NIELSEN.replace(SIGMOID_PRIME, "return z * (1 - z)").replace("class Network", "class Mistaken"),
    "wrong": "report = check(Mistaken)\nreport",
    "data": "import json\nprint(json.dumps([report.verdict, report.as_data()]))",
    "one case": "eval(report.as_data()['rerun'])",
    "define failing": NIELSEN.replace("class Network", "class Failing").replace(
        FIRST_LINE, f"        if x.shape == (4, 1):\n            raise ValueError('<b>iris</b> & co')\n{FIRST_LINE}"
    ),
    "failing": "check(Failing)",
    "define options": WITH_OPTIONS,
    "an object with options": "the_first = WithOptions(4, 6, 3, activation='sigmoid')\ncheck(the_first)",
    "define functions": (NETWORKS / "neurons_as_dicts.py").read_text(encoding="utf-8"),
    "functions": "check(initialize_network, train_network)",
    "define a dictionary": "params = {'W1': np.ones((4, 6)), 'b1': np.zeros(6)}\n"
    "params |= {'W2': np.ones((6, 2)), 'b2': np.zeros(2)}\n"
    "def sigmoid_of(z): return 1 / (1 + np.exp(-z))\n"
    "def gradients(params, X, y):\n"
    "    h = sigmoid_of(X @ params['W1'] + params['b1'])\n"
    "    out = sigmoid_of(h @ params['W2'] + params['b2'])\n"
    "    d2 = (out - y) * out * (1 - out)\n"
    "    d1 = d2 @ params['W2'].T * h * (1 - h)\n"
    "    return {'W1': X.T @ d1, 'b1': d1.sum(0), 'W2': h.T @ d2, 'b2': d2.sum(0)}",
    "a dictionary": "check(params, gradients)",
    "define the contract": CONTRACT,
    "the contract": "check(backprop, step)",
    "an error": "check(Network, make='Net(widths)')",
    "a lock": "import threading\nlock = threading.Lock()\n"
    "class Locked(Network):\n    def sgd(self): lock.acquire()\ncheck(Locked)",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """The outputs of each cell, by its name, and the folder of temporary files."""
    folder = tmp_path_factory.mktemp("notebook")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))
        patch.setenv("TMPDIR", str(folder))
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(book, timeout=PATIENCE, kernel_name="python3", allow_errors=True, resources=resources).execute()
    assert not [*folder.glob("gradproof-run-*")]
    return dict(zip(CELLS, (cell.outputs for cell in book.cells), strict=True))


class Tags(HTMLParser):
    """Checks that elements are closed in their order, and collects their names."""

    def __init__(self):
        super().__init__()
        self.open, self.names, self.words = [], set(), ""

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)
        self.names |= {tag, *(name for name, _ in attributes)}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += f"{data} "


def text_of(output):
    """The text of a report, whose HTML is looked at."""
    [shown] = output
    parser = Tags()
    parser.feed(html := shown["data"]["text/html"])
    assert parser.open == []
    assert parser.names <= {"div", "details", "summary", "pre", "table", "tr", "th", "td", "b", "style"}
    assert len(html) < 20_000
    text = shown["data"]["text/plain"]
    first = text.partition("\n")[0]
    assert first in parser.words
    return text


def error_of(output):
    """The line of an error, which has no traceback."""
    [shown] = output
    assert shown["output_type"] == "error"
    assert shown["ename"] == "UnusableInput"
    assert shown["traceback"] == [f"error: {shown['evalue']}"]
    return shown["evalue"]


def test_pytest_is_not_needed(outputs):
    assert outputs["import"][0]["data"]["text/plain"] == "False"


def test_a_class_is_checked_as_it_stands(outputs):
    text = text_of(outputs["a class"])
    assert text.startswith("Network: AGREES on what it supports: sigmoid hidden layers, sigmoid outputs")
    assert "\n\nDriven as it stands:\n  made by: Network(widths)\n" in text
    chosen = text_of(outputs["with make"])
    assert chosen.startswith("Network: AGREES in 7 of 10 cases\n")
    assert "seed 3" in chosen


def test_an_object_is_checked_by_its_class_if_that_has_no_options(outputs):
    text = text_of(outputs["an object"])
    assert text.startswith("net: AGREES on what it supports: sigmoid hidden layers")
    assert "made by: Network(widths)" in text


def test_an_object_with_options_is_checked_as_it_is(outputs):
    text = text_of(outputs["an object with options"])
    assert text.startswith("the_first: AGREES on what it supports: sigmoid hidden layers, sigmoid outputs")
    assert "made by: copy.deepcopy(the_the_first); net.rate = learning_rate\n" in text


def test_a_wrong_class_is_explained_by_its_formula(outputs):
    text = text_of(outputs["wrong"])
    assert text.startswith("Mistaken: WRONG\n")
    assert "The mistake: output_form_fed_z\n    yours:  δ^2 = 1/n (a^2 − t) ⊙ [g(z^2)]\n" in text
    html = outputs["wrong"][0]["data"]["text/html"]
    marked = re.findall("<b [^>]*>(.*?)</b>", html)
    assert marked[:2] == ["g(z^2)", "f&#x27;(z^2)"]
    assert "<th" in html


def test_the_report_is_data_and_its_call_shows_one_case(outputs):
    [printed] = outputs["data"]
    verdict, data = json.loads(printed["text"])
    jsonschema.validate(data, SCHEMA)
    assert (verdict, data["verdict"], data["implementation"], data["path"]) == ("wrong", "wrong", "Mistaken", None)
    assert re.fullmatch(r"check\(Mistaken, case='[\w-]+', seed=\d+\)", data["rerun"])
    text = text_of(outputs["one case"])
    assert text.startswith("Mistaken: WRONG\n1 of 1 cases ran")
    assert "largest error" in text


def test_a_failure_points_to_the_line_of_the_cell(outputs):
    text = text_of(outputs["failing"])
    line = CELLS["define failing"].splitlines().index("            raise ValueError('<b>iris</b> & co')") + 1
    number = [*CELLS].index("define failing") + 1
    assert f"ValueError: <b>iris</b> & co (In[{number}], line {line})" in text
    assert f'File "In[{number}]", line {line}, in backprop' in text
    assert "&lt;b&gt;iris&lt;/b&gt; &amp; co" in outputs["failing"][0]["data"]["text/html"]


def test_functions_and_dictionaries_are_checked(outputs):
    text = text_of(outputs["functions"])
    assert text.startswith("initialize_network, train_network: AGREES on what it supports: sigmoid")
    text = text_of(outputs["a dictionary"])
    assert text.startswith("params, gradients: AGREES on what it supports: sigmoid hidden layers")


def test_functions_of_the_contract_are_checked_with_what_stands_beside_them(outputs):
    text = text_of(outputs["the contract"])
    assert text.startswith("backprop, step: AGREES on what it supports: the squared error")
    assert "Driven" not in text


def test_errors_are_one_line(outputs):
    assert error_of(outputs["an error"]).startswith(
        "Network: cannot be driven as it stands: Net(widths) raised NameError: name 'Net' is not defined; correct"
    )
    assert error_of(outputs["a lock"]).startswith(
        "Locked: expected values that can be pickled, with all that they refer to, found: TypeError: cannot pickle"
    )


def defined(text, name):
    """A value that this source defines where it has no file and no module."""
    namespace = {"__name__": "__main__"}
    exec(text, namespace)
    return namespace[name]


class Held:
    def method(self):
        """A method."""


@pytest.mark.parametrize(
    ("things", "options", "message"),
    [
        ((), {}, "check(): expected a class, an object, or functions, found nothing; such as check(Network)"),
        (("network.py",), {}, "check('network.py'): expected a class, an object, or functions, found a path; for a"),
        ((Held().method,), {}, "check(method): expected a class, an object, or functions, found a method; give"),
        ((len,), {}, "check(len): expected a class, an object, or functions, found a builtin_function_or_method"),
        ((np,), {}, "check(numpy): expected a class, an object, or functions, found a module; give the class"),
        ((lambda: 0,), {}, "check(<lambda>): expected things with names of their own; name it by def or class"),
        ((Held(), [3]), {}, "check(Held, list): expected one object, found 2; check each alone"),
        ((Held,), {"case": "zzz"}, "unknown case 'zzz'"),
        ((defined(NIELSEN, "Network"),), {"make": "Network("}, "make='Network(': expected an expression in the names"),
        ((defined(NIELSEN, "Network"),), {"cost": "half"}, "unknown cost 'half': known: "),
    ],
)
def test_what_cannot_be_checked_is_one_line(things, options, message):
    with pytest.raises(UnusableInput) as raised:
        check(*things, **options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_an_ambiguous_cost_is_asked_for_as_an_argument():
    source = (NETWORKS / "momentum.py").read_text(encoding="utf-8").replace("def loss(", "def unrelated(")
    [name] = re.findall(r"^class (\w+)", source, re.MULTILINE)[-1:]
    with pytest.raises(UnusableInput, match=r"choose: cost='binary_cross_entropy' or cost='half_squared_error'$"):
        check(defined(source, name))
    assert check(defined(source, name), cost="binary_cross_entropy", case="breast_cancer*").verdict == "agrees"


def test_without_cloudpickle_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(UnusableInput, match=r"needs cloudpickle, which is not installed; .*\[notebook\]"):
        check(Held)


def test_what_is_imported_from_a_file_is_checked_with_its_lines(tmp_path, monkeypatch):
    text = NIELSEN.replace(
        "            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sigmoid_prime(zs[-l])",
        "            delta = np.dot(self.weights[-l + 1].transpose(), delta)  # BP2",
    )
    (tmp_path / "their_networks.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import their_networks

    report = check(their_networks.Network)
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "# BP2" in line)
    assert report.verdict == "wrong"
    assert f"line {number}:  delta = np.dot(self.weights[-l + 1].transpose(), delta) # BP2" in str(report)
    assert report.as_data()["diagnosis"][0]["formulas"][0]["line"]["number"] == number
    assert str(report) == repr(report)


def test_parts_of_a_report_are_in_their_order(outputs):
    text = text_of(outputs["wrong"])
    heads = [
        "Mistaken: WRONG",
        "Driven as it stands:",
        "It supports:",
        "Worst error",
        "Where:",
        "The mistake:",
        "To see",
    ]
    assert all(text.index(one) < text.index(other) for one, other in pairwise(heads))
