"""The command `check` on a file of layers."""

import json
from pathlib import Path

import jsonschema
import pytest
from support.commands import harness

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "harness/jobs/check/layers/schema.json").read_text(encoding="utf-8"))
AFFINE = """
import numpy as np

def affine_forward(x, w, b):
    return x.reshape(len(x), -1) @ w + b, (x, w)

def affine_backward(dout, cache):
    x, w = cache
    return {dx}, x.reshape(len(x), -1).T @ dout, {db}
"""
RIGHT = {"dx": "(dout @ w.T).reshape(x.shape)", "db": "dout.sum(axis=0)"}


def checked(folder, text, *more):
    file = folder / "layers.py"
    file.write_text(text, encoding="utf-8")
    return harness("check", file, "--seed", "1", *more)


def test_a_right_layer_agrees(tmp_path):
    done = checked(tmp_path, AFFINE.format(**RIGHT))
    assert done.returncode == 0
    assert "affine  agrees  affine_forward, affine_backward: 203 numbers in 4 of 4 cases" in done.stdout


def test_a_wrong_layer_is_explained_with_its_worst_number(tmp_path):
    done = checked(tmp_path, AFFINE.format(**{**RIGHT, "db": "dout.mean(axis=0)"}))
    assert done.returncode == 1
    assert "db is the mean of the rows, not their sum" in done.stdout
    assert "- db = dout.mean(axis=0)" in done.stdout
    assert "layers.py --seed 1" in done.stdout


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("    pass", "affine  not written yet"),
        ("    raise NotImplementedError", "affine  not written yet"),
        ("    dx, dw, db = None, None, None\n    return dx, dw, db", "affine  not written yet"),
        ("    x, w = cache\n    return (dout @ w.T).reshape(x.shape), None, dout.sum(axis=0)", "not written yet: dw"),
    ],
)
def test_what_is_not_written_yet_is_not_wrong(tmp_path, body, word):
    forward = AFFINE.partition("def affine_backward")[0]
    done = checked(tmp_path, f"{forward}def affine_backward(dout, cache):\n{body}\n")
    assert word in done.stdout
    assert "WRONG" not in done.stdout
    assert "FAILED" not in done.stdout


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"dx": "None if x.ndim > 2 else dout @ w.T"}, "dx: it is None in 1 of 4 cases (case: rank 4)"),
        ({"dx": "dout @ w.T"}, "dx: shape (3, 12), expected (3, 2, 3, 2) in 1 of 4 cases"),
        ({"db": "dout.sum(axis=0, keepdims=True)"}, "db: its numbers are right; its shape is (1, 3), expected (3,)"),
        ({"db": "'no numbers'"}, "db holds"),
        ({"db": "dout.sum(axis=0), 1"}, "affine_backward returned 4 values, expected 3: dx, dw, db"),
        ({"db": "dout.sum(axis=0) * np.nan"}, "db[0] is nan"),
        ({"db": "1 / 0"}, "ZeroDivisionError: division by zero (layers.py, line 9)"),
        ({"db": "-dout.sum(axis=0)"}, "your db: the sign is wrong"),
        ({"db": "np.float32(dout.sum(axis=0))"}, "its errors are those of float32"),
    ],
)
def test_each_fault_is_said(tmp_path, change, word):
    assert word in checked(tmp_path, AFFINE.format(**{**RIGHT, **change})).stdout


def test_a_file_in_float32_is_right_by_its_declaration(tmp_path):
    text = AFFINE.format(**{**RIGHT, "db": "dout.astype(np.float32).sum(axis=0)"})
    assert checked(tmp_path, text).returncode == 1
    done = checked(tmp_path, f'DTYPE = "float32"\n{text}')
    assert done.returncode == 0, done.stdout


def test_names_are_mapped_in_the_file(tmp_path):
    text = AFFINE.format(**RIGHT).replace("affine_forward", "go").replace("affine_backward", "back")
    done = checked(tmp_path, f'{text}\nLAYERS = {{"affine": (go, back)}}\n')
    assert "affine  agrees  go, back: 203 numbers" in done.stdout


def test_an_entry_with_an_unknown_name_leaves_the_layer_found_by_its_own(tmp_path):
    done = checked(tmp_path, f'{AFFINE.format(**RIGHT)}\nLAYERS = {{"nonsense": (affine_forward, affine_backward)}}\n')
    assert "affine  agrees" in done.stdout
    assert "LAYERS has 'nonsense', which is no layer here" in done.stdout


