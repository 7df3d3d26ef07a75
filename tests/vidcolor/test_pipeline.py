import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import to_grey, to_lightness, to_luma
from vidcolor.colorizer import Colorizer, Predictions
from vidcolor.errors import OptionError
from vidcolor.flow import estimate_flow
from vidcolor.media.picture import Frame, plane
from vidcolor.media.reader import Reader
from vidcolor.memory import NOTHING, Memory
from vidcolor.pace import ALONE, FAST, USUAL, Pace, pace_of
from vidcolor.pipeline import Geometry, Painted, color_frames, look, run_up, show
from vidcolor.rgb_space import SRGB, Primaries, RgbSpace, Transfer
from vidcolor.upsample import shrink, shrink_codes
from vidcolor.yuv import Matrix, YuvFormat

Film = Callable[..., Path]
SMALL = 32, 32  # what the networks answer with
YUV420 = YuvFormat(8, False, Matrix.BT709, 1, 1)
PQ, HLG = (RgbSpace(Primaries.BT2020, t) for t in (Transfer.PQ, Transfer.HLG))
P3 = RgbSpace(Primaries.DISPLAY_P3)


class ByPlace(Colorizer):
    """Red in the upper half of what is upright, green in the lower."""

    def predict(self, lightness: Tensor) -> Predictions:
        count, height, width = lightness.shape
        ab = torch.zeros(count, 2, height // 4, width // 4)
        ab[:, 0, : height // 8] = 60
        ab[:, 0, height // 8 :] = -60
        return Predictions(ab, torch.zeros_like(ab[:, 0]))


class ByLightness(Colorizer):
    """Red where it is light, green where it is dark."""

    def predict(self, lightness: Tensor) -> Predictions:
        small = torch.stack([shrink(x, *SMALL) for x in lightness])
        ab = torch.stack([(small - 50) * 1.5, torch.zeros_like(small)], dim=1)
        return Predictions(ab, torch.zeros_like(small))


class Broken(Colorizer):
    """Answers a few times, then with numbers that are none."""

    answers = 0

    def predict(self, lightness: Tensor) -> Predictions:
        self.answers += 1
        if self.answers > 3:
            raise OptionError("not finite")
        return super().predict(lightness)


def scene(seed: int, count: int) -> list[NDArray[np.uint8]]:
    """Return a scene whose things move a little from frame to frame."""
    random = np.random.default_rng(seed)
    small = random.integers(40, 215, (6, 8), np.uint8)
    wide = small.repeat(8, axis=0).repeat(8, axis=1)
    return [np.roll(wide, n, axis=1) for n in range(count)]


def painted(
    path: Path,
    colorizer: Colorizer,
    target: YuvFormat = YUV420,
    radius: int = 3,
    pace: Pace = ALONE,
    **geometry: Any,
) -> list[Painted]:
    reader = Reader(path)
    frames = color_frames(
        reader.frames(),
        colorizer,
        reader.info.yuv,
        target,
        radius,
        Geometry(**geometry),
        pace,
    )
    return list(frames)


@pytest.fixture
def colorizer(weights: str) -> Colorizer:
    return Colorizer(weights, "cpu", 32)


def test_every_frame_comes_once_and_in_order(film: Film, colorizer: Colorizer) -> None:
    result = painted(film(scene(0, 5) + scene(1, 7)), colorizer)
    assert [item.frame.pts for item in result] == sorted(
        {item.frame.pts for item in result}
    )
    assert [n for n, item in enumerate(result) if item.starts_shot] == [0, 5]


@pytest.mark.parametrize("ground", [20, 90])
@pytest.mark.parametrize("every", [1, 4])
def test_a_title_stays_neutral_and_what_comes_after_it_does_not(
    film: Film, colorizer: Colorizer, every: int, ground: int
) -> None:
    title = np.full((64, 96), ground, np.uint8)
    title[20:44:8, 10:86] = 220  # lines
    *shown, last = painted(film([title] * 6 + scene(0, 6)), colorizer, pace=Pace(every))
    assert all((item.cb == 128).all() for item in shown[:6])
    assert all((item.cr == 128).all() for item in shown[:6])
    assert last.cb.std() > 0


@pytest.mark.parametrize("shifts", [(1, 1), (1, 0), (0, 0), (2, 0)])
def test_chroma_has_the_target_s_grid_and_depth(
    film: Film, colorizer: Colorizer, shifts: tuple[int, int]
) -> None:
    odd = [plane[:45, :63] for plane in scene(0, 2)]
    target = YuvFormat(10, False, Matrix.BT601, *shifts)
    for item in painted(film(odd), colorizer, target):
        assert item.cb.shape == item.cr.shape == target.chroma_shape(45, 63)
        assert item.cb.dtype == item.cr.dtype == np.uint16
        assert item.cb.std() > 0


@pytest.mark.parametrize(("radius", "every"), [(0, 1), (2, 1), (8, 1), (8, 4)])
def test_a_shot_cut_out_of_a_film_gets_the_same_colours(
    film: Film, colorizer: Colorizer, radius: int, every: int
) -> None:
    before, middle, after = scene(0, 7), scene(1, 9), scene(2, 6)
    whole = painted(
        film(before + middle + after), colorizer, radius=radius, pace=Pace(every)
    )
    assert [n for n, item in enumerate(whole) if item.starts_shot] == [0, 7, 16]
    alone = painted(
        film(middle, "alone.mkv"), colorizer, radius=radius, pace=Pace(every)
    )
    for inside, outside in zip(whole[7:16], alone, strict=True):
        assert np.array_equal(inside.cb, outside.cb)
        assert np.array_equal(inside.cr, outside.cr)


class Together(Colorizer):
    """Answers by what it is asked together."""

    def predict(self, lightness: Tensor) -> Predictions:
        small = shrink(lightness, 8, 8) - lightness.mean()
        ab = torch.stack([small, small.roll(1, 2)], dim=1)
        return Predictions(ab, small.abs())


def worn(seed: int) -> list[Frame]:
    """Return shots of all lengths with flicker, grain, flashes and dark frames."""
    random = np.random.default_rng(seed)
    lengths = [*random.integers(1, 6, random.integers(0, 3)), random.integers(8, 24)]
    lumas = [luma for n in random.permutation(lengths) for luma in scene(seed + n, n)]
    for luma in lumas:
        flaw = random.uniform()
        gain, grain = random.uniform(0.85, 1.15), random.normal(0, 5, luma.shape)
        old = 235 if flaw < 0.1 else 16 if flaw > 0.95 else luma * gain + grain
        luma[:] = np.clip(old, 0, 255)
    return [made(luma, number) for number, luma in enumerate(lumas)]


def made(luma: NDArray[np.uint8], number: int) -> Frame:
    picture = av.VideoFrame(luma.shape[1], luma.shape[0], "yuv420p")
    plane(picture, 0)[:] = luma
    return Frame(picture, number, Fraction(1, 25))


@pytest.fixture(scope="session")
def together(weights: str) -> Together:
    return Together(weights, "cpu", 32)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 1 << 31),
    radius=st.sampled_from([0, 1, 4]),
    pace=st.sampled_from([ALONE, USUAL, Pace(every=4, scale=4)]),
    batch=st.sampled_from([1, 3]),
    turns=st.integers(0, 3),
    data=st.data(),
)
def test_with_its_memory_work_goes_on_at_a_frame_as_if_it_had_not_stopped(
    together: Together,
    seed: int,
    radius: int,
    pace: Pace,
    batch: int,
    turns: int,
    data: st.DataObject,
) -> None:
    together.batch = batch
    frames = worn(seed)

    def colored(first: int, memory: Memory = NOTHING) -> list[Painted]:
        part, geometry = frames[first - run_up(memory) :], Geometry(turns)
        return list(
            color_frames(part, together, YUV420, YUV420, radius, geometry, pace, memory)
        )

    whole = colored(0)
    places = [n for n, item in enumerate(whole) if item.memory is not None]
    place = data.draw(st.sampled_from(places))
    memory = whole[place].memory
    assert memory is not None
    again = colored(place, Memory.unpack(memory.pack()))
    for before, after in zip(whole[place:], again, strict=True):
        assert before.frame is after.frame
        assert before.starts_shot == after.starts_shot
        assert (before.memory is None) == (after.memory is None)
        assert np.array_equal(before.cb, after.cb)
        assert np.array_equal(before.cr, after.cr)


@pytest.mark.parametrize("pace", [USUAL, FAST])
def test_the_pace_says_how_small_the_pictures_are_that_motion_is_found_in(
    film: Film, colorizer: Colorizer, pace: Pace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = set[tuple[int, ...]]()

    def flow(
        first: NDArray[np.uint8], second: NDArray[np.uint8], quick: bool
    ) -> NDArray[np.float32]:
        sizes.add(first.shape)
        return estimate_flow(first, second, quick)

    monkeypatch.setattr("vidcolor.motion.estimate_flow", flow)
    painted(film(scene(0, 4)), colorizer, pace=pace)
    height, width = colorizer.network_size(48, 64)
    assert sizes == {(height // pace.scale, width // pace.scale)}


def test_each_frame_for_itself_is_seen_by_the_network() -> None:
    assert pace_of(0).every == pace_of(0, fast=True).every == 1


def test_work_can_go_on_at_any_frame_where_one_is_asked_about_at_a_time(
    film: Film, colorizer: Colorizer
) -> None:
    result = painted(film(scene(0, 7) + scene(1, 4)), colorizer)
    passed = [item.memory.frames for item in result if item.memory is not None]
    assert passed == [*range(7), *range(4)]


@pytest.mark.parametrize("batch", [1, 3])
def test_the_network_can_be_asked_about_few_frames_of_each_shot(
    film: Film, weights: str, batch: int
) -> None:
    asked = []

    class Watching(Colorizer):
        def predict(self, lightness: Tensor) -> Predictions:
            asked.append(len(lightness))
            return super().predict(lightness)

    colorizer = Watching(weights, "cpu", 32)
    colorizer.batch = batch
    result = painted(film(scene(0, 9) + scene(1, 3)), colorizer, pace=Pace(4))
    assert [n for n, item in enumerate(result) if item.starts_shot] == [0, 9]
    assert sum(asked) == 3 + 1
    assert max(asked) <= batch


def test_frames_that_the_network_was_not_asked_about_have_colour_too(
    film: Film, weights: str
) -> None:
    path = film(scene(0, 7) + scene(1, 5))
    every = painted(path, ByPlace(weights, "cpu", 64))
    few = painted(path, ByPlace(weights, "cpu", 64), pace=Pace(4))
    for one, other in zip(every, few, strict=True):
        assert other.cr.std() > 10
        np.testing.assert_allclose(one.cr.astype(int), other.cr.astype(int), atol=16)


@pytest.mark.parametrize("every", [1, 4])
def test_a_dissolve_leaves_nothing_of_the_old_colours(
    film: Film, weights: str, every: int
) -> None:
    a, b = scene(0, 1)[0], scene(1, 1)[0]
    mixed = [(a + (b.astype(float) - a) * n / 7).astype(np.uint8) for n in range(1, 7)]
    colorizer = ByLightness(weights, "cpu", 64)
    whole = painted(
        film([a] * 12 + mixed + [b] * 14), colorizer, radius=8, pace=Pace(every)
    )
    alone = painted(film([b], "b.mkv"), colorizer)[0]
    assert [item.starts_shot for item in whole].count(True) == 1
    for item in whole[-10:]:
        assert np.abs(item.cr.astype(int) - alone.cr).mean() < 3


def test_a_thing_that_moves_takes_its_colour_along_and_leaves_none(
    film: Film, weights: str
) -> None:
    random = np.random.default_rng(0)
    ground = cv2.resize(random.integers(40, 90, (12, 16), np.uint8), (192, 144))
    square = random.integers(170, 220, (6, 6), np.uint8).repeat(8, 0).repeat(8, 1)
    planes = []
    for x in range(16, 112, 6):
        plane = ground.copy()
        plane[48:96, x : x + 48] = square
        planes.append(plane)
    path = film(planes)
    colorizer = ByLightness(weights, "cpu", 128)
    moved = painted(path, colorizer, radius=8)
    for one, alone in zip(moved, painted(path, colorizer, radius=0), strict=True):
        assert np.abs(one.cr.astype(int) - alone.cr).mean() < 1.5


@pytest.mark.parametrize("space", [SRGB, PQ, HLG, P3], ids=str)
def test_the_network_is_shown_lightness(
    film: Film, colorizer: Colorizer, space: RgbSpace
) -> None:
    codes = np.arange(32 * 32, dtype=np.uint8).reshape(1, 32, 32)
    yuv = replace(YUV420, rgb=space)
    with Reader(film(codes)) as reader:
        (sight,) = look(reader.frames(), colorizer, yuv, Geometry())
    ((_, scene),) = show([sight])
    grey = to_grey(to_luma(codes[0], yuv), space)
    torch.testing.assert_close(sight.luma, grey, atol=1e-4, rtol=0)
    exact = to_lightness(sight.luma)
    torch.testing.assert_close(scene.lightness, exact, atol=1e-3, rtol=0)


def test_what_the_network_is_shown_does_not_depend_on_the_number_of_threads() -> None:
    """A film that one machine began and another goes on with has one colour."""
    code = """if True:
        import hashlib, torch
        from vidcolor.pipeline import Sight, show

        luma = torch.linspace(0, 1, 300 * 400).reshape(300, 400)
        ((_, scene),) = show([Sight(None, luma)])
        print(hashlib.sha256(scene.lightness.numpy()).hexdigest())
    """
    answers = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"OMP_NUM_THREADS": threads},
            capture_output=True,
            check=True,
        ).stdout
        for threads in ("1", "2", "3")
    }
    assert len(answers) == 1


def test_one_frame_is_a_film(film: Film, colorizer: Colorizer) -> None:
    (only,) = painted(film(scene(0, 1)), colorizer, radius=8)
    assert only.starts_shot


@pytest.mark.parametrize(
    ("turns", "red"),
    [
        (0, np.s_[:8, :]),
        (1, np.s_[:, -8:]),  # counter-clockwise brings the right side up
        (2, np.s_[-8:, :]),
        (3, np.s_[:, :8]),
    ],
)
def test_a_turned_film_is_seen_upright(
    film: Film, weights: str, turns: int, red: tuple[slice, slice]
) -> None:
    path = film([np.full((48, 64), 128, np.uint8)])
    (item,) = painted(path, ByPlace(weights, "cpu", 64), turns=turns)
    opposite = tuple(
        slice(None) if part == slice(None) else _mirrored(part) for part in red
    )
    assert item.cr[red].min() > 140
    assert item.cr[opposite].max() < 116


def _mirrored(part: slice) -> slice:
    return slice(-8, None) if part.start is None else slice(None, 8)


def test_samples_that_are_not_square_are_seen_in_shape(
    film: Film, weights: str
) -> None:
    seen = []

    class Watching(Colorizer):
        def predict(self, lightness: Tensor) -> Predictions:
            seen.append(tuple(lightness.shape[1:]))
            return super().predict(lightness)

    path = film(scene(0, 1))  # 64x48
    painted(path, Watching(weights, "cpu", 96), sar=Fraction(3))
    painted(path, Watching(weights, "cpu", 96), sar=Fraction(3), turns=1)
    assert seen == [(96, 384), (384, 96)]


def test_frames_are_read_ahead_by_a_bounded_number(
    film: Film, colorizer: Colorizer
) -> None:
    radius, taken = 2, 0

    def counted(frames: Iterable[Frame]) -> Iterator[Frame]:
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    reader = Reader(film(scene(0, 60)))
    frames = counted(reader.frames())
    stages = color_frames(frames, colorizer, reader.info.yuv, YUV420, radius)
    for _ in range(3):
        next(stages)
    time.sleep(1)
    # Three given; the window; two queues of 4 and one of 2, with one more in hand each;
    # 2 for the cuts, and 1 for the dust.
    assert taken <= 3 + radius + 2 * (4 + 1) + (2 + 1) + 2 + 1 + 1
    stages.close()


def test_on_many_cores_the_same_comes_out(
    film: Film, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = film([*scene(0, 7), *scene(1, 6)])
    alone = painted(path, Colorizer(weights, "cpu", 32), pace=Pace(2))
    monkeypatch.setattr("vidcolor.pipeline.workers", lambda: 3)
    together = painted(path, Colorizer(weights, "cpu", 32), pace=Pace(2))
    assert [p.starts_shot for p in together] == [p.starts_shot for p in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.frame.seconds == other.frame.seconds
        np.testing.assert_array_equal(one.cb, other.cb)
        np.testing.assert_array_equal(one.cr, other.cr)


def test_stages_share_cores_and_torch_has_its_threads_back(
    film: Film, colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, used = film(scene(0, 5)), set[int]()

    def counted(codes: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
        used.add(torch.get_num_threads())
        return shrink_codes(codes, height, width)

    monkeypatch.setattr("vidcolor.pipeline.shrink_codes", counted)
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        painted(path, colorizer)
        assert torch.get_num_threads() == 3
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 3
    finally:
        torch.set_num_threads(before)
    assert used == {1}


def stage_threads() -> set[threading.Thread]:
    """Return all threads but the network's, which live as long as its colorizer."""
    return {t for t in threading.enumerate() if not t.name.startswith("network")}


def test_an_error_leaves_no_thread_behind(film: Film, weights: str) -> None:
    before = stage_threads()
    broken = Broken(weights, "cpu", 32)
    path = film(scene(0, 60))
    with pytest.raises(OptionError, match="not finite") as error:
        painted(path, broken, radius=0)
    # While somebody still holds the error, too.
    assert error.value is not None
    assert stage_threads() <= before


def test_closing_leaves_no_thread_behind(film: Film, colorizer: Colorizer) -> None:
    before = stage_threads()
    reader = Reader(film(scene(0, 60)))
    stages = color_frames(reader.frames(), colorizer, reader.info.yuv, YUV420, radius=1)
    next(stages)
    stages.close()
    assert stage_threads() <= before
