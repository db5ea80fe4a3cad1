"""reports/training.md, training.csv and the pictures: how closely every runner stays with the true training."""

from __future__ import annotations

from collections.abc import Iterator
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING

from harness.jobs.train.courses import Course
from harness.jobs.train.judged import TRAINING_COLUMNS, Judged
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
from harness.reporting.document import Block, Bullets, Chapter, DataTable, Document, Image, Paragraph, literal
from harness.reporting.figures import Picture, write_pictures
from harness.reporting.files import DATA_FOLDER, PICTURES
from harness.reporting.grid import NOTHING
from harness.reporting.markdown import write_report
from harness.truth.gradient import TRAINING_PRECISION

if TYPE_CHECKING:
    import pandas as pd

RUNS_TABLE = "training.csv"
# What does not change with the machine; the distances themselves go to data/, which is not committed.
COMMITTED = [column for column in TRAINING_COLUMNS if column not in ("error", "limit")]
VERDICT_CHAPTER = Chapter(
    "How the verdict is reached",
    (
        Bullets(
            (
                f"**Truth**: the same training in {TRAINING_PRECISION} bits, from the same floats and with the same "
                "rule ([gradient.py](../harness/truth/gradient.py)). Its own rounding errors are about 10^-40 of "
                "the values.",
                "**Distance**: the 2-norm of the error of all weights and biases together, relative to the norm of "
                "the true ones.",
                f"**Limit**: {RUNS} more trainings in plain float64 arithmetic start from weights that are moved by "
                "one unit in the last place, up or down at random. They show how far rounding can drive a run. The "
                f"limit after an epoch is {quantile():.1f} times the root mean square of their distances.",
                "**Verdict**: a run is explained by rounding if its distance is within the limit after every recorded "
                "epoch.",
            )
        ),
        Paragraph(
            f"The factor {quantile():.1f} is the two-sided quantile of Student's t distribution with {RUNS} degrees "
            f"of freedom, at a probability of 10^{log10(FALSE_ALARM):.0f}. While errors are small they are sums of "
            "many small roundings, so they are nearly Gaussian. Of all quadratic forms in Gaussian numbers the one of "
            "rank one has the heaviest tail, and for it the ratio is |t| "
            "([the argument, with its sources](../harness/jobs/train/spread.py))."
        ),
    ),
)
LIMITS_CHAPTER = Chapter(
    "Limits",
    (
        Bullets(
            (
                "**Digits belong to the whole vector of weights.** A small weight can have fewer correct digits than "
                f"the norm says. More than {MOST_DIGITS['float64']} digits are not shown.",
                "**Long or chaotic training.** If a training is chaotic, for example with a learning rate that is "
                "almost too large, the perturbed runs separate until they have no digit in common. Then rounding "
                "explains every result, and the verdict says nothing. The pictures show how much it says: the lower "
                "edge of the grey band is the number of digits that a correct run must have. It falls where training "
                "leaves a plateau, as on digits after 40 online epochs: there two neighbouring runs separate fastest.",
                "**Kinks.** The activations of these courses have none. A relu unit can switch for one row in one run "
                "and not in another, and then errors are no longer nearly Gaussian.",
                "**Systematic rounding.** An exp that always rounds up errs in the same direction at every step, and "
                "such errors add up faster than random ones. The perturbed runs use numpy's exp. A run whose exp is "
                "systematically worse could be called not explained although its formula is correct.",
                "**Mistakes without effect.** A wrong gradient is seen only if it moves the weights. A mistake in a "
                "unit that is dead for every row of the data is not seen.",
            )
        ),
    ),
)
USAGE = Paragraph(
    "To train one course: `nox -s train -- --course iris-4-5-3-online`. For fewer epochs add `--epochs 50`, for your "
    "own file `--only path/to/mine.py`. An interrupted run continues when the same command is given again; `--fresh` "
    "starts again from the beginning. [training.csv](training.csv) has all recorded epochs."
)


