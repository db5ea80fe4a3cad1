"""Pictures for the reports: lines over a table of points, drawn by matplotlib as SVG.

The same points give the same bytes. Each line has a colour that the colour-blind can tell from the others (Okabe and
Ito, "Color Universal Design", 2008), and a dash and a marker of its own for a print in black and white.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from math import ceil, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
_MARKERS = "os^DvPX<>*"
_BAND = "#d9d9d9"
LABELLED = 8  # places on an axis that are all labelled
POINT_DIGITS = 5  # of a point, far more than can be seen
_PANEL = 4.6, 3.4  # inches
_FONTS = "'DejaVu Sans', Verdana, sans-serif"  # Verdana is as wide
_LETTERS = 12  # of a legend, in an inch
_STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that the layout is the same everywhere
    "svg.fonttype": "none",  # letters stay letters: to be read aloud, searched and selected
    "font.size": 10,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
}


@dataclass(frozen=True)
class Line:
    """Points that belong together."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Band:
    """What lies between two values at each x, drawn in grey behind the lines."""

    label: str
    x: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """One pair of axes. The title is empty where a picture has one panel; `x` and `log` are given where they are not
    those of the picture."""

    title: str
    lines: tuple[Line, ...]
    bands: tuple[Band, ...] = ()
    x: str | None = None
    log: str | None = None


@dataclass(frozen=True)
class Picture:
    """A picture: `name` is that of its file, `caption` says what to see; `log` names the axes with powers of ten, as in
    "xy". Lines of the same label look the same in every panel."""

    name: str
    caption: str
    x: str
    y: str
    panels: tuple[Panel, ...]
    log: str = ""

    def points(self) -> Iterator[dict[str, Any]]:
        """Every point that is drawn, as a row of a table."""
        for panel in self.panels:
            place = {"picture": self.name, "panel": panel.title}
            for line in panel.lines:
                for x, y in zip(line.x, line.y, strict=True):
                    yield place | {"series": line.label, "x": rounded(x), "y": rounded(y)}
            for band in panel.bands:
                for edge, values in (("from", band.low), ("to", band.high)):
                    for x, y in zip(band.x, values, strict=True):
                        yield place | {"series": f"{band.label}, {edge}", "x": rounded(x), "y": rounded(y)}


def rounded(value: float) -> float:
    """A coordinate to POINT_DIGITS digits: what lies behind them is rounding, which differs between machines."""
    return float(f"{value:.{POINT_DIGITS}g}")


def svg(picture: Picture) -> str:
    """The picture as an SVG document, the same to the byte for the same points and the same matplotlib."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # a person's own settings must not show
        matplotlib.rcParams.update({**_STYLE, "svg.hashsalt": picture.name})
        columns = min(2, len(picture.panels))
        rows = ceil(len(picture.panels) / columns)
        figure = Figure(figsize=(max(6.4, columns * _PANEL[0]), rows * _PANEL[1]), layout="constrained")
        all_axes = figure.subplots(rows, columns, squeeze=False).ravel()
        looks = _looks([line.label for panel in picture.panels for line in panel.lines])
        for axes, panel in zip(all_axes, picture.panels, strict=False):
            _draw(axes, picture, panel, looks)
        for axes in all_axes[len(picture.panels) :]:
            axes.set_axis_off()
        shown = {
            label: handle for axes in all_axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        fitting = int(
            figure.get_figwidth() * _LETTERS // (max(map(len, shown), default=0) + 6)
        )  # 6 for the line itself
        columns = max(1, min(3, fitting, len(shown)))
        figure.legend([*shown.values()], [*shown], loc="outside lower center", ncols=columns, frameon=False)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Title": picture.name})
    # A hundredth of a point is finer than any screen; blanks at the ends of lines are faults to version control.
    short = re.sub(r' (?:d|x|y)="[^"]*"', lambda found: re.sub(r"(\.\d\d)\d+", r"\1", found[0]), text.getvalue())
    return re.sub(r" +$", "", short.replace("'DejaVu Sans'", _FONTS), flags=re.MULTILINE)


def _looks(labels: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Colour, dash and marker of each label."""
    different = [*dict.fromkeys(labels)]
    styles = zip(cycle(_COLOURS), cycle(_DASHES), cycle(_MARKERS), strict=False)
    looks = ({"color": c, "linestyle": d, "marker": m} for c, d, m in islice(styles, len(different)))
    return dict(zip(different, looks, strict=True))


def _draw(axes: Axes, picture: Picture, panel: Panel, looks: dict[str, dict[str, Any]]) -> None:
    from matplotlib.ticker import MaxNLocator

    log = picture.log if panel.log is None else panel.log
    for band in panel.bands:
        x, low, high = ([rounded(value) for value in values] for values in (band.x, band.low, band.high))
        axes.fill_between(x, low, high, color=_BAND, label=band.label, linewidth=0)
    for line in panel.lines:
        points = [(rounded(x), rounded(y)) for x, y in zip(line.x, line.y, strict=True)]
        # A logarithm has no place for 0, and what is not finite has none anywhere.
        points = [(x, y) for x, y in points if isfinite(y) and (y > 0 or "y" not in log)]
        x, y = ([point[part] for point in points] for part in (0, 1))
        axes.plot(x, y, label=line.label, markevery=max(1, len(x) // 8), **looks[line.label])
    places = sorted({rounded(x) for line in panel.lines for x in line.x})
    whole = all(x.is_integer() for x in places)
    if "x" in log:
        axes.set_xscale("log")
        if whole and len(places) <= LABELLED:
            axes.set_xticks(places, [f"{x:g}" for x in places], minor=False)
            axes.set_xticks([], minor=True)
    elif whole:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if "y" in log:
        axes.set_yscale("log")
    axes.set_title(panel.title, fontsize=10, loc="left")
    axes.set_xlabel(picture.x if panel.x is None else panel.x)
    axes.set_ylabel(picture.y)


def write_pictures(pictures: Sequence[Picture], folder: Path) -> None:
    """Write each picture into the folder as NAME.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / f"{picture.name}.svg").write_text(svg(picture), encoding="utf-8", newline="\n")
