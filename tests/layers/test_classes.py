"""Classes of layers, functions of autograd and optimisers: found, made, called, judged and explained."""

from pathlib import Path

import pytest
from layers.planted import check_file, planted_files, unexplained

from harness.layers.finding.find import is_of_layers, plans_of
from harness.layers.finding.scan import scan
from harness.layers.finding.settle import settled
from harness.sandbox.requests import Limits

SUBMISSIONS = Path(__file__).parents[1] / "support" / "submissions"
FOLDER = SUBMISSIONS / "layers" / "classes"
NETWORKS = [path for path in sorted(SUBMISSIONS.rglob("*.py")) if "layers" not in path.relative_to(SUBMISSIONS).parts]
RIGHT = {
    "book_layers": "relu, sigmoid, affine, softmax loss, batch norm, convolution, max pool, sgd, sgd with momentum, "
    "dropout, adam",
    "second_volume": "matmul, affine, embedding, RNN step, LSTM step, RNN, softmax loss",
    "my_torch": "affine, sigmoid, tanh, relu, softmax loss, batch norm",
    "values_in_self": "affine, relu, sigmoid",
    "modules": "affine, relu",
    "dictionaries": "affine, batch norm",
    "torch_functions": "affine, relu, batch norm",
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", RIGHT)
def test_right_classes_agree(server, name, seed):
    results = check_file(server, FOLDER / f"{name}.py", seed)
    assert ", ".join(one.plan.layer.name for one in results) == RIGHT[name]
    assert {one.plan.layer.name: one.verdict for one in results if one.verdict != "agrees"} == {}
    assert all(one.ran for one in results)


@pytest.mark.parametrize("path", planted_files(FOLDER), ids=lambda path: path.stem)
def test_a_planted_mistake_is_found_and_named(server, path):
    assert not unexplained(path, check_file(server, path, 1))


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
def test_a_file_of_a_network_is_none_of_layers(path):
    assert not is_of_layers(scan(path))


@pytest.mark.parametrize("path", sorted((SUBMISSIONS / "layers").rglob("*.py")), ids=lambda path: path.stem)
def test_a_file_of_layers_is_one(path):
    assert is_of_layers(scan(path))


def conventions(server, path):
    plans = settled(server, path, plans_of(scan(path)), 1, Limits())
    return {plan.title: plan.convention for plan in plans if plan.convention}


def test_the_forward_pass_shows_how_a_class_is_called(server):
    assert conventions(server, FOLDER / "my_torch.py") == {
        "Linear": "w is stored transposed",
        "CrossEntropyLoss": "the targets are one-hot rows",
        "BatchNorm1d": "eps is 1e-08, fixed in the class",
    }


def test_conventions_of_a_book_are_said(server):
    assert conventions(server, FOLDER / "second_volume.py") == {
        "LSTM": "the order of the gates is f, g, i, o",
        "SoftmaxWithLoss": "1e-7 is added inside of the logarithm",
    }


@pytest.mark.parametrize("name", ["course_linear_over_rows", "course_batch_norm_mean_constant"])
def test_a_wrong_gradient_does_not_change_how_a_class_is_called(server, name):
    path = FOLDER / f"{name}.py"
    right = conventions(server, FOLDER / "my_torch.py")
    assert conventions(server, path) == {title: right[title] for title in conventions(server, path)}


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return plans_of(scan(path))


def test_a_class_that_cannot_be_made_says_what_is_not_known(tmp_path):
    methods = "def __init__(self, graph): pass", "def forward(self, x): pass", "def backward(self, g): pass"
    text = "class Dense:\n" + "".join(f"    {method}\n" for method in methods)
    [plan] = written(tmp_path / "made.py", text)
    assert plan.refusal == "Dense is not called: graph is not known; affine has x, w, b"
    assert plan.steps == ()


def test_a_wrong_forward_pass_is_called_in_the_usual_way(server, tmp_path):
    text = (FOLDER / "book_layers.py").read_text(encoding="utf-8")
    path = tmp_path / "wrong.py"
    path.write_text(
        text.replace("return self.x @ self.W + self.b", "return self.x @ self.W - self.b"), encoding="utf-8"
    )
    results = {one.plan.title: one for one in check_file(server, path, 1)}
    assert results["Affine"].verdict == "wrong"
    assert results["Affine"].plan.convention == ""
    assert [one.name for one in results["Affine"].arrays if one.verdict == "wrong"] == ["out"]


def test_a_gradient_that_is_never_set_is_not_written(server, tmp_path):
    text = (FOLDER / "book_layers.py").read_text(encoding="utf-8")
    path = tmp_path / "part.py"
    path.write_text(text.replace("        self.db = np.sum(dout, axis=0)\n", ""), encoding="utf-8")
    [affine] = [one for one in check_file(server, path, 1) if one.plan.title == "Affine"]
    assert {one.name: one.verdict for one in affine.arrays}["db"] == "not written"
