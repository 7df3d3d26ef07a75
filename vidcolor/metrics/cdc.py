"""How much a film's colours change as a whole: the color distribution consistency.

Liu et al. 2021, "Temporally Consistent Video Colorization with Deep Feature Propagation
and Self-regularization Learning" (arXiv 2110.04562), and NTIRE 2023, Track 2: how
unlike the histograms of frames are that lie 1, 2 and 4 apart. Smaller is steadier, but
the truth is not 0, for its things move.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import cv2
import numpy as np
from numpy.typing import NDArray

Histograms = NDArray[np.float64]  # channels, 256; each channel adds up to 1

GAPS = (1, 2, 4)  # frames; each has the same weight
_BINS = 256


def cdc(frames: Iterable[NDArray[np.uint8]]) -> float | None:
    """Return the CDC of a shot's frames, RGB (H, W, 3): 0 to ln 2.

    The mean over gaps of the mean over pairs of the mean over channels. A shot of up to
    four frames has no pair 4 apart: the other gaps then share its weight. None for one
    frame alone.
    """
    past = deque[Histograms](maxlen=max(GAPS))
    found = dict[int, list[float]]()
    for rgb in frames:
        now = rgb_histograms(rgb)
        for gap, value in divergences(past, now).items():
            found.setdefault(gap, []).append(value)
        past.append(now)
    return mean_over_gaps({gap: fmean(values) for gap, values in found.items()})


def mean_over_gaps(means: Mapping[int, float]) -> float | None:
    """Return the CDC of the mean divergences at each gap there is; None for none."""
    return fmean(means.values()) if means else None


def divergences(past: Sequence[Histograms], now: Histograms) -> dict[int, float]:
    """Return how unlike a frame is to the past ones (latest last), by gap."""
    return {
        gap: float(jensen_shannon(past[-gap], now).mean())
        for gap in GAPS
        if gap <= len(past)
    }


def jensen_shannon(
    p: NDArray[np.float64], q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Jensen-Shannon divergence of distributions on the last axis.

    With the natural logarithm: 0 for equal ones, ln 2 for those that share nothing.
    """
    middle = (p + q) / 2
    both = _relative_entropy(p, middle) + _relative_entropy(q, middle)
    return np.asarray(both / 2, np.float64)


def rgb_histograms(rgb: NDArray[np.uint8]) -> Histograms:
    """Return the shares (3, 256) of the codes in RGB (H, W, 3)."""
    return _histograms(rgb, 0, _BINS)


def ab_histograms(ab: NDArray[np.float32]) -> Histograms:
    """Return the shares (2, 256) of a and b in ab (H, W, 2).

    Ours: bins of width 1 around the whole numbers from -128 to 127, which the colours
    of sRGB do not leave; grey is in the middle of one, so that rounding cannot part it.
    RGB has luma in it, and so its flicker; ab is what colouring can help.
    """
    return _histograms(ab, -_BINS / 2 - 0.5, _BINS / 2 - 0.5)


def _histograms(
    channels: NDArray[np.uint8] | NDArray[np.float32], low: float, high: float
) -> Histograms:
    counts = [
        cv2.calcHist([channels], [index], None, [_BINS], [low, high]).ravel()
        for index in range(channels.shape[2])
    ]
    height, width = channels.shape[:2]
    shares: Histograms = np.asarray(counts, np.float64) / (height * width)
    return shares


def _relative_entropy(
    p: NDArray[np.float64], q: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the Kullback-Leibler divergence; empty bins of p count nothing."""
    ratio = np.divide(p, q, where=p > 0, out=np.ones_like(p))
    return np.asarray((p * np.log(ratio)).sum(axis=-1), np.float64)
