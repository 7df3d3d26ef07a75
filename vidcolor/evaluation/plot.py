"""The measures of an evaluation over time: a panel for each, one below the other."""

import math
from array import array
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vidcolor.evaluation.comparison import Values
from vidcolor.evaluation.evaluate import Moment
from vidcolor.metrics.fidelity import to_decibels
from vidcolor.times import format_time

# Pixels of the drawing, which is averaged down to half its size: its lines get smooth.
_WIDTH, _HEIGHT = 2400, 280  # of a panel's field
_LEFT, _GAP = 150, 70  # beside the fields; above and below each
_FONT, _LINE = 28, 3

_PAPER, _FIELD, _CUT = (24, 24, 24), (40, 40, 40), (110, 110, 110)
_INK = (208, 208, 208)
_COLORS = {"truth": (150, 150, 150), "result": (255, 170, 60)}
_LEGEND = "grey: the truth    orange: the result    upright lines: cuts"


@dataclass(frozen=True, slots=True)
class _Panel:
    """A measure, and its curves: a number a frame, nan where there is none."""

    title: str
    name: str
    curves: "dict[str, array[float]]" = field(
        default_factory=lambda: {film: array("d") for film in _COLORS}
    )

    def add(self, values: Values) -> None:
        for film, curve in self.curves.items():
            curve.append(values.get(f"{film} {self.name}", math.nan))

    def top(self) -> float:
        """Return the value of the upper edge: one ruined frame must not flatten all."""
        values = np.concatenate([np.asarray(c) for c in self.curves.values()])
        known = values[np.isfinite(values)]
        if not known.any():
            return math.inf if np.isinf(values).any() else 1.0
        return 1.1 * float(np.percentile(known, 99) or known.max())


class Plot:
    """Curves that grow frame by frame, and keep a few numbers of each."""

    def __init__(self) -> None:
        self._seconds = array("d")
        self._cuts = array("d")
        self._panels = (
            _Panel("PSNR, dB", "psnr"),
            _Panel("colourfulness (DDColor)", "ddcolor"),
            _Panel("divergence of ab from the frame before", "cdc ab 1"),
            _Panel("warp error of ab", "warp ab"),
        )

    def add(self, moment: Moment) -> None:
        """Take in one frame."""
        self._seconds.append(moment.seconds)
        if moment.starts_shot:
            self._cuts.append(moment.seconds)
        level = to_decibels(moment.values["squared error"])
        values = {**moment.values, "result psnr": level}
        for panel in self._panels:
            panel.add(values)

    def draw(self) -> NDArray[np.uint8]:
        """Return the picture, RGB (H, W, 3); one frame at least must have come.

        The truth is grey, the result orange, cuts are vertical lines.
        """
        size = _LEFT + _WIDTH + _GAP, len(self._panels) * (_HEIGHT + _GAP) + 2 * _GAP
        sheet = Image.new("RGB", size, _PAPER)
        draw = ImageDraw.Draw(sheet)
        for number, panel in enumerate(self._panels):
            above = _GAP + number * (_HEIGHT + _GAP)
            self._draw_curves(draw, panel, above, above + _HEIGHT)
            self._draw_labels(draw, panel, above, above + _HEIGHT)
        _write(draw, _LEGEND, (_LEFT, size[1] - _GAP), "ls")
        return np.asarray(sheet.reduce(2), np.uint8)

    def _draw_curves(
        self, draw: ImageDraw.ImageDraw, panel: _Panel, above: int, below: int
    ) -> None:
        draw.rectangle((_LEFT, above, _LEFT + _WIDTH, below), _FIELD)
        for x in self._across(self._cuts):
            draw.line((x, above, x, below), _CUT, _LINE)
        for film, curve in panel.curves.items():
            heights = _shares(np.asarray(curve), panel.top()) * (below - above)
            for run in _runs(self._across(self._seconds), below - heights):
                draw.line(run, _COLORS[film], _LINE)

    def _draw_labels(
        self, draw: ImageDraw.ImageDraw, panel: _Panel, above: int, below: int
    ) -> None:
        left, right, over = _LEFT - _GAP // 4, _LEFT + _WIDTH, above - _LINE
        _write(draw, panel.title, (_LEFT, over), "ls")
        _write(draw, format_time(self._seconds[-1]), (right, over), "rs")
        top = panel.top()
        known = "equal" if math.isinf(top) else f"{top:.3g}"
        _write(draw, known, (left, above), "rt")
        _write(draw, "0", (left, below), "rb")

    def _across(self, seconds: "array[float]") -> NDArray[np.float64]:
        """Return where the times are from left to right."""
        first, last = self._seconds[0], self._seconds[-1]
        share = (np.asarray(seconds) - first) / max(last - first, 1e-9)
        return np.asarray(_LEFT + share * _WIDTH, np.float64)


def _shares(values: NDArray[np.float64], top: float) -> NDArray[np.float64]:
    """Return how high values stand below a top; what is infinite is at the top."""
    if math.isinf(top):
        return np.where(np.isinf(values), 1, np.nan)
    return np.clip(values / top, 0, 1)


def _write(
    draw: ImageDraw.ImageDraw, text: str, place: tuple[int, int], anchor: str
) -> None:
    draw.text(place, text, _INK, ImageFont.load_default(_FONT), anchor=anchor)


def _runs(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> list[list[tuple[float, float]]]:
    """Return the points without those whose height is nan, broken where they were."""
    points = zip(x.tolist(), y.tolist(), strict=True)
    groups = groupby(points, key=lambda point: math.isnan(point[1]))
    return [list(run) for is_gap, run in groups if not is_gap]
