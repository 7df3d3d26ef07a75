import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from vidcolor.metrics import psnr, ssim

PICTURE = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)


def test_equal_pictures_have_no_noise() -> None:
    assert psnr(PICTURE, PICTURE) == math.inf


def test_an_error_of_one_code_everywhere_is_48_db() -> None:
    # 10 log10(255^2 / 1) = 48.13
    assert psnr(PICTURE, PICTURE + 1) == pytest.approx(48.13, abs=0.01)


def test_an_error_of_16_is_not_lost_in_a_byte() -> None:
    # 10 log10(255^2 / 16^2) = 24.05; 16 * 16 is 0 in 8 bits.
    dark = PICTURE // 2
    assert psnr(dark, dark + 16) == pytest.approx(24.05, abs=0.01)
    assert psnr(dark + 16, dark) == pytest.approx(24.05, abs=0.01)


def test_black_against_white_is_0_db_either_way() -> None:
    black = np.zeros((4, 4, 3), np.uint8)
    white = ~black
    assert psnr(black, white) == psnr(white, black) == 0


@pytest.mark.parametrize("noise", [2, 20, 80])
def test_ssim_is_scikit_image_s_with_the_settings_of_wang(noise: float) -> None:
    rng = np.random.default_rng(noise)
    worse = np.clip(PICTURE + rng.normal(0, noise, PICTURE.shape), 0, 255)
    worse = worse.astype(np.uint8)
    expected = structural_similarity(  # type: ignore[no-untyped-call]
        PICTURE,
        worse,
        channel_axis=2,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(PICTURE, worse) == pytest.approx(expected, abs=1e-5)


pairs = st.tuples(st.integers(1, 16), st.integers(1, 16)).flatmap(
    lambda size: st.tuples(*[arrays(np.uint8, (*size, 3))] * 2)
)


@settings(deadline=None, max_examples=50)
@given(pairs)
def test_ssim_is_1_for_equal_pictures_and_less_for_others(
    pair: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    a, b = pair
    assert ssim(a, a) == 1
    assert -1 <= ssim(a, b) <= 1
    assert ssim(a, b) == pytest.approx(ssim(b, a), abs=1e-5)
