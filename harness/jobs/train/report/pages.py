"""reports/training.md, training.csv and the pictures: training, followed."""

from __future__ import annotations

from math import log10
from pathlib import Path
from typing import TYPE_CHECKING

from harness.jobs.compare.report.views import NOTHING
from harness.jobs.train.courses import Course
from harness.jobs.train.judged import COLUMNS, Judged
from harness.jobs.train.report.pictures import pictures
from harness.jobs.train.report.views import (
    NOT_TRAINED,
    answer,
    digits_by_runner,
    kinds,
    learned_alike,
    marks_in_words,
    not_trained,
)
from harness.jobs.train.runners import ScikitLearn
from harness.jobs.train.spread import FALSE_ALARM, RUNS, quantile
from harness.judging.verdict import MOST_DIGITS
from harness.reporting import markdown
from harness.reporting.figures import embedded, write_pictures
from harness.truth.gradient import TRAINING_PRECISION

if TYPE_CHECKING:
    import pandas as pd

PAGE, TABLE, PICTURES = "training.md", "training.csv", "pictures"
# What does not change with the machine; the distances themselves go to data/, which is not committed.
COMMITTED = [column for column in COLUMNS if column not in ("error", "limit")]
RESTS_ON = f"""\
Sixteen neighbours that start one ulp away show how far rounding drives a run; a run may be a dozen times as far off.

**Truth**: the same training in {TRAINING_PRECISION} bits, from the same floats, with the same rule
([gradient.py](../harness/truth/gradient.py)); what is lost there lies some forty digits down.
**Distance**: the 2-norm of the error
of all weights and biases together, relative to that of the true ones. **Limit**: {RUNS} runs of plain float64
arithmetic start from weights that are one unit in the last place up or down, at random, and round in their own way. A
run is explained by rounding after an epoch if its distance is at most {quantile():.1f} times the root mean square of
theirs, and explained if it is so after every recorded epoch. That factor is the two-sided quantile of Student's t with
{RUNS} degrees of freedom at a probability of 10^{log10(FALSE_ALARM):.0f}: as long as errors are small they are sums of
many small roundings, so nearly Gaussian, and of all quadratic forms in Gaussian numbers the one of rank one has the
heaviest tail, where the ratio is |t| ([the argument, with its sources](../harness/jobs/train/spread.py)).
"""
BREAKS_DOWN = """\
- **A digit is one of the whole vector of weights.** A small weight can have fewer digits than the norm says, and 13 is
  the most that is shown.
- **Long or wild training.** Where a training is chaotic, as with a learning rate at the edge, the perturbed runs part
  from each other until no digit is left; everything is then explained by rounding, and the verdict says nothing. The
  pictures show how much it says: the lower edge of the grey is the number of digits that a right run must have. It
  falls where training leaves a plateau, as on digits after 40 epochs online: there two neighbouring runs part fastest.
- **Kinks.** These courses have none. With relu a unit can switch for one row in one run and not in another, and errors
  are no longer nearly Gaussian.
- **Systematic rounding.** An exp that always rounds up errs in one direction at each step, and such errors add up
  faster than random ones. The perturbed runs have the exp of numpy; one that is worse in a systematic way could be
  called not explained without a mistake in the formula.
- **Mistakes that leave no trace.** A wrong gradient is seen as far as it moves the weights: one in a unit that is dead
  in every row of the data is not.
"""


def write(judged: Judged, folder: Path) -> None:
    """Write the page, its table and its pictures into `folder`, and the exact figures into its data/.

    Raises UnusableInput where a file of another's stands in the way, and OSError.
    """
    markdown.write_page(folder / PAGE, render(judged))
    committed(judged.table).to_csv(folder / TABLE, index=False, lineterminator="\n")
    write_pictures([*pictures(judged).values()], folder / PICTURES)
    (folder / "data").mkdir(exist_ok=True)
    judged.table.to_csv(folder / "data" / TABLE, index=False, lineterminator="\n")


def committed(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that do not change with the machine, the loss to six decimals."""
    return table[COMMITTED].assign(loss=table["loss"].map("{:.6f}".format))


def render(judged: Judged) -> str:
    """The page in Markdown."""
    shown, groups = pictures(judged), kinds(judged.selection.courses)
    parts = [
        markdown.made("train"),
        "# Training, followed\n",
        markdown.bullets(map(markdown.plain, answer(judged))),
        f"""\
Weight updates compound, so agreement is also a question of time. Every implementation that offers a step is trained
from the same start on the same rows in the same order, and its weights are held against those of a training in higher
precision. Beside them train {_beside(judged)}a planted mistake: the first entry of ∂C/∂b¹ too large by a relative 1e-6.

## Digits of the weights

Each cell: the correct decimal digits after {marks_in_words(judged.selection.courses[0])} epochs, in this order; more
than {MOST_DIGITS["float64"]} are not told apart here, as they are in the pictures.
{NOTHING} means refused, with the reason below; whatever is not explained by rounding says so.
""",
    ]
    for kind, courses in groups.items():
        parts += [f"### {kind.capitalize()}\n", markdown.table(digits_by_runner(judged, courses), index=True)]
        parts.append(embedded(shown[kind], f"{PICTURES}/{shown[kind].name}.svg"))
    datasets = list(dict.fromkeys(course.dataset for course in judged.selection.courses))
    alike = [[kind, *row] for kind, courses in groups.items() for row in learned_alike(judged, courses)]
    parts += [
        "## What they have learned\n",
        """\
The cost per row and the rows classified right, after the last epoch; runners that have come to the same share a row.
The planted mistake learns like the others: neither figure shows it.
""",
        markdown.table(alike, ["course", "runners", *datasets]),
    ]
    parts.append(embedded(shown["loss"], f"{PICTURES}/{shown['loss'].name}.svg"))
    if rows := not_trained(judged):
        parts += [
            "## Not trained, and why\n",
            markdown.table([[*map(markdown.plain, row)] for row in rows], NOT_TRAINED),
        ]
    parts += [
        "## What the verdict rests on\n",
        RESTS_ON,
        "## Where it breaks down\n",
        BREAKS_DOWN,
        "## The courses\n",
        markdown.bullets(map(_course_line, judged.selection.courses)),
        """\
One course alone: `nox -s train -- --course iris-4-5-3-online`, for fewer epochs with `--epochs 50`, for your own
file with `--only path/to/mine.py`. A run that is interrupted goes on when the same command is given again; `--fresh`
starts over. The table of all recorded epochs is [training.csv](training.csv).
""",
    ]
    return "\n".join(parts)


def _beside(judged: Judged) -> str:
    peers = any(isinstance(runner, ScikitLearn) for runner in judged.selection.runners)
    return "scikit-learn's MLPRegressor, with the same start and rule, and " if peers else ""


def _course_line(course: Course) -> str:
    size = "one row a step" if course.batch == 1 else f"{course.batch} rows a step, the last of an epoch what is left"
    output = "sigmoid" if len(course.widths) == 2 else "sigmoid hidden units, linear outputs"
    return f"`{course.id}`: {course.rows} rows, {output}, {size}, η = {course.learning_rate:g}, {course.epochs} epochs"
