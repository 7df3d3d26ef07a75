import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vidcolor.metrics import colorfulness, hasler_colorfulness

PICTURE = np.random.default_rng(0).integers(0, 255, (8, 9, 3), np.uint8)
both = pytest.mark.parametrize("measure", [colorfulness, hasler_colorfulness])


@both
def test_grey_is_not_colourful(measure) -> None:  # type: ignore[no-untyped-def]
    assert measure(PICTURE[..., :1].repeat(3, axis=2)) == 0


@both
def test_one_colour_s_colourfulness_by_hand(measure) -> None:  # type: ignore[no-untyped-def]
    # Nothing deviates; means are |R-G| = 30 and |(R+G)/2 - B| = 40: 0.3 * 50 = 15.
    picture = np.tile(np.array([130, 100, 75], np.uint8), (4, 4, 1))
    assert measure(picture) == pytest.approx(15)


@both
def test_stronger_colours_are_more_colourful(measure) -> None:  # type: ignore[no-untyped-def]
    faded = (PICTURE // 2 + 64).astype(np.uint8)
    assert 0 < measure(faded) < measure(PICTURE)


def test_opposite_colours_add_up_only_where_signs_count() -> None:
    # R - G is +30 or -30, yellow - blue 0. Signed: deviation 30, mean 0. Absolute: the
    # other way round, and the mean counts 0.3.
    picture = np.empty((2, 4, 3), np.uint8)
    picture[0], picture[1] = (130, 100, 115), (100, 130, 115)
    assert hasler_colorfulness(picture) == pytest.approx(30)
    assert colorfulness(picture) == pytest.approx(9)


@settings(deadline=None, max_examples=50)
@given(arrays(np.uint8, (5, 4, 3)))
def test_both_are_the_formula(rgb: NDArray[np.uint8]) -> None:
    red, green, blue = rgb.astype(float).transpose(2, 0, 1)
    signed = np.stack([red - green, (red + green) / 2 - blue]).reshape(2, -1)
    for opponents, found in (
        (signed, hasler_colorfulness(rgb)),
        (np.abs(signed), colorfulness(rgb)),
    ):
        spread = np.hypot(*opponents.std(axis=1))
        mean = np.hypot(*opponents.mean(axis=1))
        assert found == pytest.approx(spread + 0.3 * mean, abs=1e-9)