def write_training(judged: Judged, folder: Path) -> None:
    """Write the report with its data, its table and its pictures into `folder`, and the exact figures into data/.

    Raises UnusableInput if a file that is not ours is in the way, and OSError.
    """
    shown = pictures(judged)
    write_report(folder, "training", "train", training_document(judged, shown))
    committed_training(judged.table).to_csv(folder / RUNS_TABLE, index=False, lineterminator="\n")
    write_pictures([*shown.values()], folder / PICTURES)
    judged.table.to_csv(folder / DATA_FOLDER / RUNS_TABLE, index=False, lineterminator="\n")


def committed_training(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that do not change with the machine, the loss to six decimals."""
    return table[COMMITTED].assign(loss=table["loss"].map("{:.6f}".format))


def training_document(judged: Judged, shown: dict[str, Picture]) -> Document:
    """The report; `shown` are the pictures of harness.jobs.train.report.pictures."""
    return Document(
        "Training, followed epoch by epoch",
        (
            Bullets(tuple(map(literal, answer(judged)))),
            Paragraph(
                "Weight updates add up over a training, so agreement is also a question of time. Every implementation "
                "that offers a step is trained from the same start, on the same rows in the same order. Its weights "
                "are compared with those of a training in higher precision. For comparison "
                f"{_others(judged)}: the first entry of ∂C/∂b^1 is too large by a relative 1e-6."
            ),
            Chapter("Correct digits of the weights", tuple(_digit_blocks(judged, shown))),
            Chapter("What the runners have learned", tuple(_learned(judged, shown["loss"]))),
            *_not_trained(judged),
            VERDICT_CHAPTER,
            LIMITS_CHAPTER,
            Chapter("The courses", (Bullets(tuple(map(_course_line, judged.selection.courses))), USAGE)),
        ),
    )


def _others(judged: Judged) -> str:
    peers = any(isinstance(runner, ScikitLearn) for runner in judged.selection.runners)
    beside = "scikit-learn's MLPRegressor is trained with the same start and rule, and so is " if peers else ""
    return f"{beside}a formulation with a planted mistake{'' if peers else ' is trained'}"


def _digit_blocks(judged: Judged, shown: dict[str, Picture]) -> Iterator[Block]:
    yield Paragraph(
        f"A cell has the correct decimal digits after {marks_in_words(judged.selection.courses[0])} epochs, in this "
        f"order, cut at {MOST_DIGITS['float64']}; the pictures show more. {NOTHING} means that the runner refused, for "
        "the reason given below. A run that rounding does not explain is marked."
    )
    for kind, courses in kinds(judged.selection.courses).items():
        digits = digits_by_runner(judged, courses)
        table = DataTable.of(["runner", *digits.columns], digits.itertuples(name=None))
        yield Chapter(kind.capitalize(), (table, _image(shown[kind])))


def _learned(judged: Judged, loss: Picture) -> Iterator[Block]:
    courses = judged.selection.courses
    rows = [[kind, *row] for kind, alike in kinds(courses).items() for row in learned_alike(judged, alike)]
    yield Paragraph(
        "The cost per row and the number of rows classified correctly after the last epoch. Runners with the same "
        "result share a row. The planted mistake learns like the others: neither number shows it."
    )
    yield DataTable.of(["course", "runners", *dict.fromkeys(course.dataset for course in courses)], rows)
    yield _image(loss)


def _not_trained(judged: Judged) -> Iterator[Chapter]:
    if rows := not_trained(judged):
        yield Chapter("Not trained, and why", (DataTable.of(NOT_TRAINED, [map(literal, row) for row in rows]),))


def _image(picture: Picture) -> Image:
    return Image(picture.name, picture.caption)


def _course_line(course: Course) -> str:
    size = "one row a step" if course.batch == 1 else f"{course.batch} rows a step, and the rest in the last step"
    output = "sigmoid" if len(course.widths) == 2 else "sigmoid hidden units, linear outputs"
    return f"`{course.id}`: {course.rows} rows, {output}, {size}, η = {course.learning_rate:g}, {course.epochs} epochs"
