"""Files that are hostile or odd are driven all the same, or refused in one line; nothing hangs and nothing crashes."""

from __future__ import annotations

import time

import pytest
from support.commands import PATIENCE
from support.running import shared

from harness.cases.case import make_case
from harness.judging.examine import convention_of
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.sandbox.inference.infer import Inference, NotInferred
from harness.sandbox.pool import Pool
from harness.sandbox.requests import Limits, Submission, contract_request

CASES = (make_case("iris", (4, 5, 3), "sigmoid", 8), make_case("iris", (4, 5, 3), "sigmoid", 1))
LIMITS = Limits(seconds=20.0, total=40.0, memory=2**30)
NETWORK = """
import os, sys
import numpy as np
from fractions import Fraction
from decimal import Decimal

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

class Network:
    def __init__(self, sizes):
        self.weights = [np.random.randn(n, m) for m, n in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(n) for n in sizes[1:]]
        #INIT

    #CLASS

    def backprop(self, x, y):
        #CALL
        a = [x]
        for w, b in zip(self.weights, self.biases):
            a.append(sigmoid(a[-1] @ w.T + b))
        delta, dw, db = (a[-1] - y) * a[-1] * (1 - a[-1]), [], []
        for l in range(len(self.weights) - 1, -1, -1):
            dw.insert(0, delta.T @ a[l])
            db.insert(0, delta.sum(axis=0))
            delta = (delta @ self.weights[l]) * a[l] * (1 - a[l])
        return dw, db

#END
"""
# What is put into the file, and where. Each is driven, and agrees.
DRIVEN = {
    "nothing odd": {},
    "__getattr__ raises": {"CLASS": "def __getattr__(self, name): raise RuntimeError(name)"},
    "__getattr__ returns itself": {"CLASS": "def __getattr__(self, name): return self"},
    "__getattribute__ counts": {
        "CLASS": (
            "def __getattribute__(self, name): Network.n = getattr(Network, 'n', 0) + 1; "
            "return object.__getattribute__(self, name)"
        )
    },
    "a property that raises": {"CLASS": "@property\n    def loss(self): raise ValueError('not yet')"},
    "a property that never ends, by the name of no array": {
        "CLASS": "@property\n    def summary(self):\n        while True: pass"
    },
    "a property that exits": {"CLASS": "@property\n    def history(self): sys.exit(3)"},
    "__eq__ and __bool__ raise": {
        "CLASS": (
            "def __eq__(self, other): raise ValueError\n    __hash__ = object.__hash__\n"
            "    def __bool__(self): raise ValueError\n    def __len__(self): raise ValueError"
        )
    },
    "__repr__ and __dir__ raise": {
        "CLASS": "def __repr__(self): raise ValueError\n    def __dir__(self): raise ValueError"
    },
    "it holds itself": {"INIT": "self.me = self; self.all = [self, {'me': self}]; self.all.append(self.all)"},
    "an array of ten million numbers": {"INIT": "self.data = np.zeros(10**7)"},
    "a list of a million numbers": {"INIT": "self.data = [0.5] * 10**6"},
    "a deep list": {"INIT": "self.deep = []\n        for _ in range(5000): self.deep = [self.deep]"},
    "a deep chain of objects": {
        "INIT": (
            "self.next = None\n        for _ in range(5000):\n            one = Node(); "
            "one.next = self.next; self.next = one"
        ),
        "END": "class Node: pass",
    },
    "an endless chain of objects": {
        "INIT": "self.next = Node()",
        "END": (
            "class Node:\n    def __getattr__(self, name): return Node()\n    @property\n"
            "    def next(self): return Node()"
        ),
    },
    "an odd dictionary": {
        "INIT": "self.cache = Odd(w=1)",
        "END": "class Odd(dict):\n    def items(self): raise ValueError\n    def __iter__(self): raise ValueError",
    },
    "an odd array": {
        "INIT": "self.extra = np.zeros(3).view(Odd)",
        "END": (
            "class Odd(np.ndarray):\n    def astype(self, *a, **k): raise ValueError\n"
            "    def copy(self, *a): raise ValueError"
        ),
    },
    "__dict__ raises": {
        "INIT": "self.extra = Odd()",
        "END": "class Odd:\n    @property\n    def __dict__(self): raise ValueError",
    },
    "a generator, a file and a lock": {
        "INIT": (
            "import threading; self.more = (i for i in range(9)); self.file = open(os.devnull); "
            "self.lock = threading.Lock()"
        )
    },
    "other arrays": {
        "INIT": (
            "self.odd = [np.array('text'), np.zeros((0, 3)), np.zeros((2, 2, 2)), "
            "np.array([1j]), np.array([None]), np.ma.zeros(3), np.zeros(3, 'M8[s]')]"
        )
    },
    "numbers that are none": {"INIT": "self.odd = [Decimal('NaN'), Fraction(1, 3), 1j, float('nan'), 10**400, True]"},
    "a big fraction": {"INIT": "self.odd = [Fraction(10**400, 1)] * 3"},
    "another method exits": {"CLASS": "def train(self, x, y): sys.exit(3)"},
    "another method never ends": {"CLASS": "def train(self, x, y):\n        while True: pass"},
    "another method catches everything": {
        "CLASS": (
            "def fit(self, x, y):\n        for _ in range(3):\n            try:\n"
            "                while True: pass\n            except BaseException: pass"
        )
    },
    "another method recurses": {"CLASS": "def train(self, x, y): return self.train(x, y)"},
    "another method asks": {"CLASS": "def train(self, x, y): return input('rate?')"},
    "another method forks": {"CLASS": "def train(self, x, y): os.fork()"},
    "another method changes the folder": {"CLASS": "def train(self, x, y): os.chdir('/')"},
    "another method sets an alarm": {
        "CLASS": "def train(self, x, y):\n        import signal; signal.signal(signal.SIGALRM, signal.SIG_IGN)"
    },
    "another method closes the output": {"CLASS": "def train(self, x, y): sys.stdout.close()"},
    "it prints megabytes": {"CALL": "print('x' * 10**6)"},
    "it prints what cannot be encoded": {"CALL": "print('\\udc80 \\x00')"},
    "names of the adapter": {
        "END": ("made = backprop = step = net = network = x = t = widths = r = s = learning_rate = layer = l = 'mine'")
    },
    "a class with a name of the adapter": {"END": "network = Network\ndel Network"},
    "builtins of its own": {"END": "def float(*_): raise ValueError\nint = bool = sum = any = float"},
    "globals that are no names": {"END": "globals()[3] = globals()['a b'] = globals()['lambda'] = 3"},
    "np is another module": {"CLASS": "n = 1", "END": "import math\nnp_of_mine, numpy = np, math"},
    "names in another alphabet": {
        "INIT": "self.größe = sizes; self.веса = 3",
        "CLASS": "def обучить(self, данные): pass",
    },
    "attributes that are no names": {"INIT": "setattr(self, 'a b', np.zeros(3)); self.__dict__[3] = np.zeros(3)"},
    "arrays of integers": {"INIT": "self.weights = [w.astype(int) for w in self.weights]"},
    "biases of integers": {"INIT": "self.biases = [b.astype(int) for b in self.biases]"},
    "a number with a name that no assignment takes": {"INIT": "vars(self).update({'lambda': 0.5, 'l 1': 0.5})"},
    "float32": {"INIT": "self.scale = np.float32(0.5)"},
    "keyword-only arguments": {"CLASS": "def save(self, *, path): raise SystemExit"},
    "exceptions as classes": {"END": "class NetworkError(Exception):\n    def __init__(self, sizes): os._exit(9)"},
    "another class exits": {"END": "class Model:\n    def __init__(self, sizes): sys.exit(2)"},
    "another class never ends": {"END": "class Model:\n    def __init__(self, sizes):\n        while True: pass"},
    "a metaclass": {
        "END": (
            "class Meta(type):\n    def __call__(cls, *a): raise ValueError\n"
            "class Model(metaclass=Meta):\n    def __init__(self, sizes): pass"
        )
    },
    "a module attribute that raises": {
        "END": "def __getattr__(name): raise AttributeError(name)\ndef __dir__(): raise ValueError"
    },
    "a thread that goes on": {
        "END": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()"
    },
    "random state of its own": {"CALL": "np.random.seed(0); np.random.rand()"},
}
# These are refused, and the message says this.
REFUSED = {
    "it exits": ({"CALL": "sys.exit(3)"}, "raises SystemExit: 3"),
    "it exits hard": ({"CALL": "os._exit(7)"}, "the process ended: exit code 7"),
    "another method exits hard": ({"CLASS": "def train(self, x, y): os._exit(3)"}, "the process ended: exit code 3"),
    "it exits hard when it is made": ({"INIT": "os._exit(7)"}, "the process ended: exit code 7"),
    "it never ends": ({"CALL": "while True: pass"}, "takes more than 0.5 s"),
    "it never ends when it is made": ({"INIT": "while True: pass"}, "took more than 0.5 s"),
    "it raises when it is made": ({"INIT": "raise ValueError('no\\nmore')"}, "raised ValueError: no more"),
    "a message that raises": (
        {"INIT": "raise Odd", "END": "class Odd(Exception):\n    def __str__(self): raise ValueError"},
        "Network\\(widths\\) raised Odd",
    ),
    "a long message": ({"INIT": "raise ValueError('x' * 10**6)"}, "raised ValueError: x"),
    "it exits when it is imported": ({"END": "sys.exit(3)"}, "SystemExit: 3"),
    "random gradients": (
        {"CALL": "self.weights = [w + np.random.randn() for w in self.weights]"},
        "two calls with the same inputs give different numbers",
    ),
    "a bias for all units": ({"INIT": "self.biases, self.b1 = [], 0.0"}, "expected arrays with one bias for each unit"),
    "arrays of complex numbers": ({"INIT": "self.weights = [w + 0j for w in self.weights]"}, "holds no arrays"),
    "read-only arrays": ({"INIT": "for w in self.weights: w.flags.writeable = False"}, "read-only"),
    "arrays of fractions": (
        {"INIT": "self.weights = [np.array([[Fraction(1, 3)] * w.shape[1]] * len(w)) for w in self.weights]"},
        "holds no arrays",
    ),
    "it eats memory": ({"CALL": "kept = []\n        while True: kept.append(np.ones(2**25))"}, "memory|takes more"),
    "no class": ({"END": "del Network"}, "no class or function"),
}


