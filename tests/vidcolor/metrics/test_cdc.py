import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vidcolor.metrics.cdc import (
    ab_histograms,
    cdc,
    divergences,
    jensen_shannon,
    rgb_histograms,
)

Frame = NDArray[np.uint8]
LN2 = math.log(2)


def even(*codes: int) -> Frame:
    return np.full((4, 6, 3), codes, np.uint8)


def by_definition(frames: Sequence[Frame]) -> float:
    """CDC as the paper writes it, for five frames or more."""

    def js(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
        m = (p + q) / 2
        terms = [x[x > 0] * np.log(x[x > 0] / m[x > 0]) for x in (p, q)]
        return float(sum(t.sum() for t in terms) / 2)

    def histogram(frame: Frame, channel: int) -> NDArray[np.float64]:
        counts, _ = np.histogram(frame[..., channel], np.arange(257))
        return counts / frame[..., channel].size

    total = 0.0
    for gap in (1, 2, 4):
        pairs = [(frames[i], frames[i + gap]) for i in range(len(frames) - gap)]
        values = [
            js(histogram(a, channel), histogram(b, channel))
            for a, b in pairs
            for channel in range(3)
        ]
        total += sum(values) / len(values) / 3
    return total


def test_the_divergence_of_known_distributions() -> None:
    one, other, half = np.array([1.0, 0]), np.array([0, 1.0]), np.array([0.5, 0.5])
    assert jensen_shannon(one, one) == 0
    assert jensen_shannon(one, other) == pytest.approx(LN2, abs=1e-12)
    assert jensen_shannon(one, half) == pytest.approx(0.2157615543, abs=1e-10)
    assert jensen_shannon(half, one) == pytest.approx(0.2157615543, abs=1e-10)


def test_a_still_picture_has_no_cdc() -> None:
    assert cdc([even(10, 20, 30)] * 6) == 0


def test_colours_that_share_nothing_have_ln_2() -> None:
    frames = [even(n, n + 20, n + 40) for n in range(6)]
    assert cdc(frames) == pytest.approx(LN2)


def test_each_channel_and_each_gap_has_a_third() -> None:
    # Red alone alternates: frames 2 and 4 apart are equal, neighbours share no red.
    frames = [even(10 * (n % 2), 5, 5) for n in range(6)]
    assert cdc(frames) == pytest.approx(LN2 / 3 / 3)


def test_gaps_weigh_alike_however_many_pairs_they_have() -> None:
    # One change, after the first of five frames: 1 of 4 neighbours, 1 of 3 pairs two
    # apart, and the only pair four apart.
    frames = [even(0, 0, 0), *[even(9, 9, 9)] * 4]
    assert cdc(frames) == pytest.approx(LN2 * (1 / 4 + 1 / 3 + 1) / 3)


@pytest.mark.parametrize(("count", "expected"), [(2, 1), (3, (1 / 2 + 1) / 2)])
def test_a_short_shot_has_the_gaps_it_has(count: int, expected: float) -> None:
    frames = [even(0, 0, 0), *[even(9, 9, 9)] * (count - 1)]
    assert cdc(frames) == pytest.approx(LN2 * expected)


def test_one_frame_has_none() -> None:
    assert cdc([even(1, 2, 3)]) is None
    assert cdc([]) is None


@settings(deadline=None, max_examples=30)
@given(st.lists(arrays(np.uint8, (3, 5, 3)), min_size=5, max_size=9))
def test_it_is_the_definition(frames: list[Frame]) -> None:
    assert cdc(frames) == pytest.approx(by_definition(frames), abs=1e-9)


@settings(deadline=None, max_examples=30)
@given(arrays(np.float64, (2, 7), elements=st.floats(0, 1)))
def test_the_divergence_is_symmetric_and_bounded(rows: NDArray[np.float64]) -> None:
    p, q = (rows + 1e-6) / (rows + 1e-6).sum(axis=1, keepdims=True)
    assert jensen_shannon(p, q) == pytest.approx(jensen_shannon(q, p), abs=1e-12)
    assert -1e-12 <= jensen_shannon(p, q) <= LN2


def test_bins_hold_one_code_of_rgb_and_one_unit_of_ab() -> None:
    rgb = np.array([[[0, 255, 7], [0, 254, 8]]], np.uint8)
    shares = rgb_histograms(rgb)
    assert shares.shape == (3, 256)
    assert shares[0, 0] == 1
    assert shares[1, 255] == shares[1, 254] == shares[2, 7] == shares[2, 8] == 0.5
    ab = np.array([[[-128, 0.4], [127, -0.4]]], np.float32)
    shares = ab_histograms(ab)
    assert shares.shape == (2, 256)
    assert shares[0, 0] == shares[0, 255] == 0.5
    assert shares[1, 128] == 1  # greys, whatever their rounding


def test_no_gap_reaches_further_back_than_there_are_frames() -> None:
    now = rgb_histograms(even(1, 2, 3))
    for count, gaps in enumerate([set(), {1}, {1, 2}, {1, 2}, {1, 2, 4}]):
        assert set(divergences([now] * count, now)) == gaps
