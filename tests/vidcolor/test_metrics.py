import math

import numpy as np
import pytest

from vidcolor.metrics import colorfulness, psnr

PICTURE = np.random.default_rng(0).integers(0, 255, (8, 9, 3), np.uint8)


def test_equal_pictures_have_no_noise() -> None:
    assert psnr(PICTURE, PICTURE) == math.inf


def test_an_error_of_one_code_everywhere_is_48_db() -> None:
    # 10 log10(255^2 / 1) = 48.13
    assert psnr(PICTURE, PICTURE + 1) == pytest.approx(48.13, abs=0.01)


def test_black_against_white_is_0_db_either_way() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    white = ~black
    assert psnr(black, white) == psnr(white, black) == 0


def test_grey_is_not_colourful() -> None:
    assert colorfulness(PICTURE[..., :1].repeat(3, axis=2)) == 0


def test_one_colour_s_colourfulness_by_hand() -> None:
    # Nothing deviates; means are |R-G| = 30 and |(R+G)/2 - B| = 40: 0.3 * 50 = 15.
    picture = np.tile(np.array([130, 100, 75], np.uint8), (4, 4, 1))
    assert colorfulness(picture) == pytest.approx(15)


def test_stronger_colours_are_more_colourful() -> None:
    faded = (PICTURE // 2 + 64).astype(np.uint8)
    assert 0 < colorfulness(faded) < colorfulness(PICTURE)
