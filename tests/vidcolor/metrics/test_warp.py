import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vidcolor.metrics.warp import Motion, find_motion, warp_error

Color = NDArray[np.float32]
SIZE = (90, 120)
GREEN, RED = (-40.0, 30.0), (50.0, 20.0)  # ab


def texture(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).uniform(0, 255, SIZE)
    soft = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.asarray(cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX), np.uint8)


def scene(left: int) -> tuple[NDArray[np.uint8], Color]:
    """Luma and ab of a red square before a green ground."""
    luma, ab = texture(0), np.full((*SIZE, 2), GREEN, np.float32)
    square = slice(30, 60), slice(left, left + 30)
    luma[square], ab[square] = texture(1)[30:60, 30:60], RED
    return luma, ab


def still(shape: tuple[int, int] = (5, 4)) -> Motion:
    return Motion(np.zeros((*shape, 2), np.float32), np.ones(shape, np.bool_))


def test_colour_that_moves_with_its_thing_is_steady() -> None:
    (luma, ab), (next_luma, next_ab) = scene(30), scene(36)
    motion = find_motion(luma, next_luma)
    moved = np.mean((next_ab - ab) ** 2)
    carried = warp_error(ab, next_ab, motion)
    assert carried is not None
    assert carried < moved / 20


def test_colour_that_stays_behind_is_not() -> None:
    (luma, ab), (next_luma, _) = scene(30), scene(36)
    motion = find_motion(luma, next_luma)
    left_behind = warp_error(ab, ab, motion)
    together = warp_error(ab, scene(36)[1], motion)
    assert left_behind is not None
    assert together is not None
    assert left_behind > 10 * together


def test_what_is_covered_does_not_count() -> None:
    (luma, ab), (next_luma, next_ab) = scene(30), scene(36)
    covered = ab.copy()
    covered[34:56, 61:65] += 100  # ground that the square hides in the next frame
    motion = find_motion(luma, next_luma)

    def added(visible: NDArray[np.bool_]) -> float:
        masked = Motion(motion.flow, visible)
        worse, error = (warp_error(c, next_ab, masked) for c in (covered, ab))
        assert worse is not None
        assert error is not None
        return worse - error

    assert 0 <= added(motion.visible) < added(np.ones(SIZE, np.bool_)) / 10


def test_it_is_the_mean_square_over_pixels_and_channels() -> None:
    first = np.zeros((5, 4, 2), np.float32)
    second = first.copy()
    second[..., 0] = 3
    assert warp_error(first, second, still()) == pytest.approx(4.5)
    motion = still()
    motion.visible[1:] = False
    second[1:] = 1000
    assert warp_error(first, second, motion) == pytest.approx(4.5)


def test_where_all_is_occluded_there_is_no_error_to_tell() -> None:
    motion = still()
    motion.visible[:] = False
    picture = np.zeros((5, 4, 3), np.float32)
    assert warp_error(picture, picture + 1, motion) is None


def test_grey_is_as_steady_as_can_be() -> None:
    (luma, _), (next_luma, _) = scene(30), scene(36)
    grey = np.zeros((*SIZE, 2), np.float32)
    assert warp_error(grey, grey, find_motion(luma, next_luma)) == 0