def test_unknown_pairs_are_listed(tmp_path):
    more = "def strange_forward(x): return x, x\ndef strange_backward(dout, cache): return dout\n"
    assert "Not known: strange_forward and strange_backward" in checked(tmp_path, AFFINE.format(**RIGHT) + more).stdout


def test_a_selection_of_layers_is_checked(tmp_path):
    more = "def relu_forward(x): return np.maximum(x, 0), x\ndef relu_backward(dout, x): return dout * (x > 0)\n"
    text = AFFINE.format(**RIGHT) + more
    assert "layers.py: 1 layer: 1 agrees" in checked(tmp_path, text, "--case", "relu").stdout
    assert "it has affine; relu" in checked(tmp_path, text, "--case", "gelu").stderr


def test_options_of_networks_are_refused(tmp_path):
    done = checked(tmp_path, AFFINE.format(**RIGHT), "--make", "Net()")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "expected a network, found a file of layers" in done.stderr


@pytest.mark.parametrize("db", ["dout.sum(axis=0)", "dout.mean(axis=0)", "dout.sum(axis=0) * np.inf", "1 / 0"])
def test_the_json_follows_its_schema(tmp_path, db):
    checked(tmp_path, AFFINE.format(**{**RIGHT, "db": db}), "--json", tmp_path / "found.json")
    jsonschema.validate(json.loads((tmp_path / tmp_path / "found.json").read_text(encoding="utf-8")), SCHEMA)


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ('"rectifier": (go, back)', "LAYERS has 'rectifier', which is no layer here"),
        ('"relu": (go,)', "LAYERS: 'relu' needs 2 functions, found 1"),
        ('"relu": (go, elsewhere)', "LAYERS: 'relu' must stand for functions of this file, found 'elsewhere'"),
        ('"relu": 3', "LAYERS: 'relu' must stand for functions of this file"),
    ],
)
def test_an_entry_of_layers_that_is_of_no_use_is_said(tmp_path, entry, word):
    more = "def go(x): return np.maximum(x, 0), x\ndef back(dout, x): return dout * (x < 0)\n"
    done = checked(tmp_path, f"{AFFINE.format(**RIGHT)}\n{more}LAYERS = {{{entry}}}\n")
    assert word in done.stdout
    assert done.returncode == 1


def test_a_byte_order_mark_is_heeded(tmp_path):
    assert "1 agrees" in checked(tmp_path, "\ufeff" + AFFINE.format(**RIGHT)).stdout


def test_each_name_of_a_selection_must_match(tmp_path):
    assert (
        "--case relux: expected the name of a layer"
        in checked(tmp_path, AFFINE.format(**RIGHT), "--case", "affine,relux").stderr
    )


SQUARE = """
import numpy as np

class Conv2d:
    def __init__(self, in_channels, out_channels, kernel_size):
        self.w = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)
        self.b = np.zeros(out_channels)

    def windows(self, x):
        return np.lib.stride_tricks.sliding_window_view(x, self.w.shape[2:], axis=(2, 3))

    def forward(self, x):
        self.x = x
        return np.einsum("nchwij,fcij->nfhw", self.windows(x), {w}) + self.b[:, None, None]

    def backward(self, dout):
        k = self.w.shape[2]
        self.dw = np.einsum("nfhw,nchwij->fcij", dout, self.windows(self.x))
        self.db = dout.sum(axis=(0, 2, 3))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                dx[:, :, i : i + k, j : j + k] += np.einsum("nf,fcij->ncij", dout[:, :, i, j], self.w)
        return dx
"""


def test_a_class_that_makes_square_filters_is_right_in_those_cases(tmp_path):
    done = checked(tmp_path, SQUARE.format(w="self.w"))
    assert "convolution  agrees  Conv2d" in done.stdout
    assert done.returncode == 0


def test_a_class_with_other_results_is_not_called_wrong_unless_a_formula_is_theirs(tmp_path):
    done = checked(tmp_path, SQUARE.format(w="self.w * self.w"))
    assert "convolution  cannot tell" in done.stdout
    assert "in no way of calling it that was tried are its results those of convolution" in done.stdout