def written(folder, changes):
    text = NETWORK
    for place, new in changes.items():
        assert text.count(f"#{place}\n") == 1
        text = text.replace(f"#{place}\n", f"{new}\n")
    path = folder / "network.py"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def adapter_of(path, make=""):
    with Inference(shared(), path, LIMITS) as inference:
        return inference.adapter(make)


def verdicts_of(folder, adapter):
    """The verdicts on the cases, under what the adapter declares."""
    path = folder / "their_adapter.py"
    path.write_text(adapter.source, encoding="utf-8")
    submission = Submission("their_adapter", (str(path),), LIMITS)
    with Pool(shared(), 1) as pool:
        inputs = [case.build(1) for case in CASES]
        keys = zip(CASES, inputs, strict=True)
        pool.add(submission, [contract_request((case, one), ("backprop",), one, 0.5) for case, one in keys])
        found = [(*request.key, request.answers) for request in pool.outcomes()]
    convention, fault = convention_of(submission.declared)
    assert fault is None
    return {judge_case(Trial(CaseTruth.of(case, one), answers), convention).verdict for case, one, answers in found}


@pytest.mark.parametrize("odd", DRIVEN)
def test_what_has_nothing_to_do_with_the_gradients_is_no_obstacle(tmp_path, odd):
    start = time.monotonic()
    adapter = adapter_of(written(tmp_path, DRIVEN[odd]))
    assert time.monotonic() - start < PATIENCE / 4
    assert verdicts_of(tmp_path, adapter) == {"agrees"}


@pytest.mark.parametrize("odd", REFUSED)
def test_what_cannot_be_driven_is_refused_in_one_short_line(tmp_path, odd):
    changes, message = REFUSED[odd]
    with pytest.raises(NotInferred, match=message) as caught:
        adapter_of(written(tmp_path, changes))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert caught.value.stage in ("import", "make", "drive")
