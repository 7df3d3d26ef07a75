import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vidcolor.flow import Flow, estimate_flow, occluded, warp

Plane = NDArray[np.uint8]
Size = tuple[int, int]
SQUARE = slice(30, 60), slice(30, 60)  # rows and columns before it moves


def texture(seed: int, height: int = 90, width: int = 120) -> Plane:
    """A picture with something to hold on to everywhere."""
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width))
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.asarray(cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def moving_square(step: int) -> tuple[Plane, Plane]:
    """A square before still ground, and again when it is `step` pixels to the right."""
    before, after = texture(0), texture(0)
    before[SQUARE] = texture(1)[SQUARE]
    after[30:60, 30 + step : 60 + step] = texture(1)[SQUARE]
    return before, after


def constant(x: float, y: float, size: Size = (20, 30)) -> Flow:
    return np.full((*size, 2), (x, y), np.float32)


@pytest.mark.parametrize("shift", [(0, 0), (3, 0), (0, -2), (-4, 5)])
def test_flow_is_where_the_picture_went(shift: tuple[int, int]) -> None:
    wide = texture(0, 130, 160)
    first = wide[20:110, 20:140]
    second = wide[20 - shift[1] :, 20 - shift[0] :][:90, :120]
    flow = estimate_flow(first.copy(), second.copy())
    inside = flow[10:-10, 10:-10].reshape(-1, 2)
    np.testing.assert_allclose(np.median(inside, axis=0), shift, atol=0.05)


def test_warping_by_the_flow_brings_the_first_picture_back() -> None:
    wide = texture(0, 90, 140)
    first, second = wide[:, 10:130].copy(), wide[:, 6:126].copy()
    back = warp(second, estimate_flow(first, second)).astype(float)
    before = np.abs(second - first.astype(float))[:, 8:-8].mean()
    assert np.abs(back - first)[:, 8:-8].mean() < before / 10


def test_warping_takes_what_lies_in_the_flow_s_direction() -> None:
    picture = np.arange(600, dtype=np.float32).reshape(20, 30)
    np.testing.assert_array_equal(
        warp(picture, constant(2, 3))[:-3, :-2], picture[3:, 2:]
    )
    halfway = warp(picture, constant(0.5, 0))
    np.testing.assert_allclose(halfway[:, :-1], picture[:, :-1] + 0.5)


def test_what_a_moving_square_covers_is_occluded_and_the_rest_is_not() -> None:
    before, after = moving_square(6)
    there, back = estimate_flow(before, after), estimate_flow(after, before)
    mask = occluded(there, back)
    assert mask[35:55, 61:65].mean() > 0.9  # the ground that the square now covers
    assert mask[36:54, 36:54].mean() < 0.05  # the square itself
    assert mask[:20].mean() < 0.05  # ground that nothing comes near


def test_a_way_back_that_leads_home_occludes_nothing() -> None:
    assert not occluded(constant(2, 1), constant(-2, -1))[1:-2, :-3].any()


def test_the_limits_are_those_of_the_paper() -> None:
    # |w + o|^2 > 0.01 (|w|^2 + |o|^2) + 0.5 at o = (10, 0): w = (-8.35, 0) is beyond
    # (2.72 > 2.20) and w = (-8.6, 0) is not (1.96 < 2.24).
    flow = constant(10, 0)
    assert occluded(flow, constant(-8.35, 0))[:, :15].all()
    assert not occluded(flow, constant(-8.6, 0))[:, :15].any()
    # A step of s in o = (10, 0) is a border if s^2 > 0.01 * 100 + 0.002.
    for step, is_border in ((0.99, False), (1.02, True)):
        flow = constant(10, 0)
        flow[10:, :, 1] = step
        border = occluded(flow, -warp(flow, -flow))[9, :15]
        assert border.all() == border.any() == is_border


def test_what_leaves_the_picture_is_occluded() -> None:
    mask = occluded(constant(5, 0), constant(-5, 0))
    assert mask[:, -5:].all()
    assert not mask[:, :-5].any()


planes = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda size: st.tuples(arrays(np.uint8, size), arrays(np.uint8, size))
)


@settings(deadline=None, max_examples=40)
@given(planes)
def test_any_two_pictures_have_a_flow(pair: tuple[Plane, Plane]) -> None:
    flow, back = estimate_flow(*pair), estimate_flow(*pair[::-1])
    assert flow.shape == (*pair[0].shape, 2)
    assert np.isfinite(flow).all()
    assert occluded(flow, back).shape == pair[0].shape


@pytest.mark.parametrize("size", [(16, 200), (200, 16), (1, 640), (8, 64), (12, 160)])
def test_a_strip_has_a_flow(size: Size) -> None:
    strip = texture(0, *size)
    flow = estimate_flow(strip, strip)
    np.testing.assert_allclose(flow, 0, atol=0.1)
