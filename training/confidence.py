"""Whether a network is wrong where it says that it is unsure."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.floating]


def rank_correlation(first: Numbers, second: Numbers) -> float:
    """Return Spearman's correlation, -1..1, of two lists (N); nan where one is even."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def errors_by_fifth(uncertainty: Numbers, error: Numbers) -> list[float]:
    """Return the mean error of the surest fifth of (N), of the next, to the last."""
    ordered = error[np.argsort(uncertainty, kind="stable")]
    return [float(fifth.mean()) for fifth in np.array_split(ordered, 5)]


def _ranks(values: Numbers) -> Numbers:
    """Return each value's place in the order; equal ones share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    middles = ends - (counts - 1) / 2
    return np.asarray(middles[which], np.float64)
