from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer, Predictions
from vidcolor.errors import OptionError, UsageError, VidcolorError
from vidcolor.events import Event, Finished, Progressed, Started
from vidcolor.media.picture import plane
from vidcolor.media.reader import Reader

Film = Callable[..., Path]
CLOCKWISE = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)  # x goes down, y to the left


class TopRed(Colorizer):
    """Red in the upper half, green in the lower."""

    def predict(self, lightness: Tensor) -> Predictions:
        rows = torch.linspace(1, -1, lightness.shape[1]).sign() * 60
        red = rows[:, None].expand_as(lightness)
        none = torch.zeros_like(red)
        return Predictions(torch.stack([red, none], dim=1), none)


class Nothing(Colorizer):
    def predict(self, lightness: Tensor) -> Predictions:
        raise OptionError("answered with numbers that are not finite")


def noise(count: int, height: int = 48, width: int = 64) -> list[NDArray[np.uint8]]:
    random = np.random.default_rng(0)
    one = random.integers(0, 256, (height, width), np.uint8)
    return [np.roll(one, n, axis=1) for n in range(count)]


def planes(path: Path) -> list[list[NDArray[Any]]]:
    return [
        [plane(frame.picture, index).copy() for index in range(3)]
        for frame in Reader(path).frames()
    ]


@pytest.fixture
def colorizer(weights: str) -> Colorizer:
    return Colorizer(weights, "cpu", 32)


@pytest.mark.parametrize("shape", [(48, 64), (37, 53), (2, 2), (16, 200)])
def test_a_film_keeps_its_luma_and_times_and_gets_colour(
    film: Film, colorizer: Colorizer, tmp_path: Path, shape: tuple[int, int]
) -> None:
    source, target = film(noise(6, *shape)), tmp_path / "colour.mkv"
    finished = colorize(source, target, model=colorizer, codec="ffv1")
    assert finished.frames == 6
    before, after = planes(source), planes(target)
    for (luma, *_), (kept, cb, cr) in zip(before, after, strict=True):
        assert np.array_equal(luma, kept)
        assert np.abs(cb.astype(int) - 128).max() + np.abs(cr.astype(int) - 128).max()
    times = [[f.seconds for f in Reader(p).frames()] for p in (source, target)]
    assert times[0] == times[1]


def test_a_film_of_one_frame(film: Film, colorizer: Colorizer, tmp_path: Path) -> None:
    target = tmp_path / "colour.mkv"
    assert colorize(film(noise(1)), target, model=colorizer, codec="ffv1").frames == 1
    assert len(planes(target)) == 1


def test_a_part_of_a_film(film: Film, colorizer: Colorizer, tmp_path: Path) -> None:
    source, target = film(noise(20)), tmp_path / "part.mkv"
    colorize(source, target, model=colorizer, codec="ffv1", start=0.2, end=0.4)
    whole, part = planes(source), planes(target)
    assert [p[0].tolist() for p in part] == [p[0].tolist() for p in whole[5:10]]


@pytest.mark.parametrize(
    "part", [(None, None), (0.2, None), (None, 0.4), (0.2, 0.4), (0.6, 9.0), (0.6, 0.8)]
)
def test_as_many_frames_are_announced_as_will_come(
    film: Film,
    colorizer: Colorizer,
    tmp_path: Path,
    part: tuple[float | None, float | None],
) -> None:
    events: list[Event] = []
    start, end = part
    finished = colorize(
        film(noise(20)),
        tmp_path / "part.mkv",
        model=colorizer,
        codec="ffv1",
        start=start,
        end=end,
        on_event=events.append,
    )
    assert isinstance(events[0], Started)
    assert events[0].frames == finished.frames


def test_a_turned_film_s_sky_is_where_people_see_it(
    film: Film, weights: str, tmp_path: Path
) -> None:
    source = film([np.full((48, 64), 128, np.uint8)], "turned.mkv", CLOCKWISE)
    target = tmp_path / "colour.mkv"
    colorize(source, target, model=TopRed(weights, "cpu", 64), codec="ffv1")
    ((_, _, cr),) = planes(target)
    # Turned clockwise, what is left in the file is on top.
    assert cr[:, :12].min() > 140
    assert cr[:, -12:].max() < 116


def test_an_error_leaves_no_file(film: Film, weights: str, tmp_path: Path) -> None:
    source, folder = film(noise(4)), tmp_path / "out"
    folder.mkdir()
    with pytest.raises(OptionError, match="not finite"):
        colorize(source, folder / "colour.mkv", model=Nothing(weights, "cpu", 32))
    assert list(folder.iterdir()) == []


