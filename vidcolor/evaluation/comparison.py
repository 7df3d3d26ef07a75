"""A shot of the result beside the same shot of the truth, frame by frame."""

from collections import deque
from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from vidcolor.evaluation.view import View, to_bytes
from vidcolor.metrics.cdc import (
    GAPS,
    Histograms,
    ab_histograms,
    divergences,
    rgb_histograms,
)
from vidcolor.metrics.color import colorfulness, hasler_colorfulness
from vidcolor.metrics.fidelity import squared_error, ssim
from vidcolor.metrics.warp import Motion, find_motion, warp_error

# What is measured at one frame, by name; what cannot be measured there is not in it.
# What is measured of either film has its name in front: "truth cdc ab 4".
Values = Mapping[str, float]


class Comparison:
    """One shot, from its first frame on: nothing is measured over a cut.

    It remembers the histograms of the last four frames of each film, and the last view.
    """

    def __init__(self) -> None:
        self._truth, self._result = _Film(), _Film()
        self._luma: NDArray[np.uint8] | None = None

    def add(self, truth: View, result: View) -> Values:
        """Return what is measured at the next frame of both."""
        before, self._luma = self._luma, _luma(truth)
        motion = None if before is None else find_motion(before, self._luma)
        values = {
            "squared error": squared_error(truth.rgb, result.rgb),
            "ssim": ssim(truth.rgb, result.rgb),
        }
        for name, film, view in (
            ("truth", self._truth, truth),
            ("result", self._result, result),
        ):
            measured = film.add(view, motion)
            values |= {f"{name} {key}": value for key, value in measured.items()}
        return values


class _Film:
    """What steadiness needs to know of the last frames of a film."""

    def __init__(self) -> None:
        self._last: View | None = None
        self._rgb = deque[Histograms](maxlen=max(GAPS))
        self._ab = deque[Histograms](maxlen=max(GAPS))

    def add(self, view: View, motion: Motion | None) -> dict[str, float]:
        """Return what is measured at the next frame; `motion` leads there."""
        values = {
            "ddcolor": colorfulness(view.rgb),
            "hasler": hasler_colorfulness(view.rgb),
            **_cdc("rgb", self._rgb, rgb_histograms(view.rgb)),
            **_cdc("ab", self._ab, ab_histograms(view.ab)),
        }
        if motion is not None and self._last is not None:
            errors = {
                "warp rgb": warp_error(self._last.small, view.small, motion),
                "warp ab": warp_error(self._last.ab, view.ab, motion),
            }
            values |= {name: e for name, e in errors.items() if e is not None}
        self._last = view
        return values


def _cdc(space: str, past: deque[Histograms], now: Histograms) -> dict[str, float]:
    found = divergences(past, now)
    past.append(now)
    return {f"cdc {space} {gap}": value for gap, value in found.items()}


def _luma(view: View) -> NDArray[np.uint8]:
    grey = cv2.cvtColor(view.small, cv2.COLOR_RGB2GRAY)
    return to_bytes(np.asarray(grey, np.float32))
