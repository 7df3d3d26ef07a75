import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vidcolor.motion import Motion, Step, find_step, look_at

Plane = NDArray[np.float32]

HEIGHT, WIDTH = 96, 128
RANDOM = np.random.default_rng(0)


def texture(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Plane:
    """Return lightness, 20..80, with something to hold on to everywhere."""
    noise = np.random.default_rng(seed).uniform(0, 1, (height, width))
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(cv2.normalize(soft, None, 20, 80, cv2.NORM_MINMAX), np.float32)


def step(before: Plane, now: Plane) -> Step:
    looks = [
        look_at(torch.from_numpy(np.ascontiguousarray(p)), 2) for p in (before, now)
    ]
    return find_step(*looks)


def grain(deviation: float) -> Plane:
    return RANDOM.normal(0, deviation, (HEIGHT, WIDTH)).astype(np.float32)


def inner(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    return plane[6:-6, 6:-6]


def pan(pixels: int) -> tuple[Plane, Plane]:
    wide = texture(0, width=WIDTH + pixels)
    return wide[:, :WIDTH], wide[:, pixels:]


def test_a_pan_is_found_and_trusted_both_ways() -> None:
    found = step(*pan(6)).resized(HEIGHT, WIDTH)
    for motion, x in ((found.back, 6), (found.forth, -6)):
        np.testing.assert_allclose(
            np.median(motion.flow, axis=(0, 1)), (x, 0), atol=0.2
        )
        assert np.median(motion.trust) > 0.9


def test_what_leaves_the_picture_is_not_trusted() -> None:
    found = step(*pan(12))
    assert found.back.trust[:, -4:].max() == 0
    assert found.forth.trust[:, :4].max() == 0


def test_flicker_is_no_motion_and_costs_no_trust() -> None:
    before = texture(0)
    found = step(before, before * 0.8 + 6)
    assert np.abs(found.back.flow).max() < 0.1
    assert found.back.trust.min() > 0.9


def test_grain_is_no_motion_and_costs_little_trust() -> None:
    still = texture(0)
    found = step(still + grain(6), still + grain(6))
    assert np.abs(inner(found.back.flow)).mean() < 0.3
    assert inner(found.back.trust).mean() > 0.7


def test_an_even_picture_with_grain_is_trusted_too() -> None:
    # A sky: nothing to hold on to, but nothing that could be confused either.
    sky = np.full((HEIGHT, WIDTH), 70, np.float32)
    found = step(sky + grain(3), sky + grain(3))
    assert inner(found.back.trust).mean() > 0.5


def test_what_is_uncovered_is_not_trusted_and_the_rest_is() -> None:
    square, ground = texture(1, 32, 32) / 4 + 75, texture(0) / 2
    before, now = ground.copy(), ground.copy()
    before[32:64, 32:64] = square
    now[32:64, 44:76] = square
    found = step(before, now).resized(HEIGHT, WIDTH)
    assert found.back.trust[36:60, 34:42].mean() < 0.4
    assert found.back.trust[36:60, 50:70].mean() > 0.8
    assert found.back.trust[72:90, 6:-6].mean() > 0.8


def test_fast_things_need_not_lead_home_so_closely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def trust(pixels: float) -> float:
        ways = iter([pixels, 2 - pixels])  # the way back ends 2 pixels beside home
        flows = lambda *_, **__: np.full((48, 64, 2), (next(ways), 0), np.float32)  # noqa: E731
        monkeypatch.setattr("vidcolor.motion.estimate_flow", flows)
        even = np.full((HEIGHT, WIDTH), 50, np.float32)
        return float(step(even, even).back.trust[:, :40].mean())

    assert trust(2) < 0.4
    assert trust(12) > 0.75


def test_another_picture_is_not_trusted() -> None:
    found = step(texture(0), texture(5))
    assert found.back.trust.mean() < 0.4


def test_flow_of_another_size_is_in_pixels_of_that_size() -> None:
    flow = np.full((8, 10, 2), (3, -2), np.float32)
    larger = Motion(flow, np.ones((8, 10), np.float32)).resized(16, 40)
    assert larger.flow.shape == (16, 40, 2)
    assert larger.trust.shape == (16, 40)
    np.testing.assert_allclose(larger.flow[..., 0], 12)
    np.testing.assert_allclose(larger.flow[..., 1], -4)
