from collections.abc import Iterable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray

from vidcolor.shots import DELAY, LOOK_BACK, mark_shots

Plane = NDArray[np.uint8]

CLIPS = Path(__file__).parents[3] / "shared" / "clips"
CUTS = {  # as that folder's README gives them, in frames
    "bikes_cuts.mp4": [15, 61, 122, 172],
    "craft_cuts_audio.mp4": [50, 150],
    "abomb_army_1950s_cuts.mp4": [44, 134, 299],
}
WHITE = np.full((90, 160), 235, np.uint8)
BLACK = np.full((90, 160), 16, np.uint8)


def scene(seed: int, height: int = 90, width: int = 160) -> Plane:
    """A picture of soft shapes in limited range, as unlike another seed's as can be."""
    grid = np.random.default_rng(seed).uniform(16, 235, (5, 8)).astype(np.float32)
    soft = cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft, 16, 235).astype(np.uint8)


def starts(planes: Iterable[NDArray[np.uint8] | NDArray[np.uint16]]) -> list[int]:
    """The frames that start a shot."""
    marked = mark_shots(planes, lambda plane: plane)
    return [n for n, (_, start) in enumerate(marked) if start]


def test_two_pictures_joined_are_two_shots() -> None:
    assert starts([scene(0)] * 9 + [scene(1)] * 9) == [0, 9]


@pytest.mark.parametrize("length", range(1, 8))
def test_a_cut_is_found_however_near_it_is_to_an_end(length: int) -> None:
    a, b = scene(0), scene(1)
    assert starts([a] * length + [b] * 9) == [0, length]
    assert starts([a] * 9 + [b] * length) == [0, 9]


def test_a_white_flash_in_a_still_shot_starts_nothing() -> None:
    a = scene(0)
    assert starts([a] * 9 + [WHITE] + [a] * 9) == [0]
    assert starts([a] * 9 + [WHITE] * 2 + [a] * 9) == [0]


def test_a_white_frame_at_the_joint_does_not_hide_the_cut() -> None:
    found = starts([scene(0)] * 9 + [WHITE] + [scene(1)] * 9)
    assert found[0] == 0
    assert found[1:]
    assert set(found[1:]) <= {9, 10}


def test_flicker_starts_nothing() -> None:
    rng = np.random.default_rng(0)
    gains = rng.uniform(0.75, 1.25, 60)
    assert starts(np.clip(scene(0) * g, 0, 255).astype(np.uint8) for g in gains) == [0]


def test_grain_starts_nothing() -> None:
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 20, (30, 90, 160))
    assert starts(np.clip(scene(0) + grain, 0, 255).astype(np.uint8)) == [0]


@pytest.mark.parametrize("speed", [3, 8, 14])
def test_a_pan_starts_nothing(speed: int) -> None:
    wide = np.concatenate([scene(n) for n in range(5)], axis=1)
    planes = [wide[:, x : x + 160] for x in range(0, 600, speed)]
    assert starts(planes) == [0]


def test_a_pan_of_doubled_frames_with_grain_starts_nothing() -> None:
    wide = np.concatenate([scene(n) for n in range(9)], axis=1)
    twice = np.repeat([wide[:, x : x + 160] for x in range(0, 1200, 14)], 2, axis=0)
    grain = np.random.default_rng(0).normal(0, 1, twice.shape)
    assert starts(np.clip(twice + grain, 0, 255).astype(np.uint8)) == [0]


def test_one_thing_that_changes_starts_nothing_however_strong_it_is() -> None:
    dim = 100 + (scene(0) - 100.0) * 0.2
    before, after = dim.copy(), dim.copy()
    before[:45, :53], after[:45, :53] = scene(1, 45, 53), 255.0 - scene(1, 45, 53)
    planes = [before.astype(np.uint8)] * 9 + [after.astype(np.uint8)] * 9
    assert starts(planes) == [0]


@pytest.mark.parametrize("contrast", [1.0, 0.2])
@pytest.mark.parametrize(
    ("down", "across"), [(15, 0), (0, 30), (11, 0), (12, 20), (2, 0), (4, 0), (0, 4)]
)
def test_black_bars_do_not_hide_a_cut(down: int, across: int, contrast: float) -> None:
    def barred(seed: int) -> Plane:
        inside = 150 + (scene(seed, 90 - 2 * down, 160 - 2 * across) - 150.0) * contrast
        bars = ((down, down), (across, across))
        return np.pad(inside.astype(np.uint8), bars, constant_values=16)

    for seed in range(0, 10, 2):
        assert starts([barred(seed)] * 9 + [barred(seed + 1)] * 9) == [0, 9]


def test_doubled_frames_do_not_hide_a_cut() -> None:
    wide = np.concatenate([scene(n) for n in range(3)], axis=1)
    once = [wide[:, x : x + 160] for x in range(0, 60, 4)] + [scene(7)] * 9
    assert starts(plane for plane in once for _ in range(2)) == [0, 30]


def test_a_fade_through_black_starts_a_shot() -> None:
    a, b = scene(0), scene(1)
    down = [(16 + (a - 16.0) * k / 8).astype(np.uint8) for k in range(7, 0, -1)]
    up = [(16 + (b - 16.0) * k / 8).astype(np.uint8) for k in range(1, 8)]
    found = starts([a] * 9 + down + [BLACK] * 4 + up + [b] * 9)
    assert any(9 < n < 30 for n in found)


@pytest.mark.parametrize("length", [6, 12, 24])
def test_a_dissolve_starts_nothing(length: int) -> None:
    a, b = scene(0).astype(float), scene(1).astype(float)
    mixed = [a + (b - a) * k / length for k in range(1, length)]
    planes = [a] * 9 + mixed + [b] * 9
    assert starts(plane.astype(np.uint8) for plane in planes) == [0]