def test_a_target_that_is_there_is_left_alone(
    film: Film, colorizer: Colorizer, tmp_path: Path
) -> None:
    target = tmp_path / "colour.mkv"
    target.write_text("precious")
    with pytest.raises(VidcolorError, match=r"colour\.mkv"):
        colorize(film(noise(2)), target, model=colorizer)
    assert target.read_text() == "precious"
    colorize(film(noise(2)), target, model=colorizer, overwrite=True)
    assert len(planes(target)) == 2


def test_events_tell_the_story(
    film: Film, colorizer: Colorizer, tmp_path: Path
) -> None:
    events: list[Event] = []
    source = film([*noise(3), *(255 - p.T[:48].repeat(2, 1)[:, :64] for p in noise(3))])
    finished = colorize(
        source, tmp_path / "colour.mkv", model=colorizer, on_event=events.append
    )
    first, *rest = events
    assert isinstance(first, Started)
    assert (first.source, first.target) == (source, finished.target)
    progress = [event for event in rest if isinstance(event, Progressed)]
    assert [event.frames for event in progress] == [1, 2, 3, 4, 5, 6]
    assert progress[0].shot == 1
    assert isinstance(finished, Finished)
    assert finished.shots == progress[-1].shot
    assert finished.sha256 == colorizer.model.sha256


def test_vividness_changes_the_colours_and_is_told(
    film: Film, weights: str, tmp_path: Path
) -> None:
    source = film(noise(1))
    options = {"model": weights, "device": "cpu", "size": 32}
    results = []
    for vividness in (0.0, 2.0):
        target = tmp_path / f"{vividness}.mkv"
        finished = colorize(source, target, vividness=vividness, **options)
        assert finished.settings.vividness == vividness
        results.append(planes(target)[0])
    (timid_y, *timid), (bold_y, *bold) = results
    np.testing.assert_array_equal(timid_y, bold_y)
    assert (
        np.abs(np.stack(bold) - 128.0).mean() > np.abs(np.stack(timid) - 128.0).mean()
    )


def test_a_time_before_0_is_refused(film: Film, colorizer: Colorizer) -> None:
    with pytest.raises(OptionError, match="0 s or more"):
        colorize(film(noise(1)), model=colorizer, start=Fraction(-1))


def test_fast_needs_smoothing(film: Film, tmp_path: Path, weights: str) -> None:
    with pytest.raises(OptionError, match="smooth"):
        colorize(film(noise(2)), tmp_path / "x.mkv", model=weights, fast=True, smooth=0)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_photo_keeps_its_luma(
    colorizer: Colorizer, tmp_path: Path, mode: str
) -> None:
    source, target = tmp_path / "photo.png", tmp_path / "colour.png"
    Image.fromarray(noise(1)[0]).convert(mode).save(source)
    finished = colorize(source, target, model=colorizer)
    assert finished.frames == 1
    result = np.asarray(Image.open(target)).astype(float)
    luma = result @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - noise(1)[0]).max() <= 0.5 + 255 * 2e-4
    assert result.std(axis=2).max() > 1


def test_a_photo_is_not_verified_and_that_is_said(
    colorizer: Colorizer, tmp_path: Path
) -> None:
    source = tmp_path / "photo.png"
    Image.fromarray(noise(1)[0]).save(source)
    finished = colorize(source, model=colorizer, verify=True)
    assert finished.verification is None
    assert finished.notes == ("not verified: it is a photo",)


def test_the_result_plays(film: Film, colorizer: Colorizer, tmp_path: Path) -> None:
    target = colorize(film(noise(3)), tmp_path / "c.mp4", model=colorizer).target
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 3
        assert container.streams.video[0].codec_context.name == "h264"


@pytest.mark.parametrize(
    "wishes",
    [
        *({"size": 8}, {"size": 10**6}, {"vividness": 9.0}, {"smooth": -1}),
        *({"start": float("nan")}, {"end": float("inf")}, {"start": 1e13}),
        *({"start": 3, "end": 1}, {"fast": True, "smooth": 0}, {"device": "xpu"}),
    ],
    ids=str,
)
def test_what_says_nothing_is_wrong_usage(
    film: Film, weights: str, wishes: dict[str, Any]
) -> None:
    source = film(noise(2))
    with pytest.raises(UsageError):
        colorize(source, model=weights, **wishes)
    assert list(source.parent.iterdir()) == [source]
