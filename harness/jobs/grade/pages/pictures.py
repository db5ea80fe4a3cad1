"""The pictures of the page for the teacher, drawn by matplotlib; the same numbers give the same bytes.

Colours are those that the colour-blind can tell apart (Okabe and Ito, "Color Universal Design", 2008).
"""

from __future__ import annotations

import base64
import io
import textwrap
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.jobs.grade.pages.overview import PartCount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FULL, _SOME, _NONE, _AXES = "#009E73", "#E69F00", "#D55E00", "#8a877f"
_ON_BARS = "#1b1b1a"
_INCHES = 5.4  # inches: legible on a telephone
_BARS = 10  # of the distribution of marks
_LINE, _LINES = 22, 2  # letters of a line, and lines, of the name of a part
_LOOK = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that the layout is the same everywhere
    "svg.fonttype": "none",  # letters stay letters: to be searched and selected
    "font.size": 11,
    "axes.edgecolor": _AXES,
    "xtick.color": _AXES,
    "ytick.color": _AXES,
    "xtick.labelcolor": "black",
    "ytick.labelcolor": "black",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.parse_math": False,  # a part may be called $x$
}
# A picture in a page knows whether its reader prefers dark pages, and nothing of the page's own colours. Text that is
# black has no colour of its own there.
_DARK = "<style>text{fill:#1b1b1a}@media(prefers-color-scheme:dark){text{fill:#eceae4}}</style>"


def marks_picture(marks: Sequence[float], of: float) -> str:
    """How many have which mark, as a data URI, or empty if there is nothing to draw."""
    if not marks or of <= 0:
        return ""

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import MaxNLocator

        axes.hist(marks, bins=_BARS, range=(0, of), color="#0072B2", rwidth=0.9)
        axes.set_xlim(0, of)
        axes.set_xlabel(f"points, of {of:g}")
        axes.set_ylabel("submissions")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, steps=(1, 2, 5, 10)))

    return _as_address("marks", 3.2, draw)


def parts_picture(parts: Sequence[PartCount]) -> str:
    """How many lost points in which part, as a data URI, or empty if there is nothing to draw."""
    if not parts:
        return ""
    shown = parts[::-1]  # the first part on top

    def draw(axes: Axes) -> None:
        left = [0] * len(shown)
        kinds = (("all points", _FULL, "full"), ("some", _SOME, "some"), ("none", _NONE, "none"))
        for label, colour, attribute in kinds:
            counts = [getattr(part, attribute) for part in shown]
            bars = axes.barh(range(len(shown)), counts, left=left, color=colour, label=label, height=0.7)
            axes.bar_label(bars, [str(count or "") for count in counts], label_type="center", color=_ON_BARS)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.set_yticks(range(len(shown)), [_in_lines(part.name) for part in shown])
        axes.tick_params(left=False, bottom=False, labelbottom=False)
        axes.spines[["left", "bottom"]].set_visible(False)
        axes.set_xlim(0, max(left) or 1)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1), ncols=len(kinds), frameon=False)

    return _as_address("parts", 1.2 + 0.5 * len(shown), draw)


def _in_lines(name: str) -> str:
    return "\n".join(textwrap.wrap(name, _LINE, max_lines=_LINES, placeholder=" …")) or "–"


def _as_address(name: str, height: float, draw: Callable[[Axes], None]) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    text = io.StringIO()
    with matplotlib.rc_context(), warnings.catch_warnings():
        # A letter that matplotlib's font lacks is measured wrongly and shown rightly.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        matplotlib.rcdefaults()  # a person's own settings must not show
        matplotlib.rcParams.update({**_LOOK, "svg.hashsalt": name})
        figure = Figure(figsize=(_INCHES, height), layout="constrained")
        draw(figure.subplots())
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    head, opening, rest = text.getvalue().partition("<defs>")
    svg = f"{head}{_DARK}{opening}{rest}"
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
