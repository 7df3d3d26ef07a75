import numpy as np
import pytest
from numpy.typing import NDArray

from vidcolor.confidence import SURE, UNSURE, scale_bar, uncertainty_map


def even(uncertainty: float) -> NDArray[np.float32]:
    return np.full((2, 3), uncertainty, np.float32)


def test_the_more_unsure_the_lighter() -> None:
    # Viridis: its lightness rises from end to end.
    bar = scale_bar(60, 4) @ np.array([0.299, 0.587, 0.114])
    assert bar.shape == (4, 60)
    assert (np.diff(bar[0]) > 0).all()
    assert (bar == bar[0]).all()


def test_sure_is_blue_and_unsure_yellow() -> None:
    red, green, blue = uncertainty_map(even(SURE))[0, 0].tolist()
    assert blue > max(red, green)
    red, green, blue = uncertainty_map(even(UNSURE))[0, 0].tolist()
    assert min(red, green) > blue


@pytest.mark.parametrize(("beyond", "end"), [(0.0, SURE), (99.0, UNSURE)])
def test_beyond_the_scale_is_its_end(beyond: float, end: float) -> None:
    np.testing.assert_array_equal(
        uncertainty_map(even(beyond)), uncertainty_map(even(end))
    )
