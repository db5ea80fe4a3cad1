"""A file is imported where it stands, and its adapter imports it in the same way."""

from __future__ import annotations

import sys

import pytest
from support.commands import completed
from support.running import shared

from harness.sandbox.inference.adapter.importing import ImportPath
from harness.sandbox.inference.hosting.imports import import_file
from harness.sandbox.inference.infer import Inference, NotInferred

NETWORK = """
class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(n, m) for m, n in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(n) for n in sizes[1:]]

    def backprop(self, x, y):
        a = [x]
        for w, b in zip(self.weights, self.biases):
            a.append(sigmoid(a[-1] @ w.T + b))
        delta, dw, db = (a[-1] - y) * a[-1] * (1 - a[-1]), [], []
        for l in range(len(self.weights) - 1, -1, -1):
            dw.insert(0, delta.T @ a[l])
            db.insert(0, delta.sum(axis=0))
            delta = (delta @ self.weights[l]) * a[l] * (1 - a[l])
        return dw, db
"""
SIGMOID = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
ALONE = SIGMOID + NETWORK
# Files in a folder, and the one that is checked.
LAYOUTS = {
    "alone": ({"network.py": ALONE}, "network.py"),
    "a neighbour": (
        {"network.py": f"import numpy as np\nfrom maths import sigmoid\n{NETWORK}", "maths.py": SIGMOID},
        "network.py",
    ),
    "a package with relative imports": (
        {
            "nets/__init__.py": "",
            "nets/network.py": f"import numpy as np\nfrom .maths import sigmoid\n{NETWORK}",
            "nets/maths.py": SIGMOID,
        },
        "nets/network.py",
    ),
    "relative imports without a package": (
        {"nets/network.py": f"import numpy as np\nfrom .maths import sigmoid\n{NETWORK}", "nets/maths.py": SIGMOID},
        "nets/network.py",
    ),
    "a package in a package": (
        {
            "top/__init__.py": "",
            "top/maths.py": SIGMOID,
            "top/nets/__init__.py": "",
            "top/nets/network.py": f"import numpy as np\nfrom ..maths import sigmoid\n{NETWORK}",
        },
        "top/nets/network.py",
    ),
    "the package's own name": (
        {
            "nets/__init__.py": "",
            "nets/network.py": f"import numpy as np\nfrom nets.maths import sigmoid\n{NETWORK}",
            "nets/maths.py": SIGMOID,
        },
        "nets/network.py",
    ),
    "a package above it": (
        {
            "src/network.py": f"import numpy as np\nfrom utils.maths import sigmoid\n{NETWORK}",
            "utils/maths.py": SIGMOID,
        },
        "src/network.py",
    ),
    "a hyphen": ({"15-steps.py": ALONE}, "15-steps.py"),
    "a space and letters of another language": ({"réseau de neurones.py": ALONE}, "réseau de neurones.py"),
    "a keyword": ({"class.py": ALONE}, "class.py"),
    "a hyphen, with a neighbour": (
        {"my-net.py": f"import numpy as np\nfrom maths import sigmoid\n{NETWORK}", "maths.py": SIGMOID},
        "my-net.py",
    ),
    "a module of the standard library": ({"random.py": ALONE}, "random.py"),
    "a package that is imported elsewhere": ({"psutil.py": ALONE}, "psutil.py"),
    "a package with the name of a standard module": (
        {"queue/__init__.py": "", "queue/network.py": ALONE},
        "queue/network.py",
    ),
    "a package with a hyphen": ({"my-nets/__init__.py": "", "my-nets/network.py": ALONE}, "my-nets/network.py"),
    "a package in a folder with a hyphen": (
        {
            "my-nets/__init__.py": "",
            "my-nets/nets/__init__.py": "",
            "my-nets/nets/network.py": f"import numpy as np\nfrom .maths import sigmoid\n{NETWORK}",
            "my-nets/nets/maths.py": SIGMOID,
        },
        "my-nets/nets/network.py",
    ),
    "a folder with a quote": ({'it\'s "mine"/network.py': ALONE}, 'it\'s "mine"/network.py'),
}


def laid_out(folder, layout):
    files, checked = LAYOUTS[layout]
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / checked


@pytest.fixture
def as_before(monkeypatch):
    """Put back what an import changes."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = dict(sys.modules)
    yield
    for name in sys.modules.keys() - before.keys():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("layout", [one for one in LAYOUTS if one != "a package that is imported elsewhere"])
def test_the_file_itself_is_imported(tmp_path, layout):
    path = laid_out(tmp_path, layout)
    module, _ = import_file(path)
    assert module.__file__ == str(path)
    assert module.Network([3, 2]).weights[0].shape == (2, 3)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_adapter_imports_the_same_file(tmp_path, layout):
    path, adapter = laid_out(tmp_path, layout), tmp_path / "their_adapter.py"
    with Inference(shared(), path) as inference:
        adapter.write_text(inference.adapter().source, encoding="utf-8")
    told = "import sys, their_adapter; print(sys.modules[their_adapter.Network.__module__].__file__)"
    done = completed([sys.executable, "-c", told], cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout == f"{path}\n"


@pytest.mark.usefixtures("as_before")
def test_a_missing_module_is_said_with_its_name(tmp_path):
    path = tmp_path / "network.py"
    path.write_text("from no_such_module_here import sigmoid\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_here"):
        import_file(path)
    with pytest.raises(NotInferred, match="no_such_module_here") as caught, Inference(shared(), path) as inference:
        inference.adapter()
    assert caught.value.stage == "import"
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("as_before")
def test_a_module_that_lies_four_folders_up_is_not_looked_for(tmp_path):
    (tmp_path / "maths.py").write_text(SIGMOID, encoding="utf-8")
    path = tmp_path / "a" / "b" / "c" / "d" / "network.py"
    path.parent.mkdir(parents=True)
    path.write_text("from maths import sigmoid\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="maths"):
        import_file(path)


def test_the_names_that_are_imported_are_in_order_and_those_of_the_adapter_are_renamed():
    lines = ImportPath("network", ("/a",)).lines({"step", "Network", "made"})
    assert lines[-1] == "from network import Network, made as their_made, step as their_step"
    loaded = ImportPath("15-steps", ("/a",)).lines({"step", "Network"})
    assert loaded[-2:] == ["Network = _module.Network", "their_step = _module.step"]


@pytest.mark.parametrize(
    ("module", "needs_loader"),
    [
        ("network", False),
        ("nets.network", False),
        ("15-steps", True),
        ("random", True),
        ("numpy", True),
        ("class", True),
    ],
)
def test_a_name_that_no_import_statement_can_have_needs_a_loader(module, needs_loader):
    assert ImportPath(module, ("/a",)).needs_loader == needs_loader