def test_a_splice_within_a_shot_starts_nothing() -> None:
    # Four frames of a pan are missing, and the frame before the gap is fogged.
    wide = np.concatenate([scene(n) for n in range(3)], axis=1)
    planes = [wide[:, x : x + 160] for x in [*range(0, 30, 2), *range(38, 68, 2)]]
    planes[14] = np.clip(planes[14] * 0.5 + 120, 0, 255).astype(np.uint8)
    assert starts(planes) == [0]


def worn(planes: list[Plane]) -> list[Plane]:
    """Weave in the gate, flicker, grain, dust and a scratch."""
    rng = np.random.default_rng(2)
    result = []
    for plane in planes:
        old = np.roll(plane, tuple(rng.integers(-2, 3, 2)), axis=(0, 1)).astype(float)
        old = old * rng.uniform(0.85, 1.15) + rng.normal(0, 10, plane.shape)
        old[:, rng.integers(150, 155)] = 255
        for y, x in rng.integers(0, 80, (6, 2)):
            old[y : y + 4, x : x + 3] = rng.choice([0, 255])
        result.append(np.clip(old, 0, 255).astype(np.uint8))
    return result


def test_wear_starts_nothing_and_hides_no_cut() -> None:
    assert starts(worn([scene(0)] * 40)) == [0]
    assert starts(worn([scene(0)] * 15 + [scene(1)] * 15)) == [0, 15]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
@pytest.mark.parametrize("plane", [BLACK, WHITE])
def test_an_even_picture_is_one_shot(plane: Plane, count: int) -> None:
    assert starts([plane] * count) == [0][:count]


@pytest.mark.parametrize("depth", [9, 10, 12, 16])
def test_deep_planes_are_judged_as_shallow_ones(depth: int) -> None:
    planes = [scene(0)] * 9 + [scene(1)] * 9
    deep = [np.left_shift(plane, depth - 8, dtype=np.uint16) for plane in planes]
    marked = list(mark_shots(deep, lambda plane: plane, depth))
    assert [start for _, start in marked] == [n in (0, 9) for n in range(18)]


def test_what_comes_before_a_cut_has_no_say_after_it() -> None:
    before = [scene(0)] * 9
    shot = [scene(1), scene(1), scene(2), *before]
    assert starts(before + shot) == [0] + [9 + n for n in starts(shot)]


def test_answers_come_in_order_and_two_frames_late() -> None:
    taken = []

    def film() -> Iterator[int]:
        for n in range(8):
            taken.append(n)
            yield n

    for n, _ in mark_shots(film(), lambda n: scene(n // 4)):
        assert len(taken) == min(n + 1 + DELAY, 8)
    assert taken == list(range(8))


def test_the_answer_does_not_rest_on_what_comes_later() -> None:
    film = [scene(n // 5) for n in range(15)]
    whole = starts(film)
    for end in range(DELAY + 1, 15):
        known = end - DELAY
        assert [n for n in starts(film[:end]) if n < known] == [
            n for n in whole if n < known
        ]


# Runs of scenes that come back, flashes and darkness: what hides cuts, or looks alike.
runs = st.tuples(
    st.sampled_from([*(scene(n) for n in range(3)), WHITE, BLACK]), st.integers(1, 4)
)
films = st.lists(runs, min_size=2, max_size=8).map(
    lambda film: [plane.copy() for plane, count in film for _ in range(count)]
)


@settings(deadline=None, max_examples=200)
@given(films, st.data())
def test_three_frames_before_are_enough_to_judge_as_in_the_whole_film(
    film: list[Plane], data: st.DataObject
) -> None:
    whole = starts(film)
    place = data.draw(st.integers(1, len(film) - 1))
    shot = max(n for n in whole if n < place)
    before = min(LOOK_BACK, place - shot)
    part = film[place - before :]
    marked = list(mark_shots(part, lambda plane: plane, inside=before))
    assert [id(plane) for plane, _ in marked] == [id(plane) for plane in part]
    found = [n + place - before for n, (_, start) in enumerate(marked) if start]
    assert found == [n for n in whole if n >= place]


planes = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40)) | arrays(
    np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=40)
)


@settings(deadline=None, max_examples=60)
@given(st.lists(planes, max_size=7))
def test_any_planes_get_one_answer_each(
    film: list[NDArray[np.uint8] | NDArray[np.uint16]],
) -> None:
    marked = list(mark_shots(film, lambda plane: plane, depth=16))
    assert [id(plane) for plane, _ in marked] == [id(plane) for plane in film]
    assert [start for _, start in marked][:1] == [True][: len(film)]


@pytest.mark.parametrize("shape", [(8, 16), (1, 1), (1, 500), (500, 1), (3, 2)])
def test_a_tiny_picture_that_stands_still_is_one_shot(shape: tuple[int, int]) -> None:
    plane = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert starts([plane] * 9) == [0]


def test_a_plane_may_be_a_read_only_view() -> None:
    view = np.repeat(scene(0), 2, axis=1)[::-1, ::2]
    view.flags.writeable = False
    assert starts([view] * 5) == [0]


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the clips are not beside this checkout")
@pytest.mark.parametrize("path", sorted(CLIPS.glob("[bc]*/*.m*")), ids=lambda p: p.name)
def test_real_clips_have_the_cuts_that_a_person_sees(path: Path) -> None:
    with av.open(path) as film:
        small = (f.reformat(width=128, format="gray") for f in film.decode(video=0))
        found = starts(np.asarray(f.to_ndarray(), np.uint8) for f in small)
    assert found == pytest.approx([0, *CUTS.get(path.name, [])], abs=1)
