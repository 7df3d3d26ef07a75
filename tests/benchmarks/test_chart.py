import numpy as np
from chart import draw_bars


def runs(row: np.ndarray) -> list[int]:
    """How long each colour but the first, the paper's, lasts; blends are left out."""
    bounds = np.flatnonzero((row[1:] != row[:-1]).any(axis=1)) + 1
    return [run for run in np.diff(bounds).tolist() if run > 3]


def test_a_part_is_as_wide_as_it_counts() -> None:
    picture = np.asarray(draw_bars({"a": {"one": 10.0, "two": 30.0}}, "ms"))
    one, two = runs(picture[20])[:2]  # above the letters
    assert abs(two / one - 3) < 0.05


def test_a_part_has_one_colour_in_all_bars() -> None:
    bars = {"a": {"one": 10.0}, "b": {"two": 5.0, "one": 5.0}}
    colors = [tuple(pixel) for pixel in np.asarray(draw_bars(bars, "ms"))[:, 290]]
    above, below = colors[20], colors[65]
    assert above != below
    right = [tuple(pixel) for pixel in np.asarray(draw_bars(bars, "ms"))[:, 1020]]
    assert right[20] == right[65] == above
