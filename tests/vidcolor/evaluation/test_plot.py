import numpy as np
import pytest
from numpy.typing import NDArray

from vidcolor.evaluation.evaluate import Moment
from vidcolor.evaluation.plot import Plot

ORANGE = np.array([255, 170, 60])


def plot(levels: list[float], cuts: tuple[int, ...] = (0,)) -> NDArray[np.uint8]:
    """Draw a film whose result has these warp errors, and nothing else."""
    curves = Plot()
    for n, level in enumerate(levels):
        values = {"squared error": 0.0, "result warp ab": level}
        curves.add(Moment(n / 25, n in cuts, values))
    return curves.draw()


def heights(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean row of orange in each column of the lowest panel that has any."""
    lowest = picture[picture.shape[0] * 3 // 4 - 20 :]
    orange = np.abs(lowest.astype(int) - ORANGE).sum(axis=2) < 60
    columns = np.flatnonzero(orange.any(axis=0))
    return np.array([np.flatnonzero(orange[:, x]).mean() for x in columns])


def test_what_grows_rises_to_the_right() -> None:
    rows = heights(plot([float(n) for n in range(50)]))
    assert len(rows) > 500
    assert rows[0] > rows[len(rows) // 2] > rows[-1]


def test_one_ruined_frame_does_not_flatten_the_others() -> None:
    calm = [1.0 + n % 2 for n in range(300)]
    rows = heights(plot([*calm, 1e6, *calm]))
    assert np.ptp(rows) > 30


def test_what_is_equal_stands_at_the_top() -> None:
    picture = plot([0.0] * 50)  # of PSNR, the first panel, all is infinite
    first = picture[: picture.shape[0] // 4]
    orange = np.abs(first.astype(int) - ORANGE).sum(axis=2) < 60
    rows = np.flatnonzero(orange.any(axis=1))
    assert len(rows)
    assert rows.max() < len(first) // 3


@pytest.mark.parametrize("count", [1, 2])
def test_a_photo_can_be_plotted(count: int) -> None:
    assert plot([0.0] * count).ndim == 3


def test_curves_break_where_nothing_is_measured() -> None:
    whole, broken = [1.0] * 11, [1.0] * 11
    broken[5] = float("nan")
    assert len(heights(plot(broken))) < len(heights(plot(whole)))


def test_one_ruined_frame_leaves_the_others_their_height() -> None:
    # In place of the assertion on all rows, which the ruined frame's own spike meets.
    calm = [1.0 + n % 2 for n in range(300)]
    rows = np.sort(heights(plot([*calm, 1e6, *calm])))
    assert np.ptp(rows[100:-100]) > 20


def test_cuts_are_lines() -> None:
    one, two = plot([1.0] * 100), plot([1.0] * 100, cuts=(0, 50))
    columns = np.flatnonzero((one != two).any(axis=(0, 2)))
    assert 0 < len(columns) <= 3
    assert abs(columns.mean() - (75 + 600 * 2 * 50 / 99)) < 3


def test_a_curve_stays_in_its_field() -> None:
    picture = plot([*[1.0 + n % 2 for n in range(300)], 1e6])
    height = picture.shape[0]
    above = picture[: height * 3 // 4 - 30]  # the panels of what is not measured
    assert not (
        np.abs(above[height // 4 :].astype(int) - (255, 170, 60)).sum(axis=2) < 60
    ).any()


def test_what_rarely_is_more_than_nothing_is_seen() -> None:
    rows = heights(plot([0.0] * 400 + [5.0] + [0.0] * 400))
    assert np.ptp(rows) > 20
