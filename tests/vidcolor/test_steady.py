from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidcolor.steady import DELAY, Scene, steady

Plane = NDArray[np.float32]

SIZE = 96, 128
DUST = slice(40, 44), slice(60, 65)


def texture(seed: int = 0) -> Plane:
    """Return lightness, 30..70, with something to hold on to everywhere."""
    noise = np.random.default_rng(seed).uniform(0, 1, SIZE)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(cv2.normalize(soft, None, 30, 70, cv2.NORM_MINMAX), np.float32)


def shot(*planes: Plane) -> list[Scene]:
    return [
        Scene(torch.from_numpy(plane.astype(np.float32)), n == 0)
        for n, plane in enumerate(planes)
    ]


def steadied(scenes: list[Scene]) -> list[Plane]:
    return [s.lightness.numpy() for _, s in steady((None, s) for s in scenes)]


def with_dust(plane: Plane, value: float) -> Plane:
    dirty = plane.copy()
    dirty[DUST] = value
    return dirty


def test_a_still_picture_stays_what_it_is() -> None:
    for plane in steadied(shot(*[texture()] * 5)):
        np.testing.assert_allclose(plane, texture(), atol=0.1)


def test_flicker_is_taken_out() -> None:
    random = np.random.default_rng(1)
    given = [
        texture() * random.uniform(0.85, 1.15) + random.uniform(-5, 5)
        for _ in range(20)
    ]
    result = steadied(shot(*given))
    assert np.std(result, axis=0).mean() < np.std(given, axis=0).mean() / 4


def test_what_darkens_for_good_is_seen_to_darken() -> None:
    given = [texture()] * 3 + [texture() * 0.6] * 80
    result = steadied(shot(*given))
    assert result[4].mean() > result[-1].mean() + 10
    np.testing.assert_allclose(result[-1], given[-1], atol=2)


def test_what_darkens_by_more_than_flicker_is_darker_at_once() -> None:
    result = steadied(shot(*[texture()] * 3, *[texture() * 0.4] * 3))
    assert result[3].mean() < 0.9 * texture().mean()


def test_a_picture_that_nothing_is_left_of_is_seen_as_it_is() -> None:
    # A cut that nobody saw: what was taken out before it says nothing of what follows.
    other = 100 - texture()
    result = steadied(shot(texture(), texture() * 0.8, other, other))
    np.testing.assert_allclose(result[2], other, atol=0.1)


def test_dust_of_one_frame_goes_and_leaves_no_trace_in_its_neighbours() -> None:
    for value in (0.0, 100.0):
        given = [texture()] * 7
        given[3] = with_dust(texture(), value)
        for plane in steadied(shot(*given)):
            assert np.abs(plane - texture())[DUST].mean() < 4


def test_dust_goes_from_a_picture_that_moves() -> None:
    wide = np.concatenate([texture(0), texture(1)], axis=1)
    given = [np.ascontiguousarray(wide[:, 3 * n : 3 * n + 128]) for n in range(7)]
    clean = steadied(shot(*given))[3]
    given[3] = with_dust(given[3], 100)
    dirty = steadied(shot(*given))[3]
    assert np.abs(dirty - clean)[DUST].mean() < (100 - clean[DUST].mean()) / 4


def test_what_changes_on_and_on_is_not_dust() -> None:
    # A lamp that is switched on and settles: the frames around it differ, too.
    given = [with_dust(texture(), value) for value in (30, 30, 95, 70, 70)]
    assert steadied(shot(*given))[2][DUST].mean() > 85


def test_what_stays_for_good_is_not_dust() -> None:
    stays = with_dust(texture(), 100)
    result = steadied(shot(*[texture()] * 3, *[stays] * 4))
    for plane in result[3:]:
        assert plane[DUST].mean() > 80


def test_a_shot_s_ends_are_seen_as_they_are() -> None:
    first, *_, last = steadied(shot(with_dust(texture(), 100), *[texture()] * 4))
    np.testing.assert_array_equal(first, with_dust(texture(), 100))
    np.testing.assert_allclose(last, texture(), atol=1)


def test_motion_leads_to_every_frame_but_a_shot_s_first() -> None:
    scenes = shot(*[texture()] * 3) + shot(*[texture(1)] * 2)
    steps = [scene.step for _, scene in steady((None, s) for s in scenes)]
    assert [step is None for step in steps] == [True, False, False, True, False]


@pytest.mark.parametrize("scale", [2, 4])
def test_motion_is_as_long_in_smaller_pictures(scale: int) -> None:
    moved = np.roll(texture(), 8, axis=1)
    scenes = shot(texture(), moved)
    *_, (_, last) = steady(((None, s) for s in scenes), scale=scale)
    assert last.step is not None
    height, width = last.step.back.trust.shape
    assert (height * scale, width * scale) == SIZE
    flow = last.step.back.resized(*SIZE).flow[24:-24, 24:-24]
    np.testing.assert_allclose(np.median(flow, axis=(0, 1)), (-8, 0), atol=1)


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), max_size=4))
def test_as_many_come_as_were_given_in_order_and_a_frame_late_at_most(
    lengths: list[int],
) -> None:
    given = [s for n, length in enumerate(lengths) for s in shot(*[small(n)] * length)]
    taken = 0

    def counted() -> Iterator[tuple[int, Scene]]:
        nonlocal taken
        for number, scene in enumerate(given):
            taken += 1
            yield number, scene

    numbers = []
    for number, scene in steady(counted()):
        assert taken <= number + DELAY + 1
        assert scene.starts_shot == given[number].starts_shot
        numbers.append(number)
    assert numbers == list(range(len(given)))


def small(seed: int) -> Plane:
    return texture(seed)[:32, :32].copy()


@pytest.mark.parametrize("place", range(1, 7))
def test_with_its_memory_and_the_frame_before_a_scene_is_what_it_was(
    place: int,
) -> None:
    random = np.random.default_rng(0)
    given = shot(*[small(0) * random.uniform(0.8, 1.2) for _ in range(7)])
    given[4:4] = shot(small(1), small(1) * 0.9)
    whole = [scene for _, scene in steady((None, s) for s in given)]
    part = steady(((None, s) for s in given[place - 1 :]), whole[place].memory)
    _, *again = [scene for _, scene in part]
    for before, after in zip(whole[place:], again, strict=True):
        assert torch.equal(before.lightness, after.lightness)
        assert before.memory == after.memory


def test_nothing_passes_a_cut() -> None:
    one = shot(*[texture(n) * 0.9 + n for n in (0, 0, 0)])
    other = shot(*[texture(1) * gain for gain in (1, 0.8, 1.1, 0.9)])
    inside = steadied(one + other)[3:]
    for here, alone in zip(inside, steadied(other), strict=True):
        np.testing.assert_array_equal(here, alone)
