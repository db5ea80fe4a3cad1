"""No false alarm: right implementations on random networks, every entry held against its bound."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from harness.cases.case import HIDDEN_ACTIVATIONS, Case, make_case
from harness.jobs.evidence.soundness.tightness import NONE, Tightness
from harness.judging.conventions import DEFAULT_CONVENTION
from harness.judging.judge import CaseTruth, Trial, judge_case
from harness.model.activations import ACTIVATIONS
from harness.model.contract import Array, Inputs, Layer, Network
from harness.model.costs import COSTS
from harness.model.textbook import Textbook
from harness.sandbox.answers import Answer
from harness.sandbox.pool import Pool
from harness.sandbox.processes.server import Server
from harness.sandbox.requests import Limits, Submission, contract_request
from harness.sandbox.sources.find import Implementation
from harness.truth.certify import Standard, error_over_bound

OUTPUTS = ("softmax", "sigmoid", "identity", "tanh", "softplus")
# What costs a Python operation for each parameter and row, and more, is left out of large networks.
LARGE = 3000
MOST_WORK = 60_000  # parameters × rows of a trial
SLOW_FORMULATIONS = frozenset(
    {"complex_step", "component_sums", "dual_numbers", "neuron_loop", "scalar_tape", "weight_by_weight"}
)
# A difference quotient is no right code in the sense of the bound, and a complex logarithm of an output near 0 or 1
# loses digits.
LOSSY = frozenset({"finite_differences", "complex_step"})
FORWARD_PASS = "(forward pass)"
SECONDS = 120.0  # for one implementation on one network
SPECIAL_EVERY = 8  # one trial in so many has numbers with few bits, and one has numbers whose products underflow
BLOCK = 40  # trials between two reports of progress


@dataclass(frozen=True)
class TrialTally:
    """The counts of each implementation, and where alarms were.

    entries: compared. undecided: not decidable. alarms: false ones. idle: with a bound larger than the value, as
    saturation and cancellation leave no digit there. sets: with a set of true values, near a kink, that is wider than
    the bound. worst: the largest error in units of its bound. tightness: of each quantity, how tight the bounds are.
    """

    entries: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    sets: Counter[str] = field(default_factory=Counter)
    worst: dict[str, float] = field(default_factory=dict)
    tightness: dict[tuple[str, str], Tightness] = field(default_factory=dict)
    where: tuple[str, ...] = ()

    def plus(self, other: TrialTally) -> TrialTally:
        names = self.worst.keys() | other.worst.keys()
        return TrialTally(
            self.entries + other.entries,
            self.undecided + other.undecided,
            self.alarms + other.alarms,
            self.idle + other.idle,
            self.sets + other.sets,
            {name: max(self.worst.get(name, 0.0), other.worst.get(name, 0.0)) for name in names},
            self.tightness | {key: self.tightness.get(key, NONE).plus(one) for key, one in other.tightness.items()},
            self.where + other.where,
        )

    def tight(self, implementation: str = "", quantity: str = "") -> Tightness:
        """Of one implementation or of all that are compared, the shown forward pass apart; of one quantity or all."""
        found = NONE
        for (name, kind), one in self.tightness.items():
            if name == implementation or (not implementation and name != FORWARD_PASS):
                found = found.plus(one) if quantity in ("", kind) else found
        return found


@dataclass(frozen=True)
class RandomTrial:
    """One random network, given by its number."""

    number: int
    case: Case
    inputs: Inputs

    @classmethod
    def drawn(cls, number: int) -> RandomTrial:
        return cls(number, *random_case(number))

    def counted(self, answers: Mapping[str, Mapping[str, Answer]]) -> TrialTally:
        """What came of the answers of each implementation, and of the textbook's forward pass, which they do not
        show."""
        truth, tally = CaseTruth.of(self.case, self.inputs), TrialTally()
        for name, mine in answers.items():
            outcome = judge_case(Trial(truth, mine), DEFAULT_CONVENTION)
            for function, refusal in outcome.faults.items():
                place = f"{name}: trial {self.number}, {self.case.id}, {function}: {refusal.detail}"
                tally = tally.plus(TrialTally(alarms=Counter({name: 1}), where=(place,)))
            for key, value in outcome.quantities.items():
                if key not in truth.standards:  # z and a, of which the textbook's are counted
                    continue
                tally = tally.plus(self._counted(name, key, value, truth.standards[key]))
        with np.errstate(all="ignore"):
            shown = Textbook(self.inputs).gradients()
        for (name, l), standard in truth.forward.items():
            value = getattr(shown, name)[l - 1].astype(np.float64)
            tally = tally.plus(self._counted(FORWARD_PASS, (name, l), value, standard))
        return tally

    def _counted(self, name: str, key: tuple[str, int], value: Array, standard: Standard) -> TrialTally:
        units = error_over_bound(value, standard)
        alarms = int((~(units <= 1)).sum())
        size = np.abs(standard.truth.high)
        idle = int(((standard.bound >= size) & (size > 0) & ~standard.undecidable).sum())
        sets = int((np.broadcast_to(standard.changes.width, value.shape) > standard.bound).sum())
        place = f"{name}: trial {self.number}, {self.case.id}, {key[0]} of layer {key[1]}"
        return TrialTally(
            Counter({name: value.size}),
            Counter({name: int(standard.undecidable.sum())}),
            Counter({name: alarms}),
            Counter({name: idle}),
            Counter({name: sets}),
            worst={name: float(units.max())},
            tightness={(name, key[0]): Tightness.of(units[~standard.undecidable])},
            where=(place,) if alarms else (),
        )


def random_case(number: int) -> tuple[Case, Inputs]:
    """The network of a trial: 0 to 3 hidden layers, 1 to 512 rows, weights from 1/1000 to 1000 times their usual
    size, every activation and cost, float32 and float64; some with few bits or with numbers whose products underflow.
    """
    random = np.random.default_rng(number)
    rows = int(2 ** random.uniform(0, 9))
    depth = int(random.integers(1, 5))
    widest = max(1, min(64, int((MOST_WORK / rows / depth) ** 0.5)))
    widths = tuple(int(w) for w in random.integers(1, widest + 1, size=depth + 1))
    hidden, output = (str(random.choice(names)) for names in (HIDDEN_ACTIVATIONS, OUTPUTS))
    bce = output == "sigmoid" and bool(random.integers(2))
    dtype = str(random.choice(["float32", "float64"]))
    case = make_case("random", widths, f"{hidden} {output}", rows, bce=bce, dtype=dtype, flag="")
    scale = 10 ** random.uniform(-3, 3)
    layers = []
    for l, (fan_in, fan_out) in enumerate(pairwise(widths), start=1):
        w = random.normal(size=(fan_out, fan_in)) * scale / np.sqrt(fan_in)
        b = random.normal(size=fan_out) * random.choice([0.0, 1.0, scale])
        layers.append(Layer(w.astype(dtype), b.astype(dtype), ACTIVATIONS[output if l == depth else hidden]))
    x = random.normal(size=(rows, widths[0]))
    t = random.uniform(size=(rows, widths[-1]))
    if output == "softmax":
        t = np.eye(widths[-1])[random.integers(widths[-1], size=rows)]
    inputs = Inputs(Network(tuple(layers), COSTS[case.cost]), x.astype(dtype), t.astype(dtype))
    if number % SPECIAL_EVERY == 0:
        inputs = _with_few_bits(inputs)
    if number % SPECIAL_EVERY == 1:
        inputs = _with_underflow(inputs, np.random.default_rng([number, 2]))
    return case, inputs


def _with_few_bits(inputs: Inputs) -> Inputs:
    """Every x, weight and bias one of nine numbers from −1 to 1, so that many a z is exactly 0."""
    return _mapped(inputs, lambda array: np.round(array * (4 / max(np.abs(array).max(), 1e-9))) / 4)


def _with_underflow(inputs: Inputs, random: np.random.Generator) -> Inputs:
    """Every x, weight and bias times its own power of ten, of up to the square root of the smallest number and less."""
    powers = -np.log10(float(np.finfo(inputs.x.dtype).tiny))
    return _mapped(inputs, lambda array: array * 10.0 ** random.uniform(-0.8 * powers, 0.1 * powers, array.shape))


def _mapped(inputs: Inputs, change: Callable[[Array], Array]) -> Inputs:
    """The inputs with all weights, biases and x changed by a function of one array, in their dtype."""
    layers, dtype = inputs.network.layers, inputs.x.dtype
    w, b = (
        [change(part.astype(np.float64)).astype(dtype) for part in parts]
        for parts in ([layer.w for layer in layers], [layer.b for layer in layers])
    )
    return Inputs(inputs.network.with_parameters(w, b), change(inputs.x.astype(np.float64)).astype(dtype), inputs.t)


def sound(
    server: Server, implementations: Sequence[Implementation], entries: int, first: int, jobs: int
) -> Iterator[tuple[int, TrialTally]]:
    """Trials `first`, `first` + 1, ... until so many entries have been compared, and none beyond, whatever the number
    of jobs; after each block of trials, and at the end, how many there have been, and the tally so far."""
    tally, trials = TrialTally(), 0
    with Pool(server, jobs) as pool:
        submissions = submitted(implementations)
        while tally.entries.total() < entries:
            for outcome in tallies(pool, submissions, range(first + trials, first + trials + BLOCK)):
                tally, trials = tally.plus(outcome), trials + 1
                if tally.entries.total() >= entries:
                    break
            yield trials, tally


def submitted(implementations: Sequence[Implementation]) -> list[Submission]:
    """The implementations, to be asked about trials."""
    return [Submission.of(one, Limits(SECONDS, math.inf)) for one in implementations]


def tallies(pool: Pool, submissions: Sequence[Submission], numbers: Sequence[int]) -> list[TrialTally]:
    """The outcomes of the trials of these numbers, in their order."""
    trials = {number: RandomTrial.drawn(number) for number in numbers}
    answers: dict[int, dict[str, Mapping[str, Answer]]] = {}
    asked: dict[int, list[Submission]] = {}
    for number, trial in trials.items():
        large = trial.inputs.work > LARGE
        asked[number] = [one for one in submissions if not (large and one.name in SLOW_FORMULATIONS)]
        for one in asked[number]:
            rate = trial.case.learning_rate
            pool.add(one, [contract_request((number, one.name), ("backprop", "step"), trial.inputs, rate)])
    found: dict[int, TrialTally] = {}
    for request in pool.outcomes():
        number, name = request.key
        answers.setdefault(number, {})[name] = request.answers
        if len(answers[number]) == len(asked[number]):
            given = answers.pop(number)
            found[number] = trials[number].counted({one.name: given[one.name] for one in asked[number]})
    return [found[number] for number in trials]
