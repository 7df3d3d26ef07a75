"""Work that is stopped and gone on with gives what undisturbed work gives."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from tests.vidcolor.media.made import TICK, make
from vidcolor import cli
from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer, Predictions
from vidcolor.errors import DoneError, WriteError
from vidcolor.events import Event, Progressed, Started
from vidcolor.media import writer as writing
from vidcolor.media.picture import plane
from vidcolor.media.reader import Reader
from vidcolor.media.work_folder import WorkFolder
from vidcolor.preview import write_sample
from vidcolor.upsample import shrink

Film = Callable[..., Path]
ODD = Path(__file__).parents[3] / "shared" / "clips" / "odd"
# Short segments, and last frames so slow that a test's signal comes before the end.
HELD = """
import time
from vidcolor.media import writer

write = writer.Writer.write

def held(self, *frame, **rest):
    write(self, *frame, **rest)
    time.sleep(0.01 if self.frames < 30 else 1)

writer.LEAST, writer.MOST, writer.Writer.write = 4, 12, held
from vidcolor.cli import main
main()
"""


class Watched(Colorizer):
    """Answers by what it is asked together, and remembers it."""

    def __init__(self, weights: str) -> None:
        super().__init__(weights, "cpu", 32)
        self.batch = 3
        self.asked: list[Tensor] = []

    def predict(self, lightness: Tensor) -> Predictions:
        self.asked.append(lightness)
        small = shrink(lightness, 8, 8) - lightness.mean()
        ab = torch.stack([small, small.roll(1, 2)], dim=1)
        return Predictions(ab, small.abs())


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LEAST", 4)
    monkeypatch.setattr(writing, "MOST", 12)


@pytest.fixture
def source(film: Film) -> Path:
    """Forty frames in shots of 5, 3, 20 and 12."""
    return film(shots(5, 3, 20, 12))


def shots(*lengths: int) -> list[NDArray[np.uint8]]:
    """Return luma of scenes that move, so many frames of each."""
    planes: list[NDArray[np.uint8]] = []
    for seed, count in enumerate(lengths):
        small = np.random.default_rng(seed).integers(40, 215, (6, 8), np.uint8)
        wide = small.repeat(8, axis=0).repeat(8, axis=1)
        planes += [np.roll(wide, n, axis=1) for n in range(count)]
    return planes


def stop_after(frames: int) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        if isinstance(event, Progressed) and event.frames == frames:
            raise KeyboardInterrupt

    return tell


def stopped(source: Path, weights: str, frames: int) -> tuple[Watched, Path, Path]:
    """Colour a film once whole, and once until so many frames are done."""
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    colorizer = Watched(weights)
    colorize(source, whole, model=colorizer)
    with pytest.raises(KeyboardInterrupt):
        colorize(source, often, model=colorizer, on_event=stop_after(frames))
    return colorizer, whole, often


def content(path: Path) -> list[tuple[Any, ...]]:
    return [
        (frame.seconds, *(plane(frame.picture, n).tobytes() for n in range(3)))
        for frame in Reader(path).frames()
    ]


@pytest.mark.parametrize(
    "wishes",
    [
        *({}, {"smooth": 0}, {"fast": True}),
        *({"start": 0.3}, {"end": 1.3}, {"start": 0.3, "end": 1.3}),
    ],
    ids=str,
)
def test_stops_do_not_show(source: Path, weights: str, wishes: dict[str, Any]) -> None:
    colorizer = Watched(weights)
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    undisturbed = colorize(source, whole, model=colorizer, **wishes)
    again = partial(colorize, source, often, model=colorizer, resume=True, **wishes)
    for stop in (3, 15, 22):
        with pytest.raises(KeyboardInterrupt):
            again(on_event=stop_after(stop))
        assert not often.exists()
    events: list[Event] = []
    finished = again(on_event=events.append)
    assert isinstance(events[0], Started)
    assert 0 < events[0].done == finished.done < 22
    progress = [event for event in events if isinstance(event, Progressed)]
    numbers = [*range(finished.done + 1, undisturbed.frames + 1)]
    assert [event.frames for event in progress] == numbers
    assert finished.shots == progress[-1].shot == undisturbed.shots
    assert content(often) == content(whole)
    assert set(source.parent.iterdir()) == {source, whole, often}


@pytest.mark.parametrize("seed", range(6))
def test_stops_anywhere_do_not_show(
    film: Film, weights: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    lengths = [*(chance.randint(1, 8) for _ in range(chance.randint(0, 3))), 25]
    chance.shuffle(lengths)
    source = film(shots(*lengths))
    monkeypatch.setattr(writing, "LEAST", chance.randint(1, 5))
    monkeypatch.setattr(writing, "MOST", chance.randint(5, 9))
    wishes = chance.choice([{}, {"smooth": 0}, {"smooth": 2}, {"fast": True}])
    colorizer = Watched(weights)
    colorizer.batch = chance.choice([1, 2])
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    colorize(source, whole, model=colorizer, **wishes)
    again = partial(colorize, source, often, model=colorizer, resume=True, **wishes)
    for stop in sorted(chance.sample(range(1, sum(lengths)), 3)):
        with pytest.raises(KeyboardInterrupt):
            again(on_event=stop_after(stop))
    again()
    assert content(often) == content(whole)


@pytest.mark.parametrize("fast", [False, True])
def test_the_network_is_not_asked_again_about_frames_that_are_done(
    source: Path, weights: str, fast: bool
) -> None:
    target = source.with_name("out.mkv")
    first, second, whole = (Watched(weights) for _ in range(3))
    for colorizer in (first, second, whole):
        colorizer.batch = 1 if fast else 3
    colorize(source, target.with_name("whole.mkv"), model=whole, fast=fast)
    with pytest.raises(KeyboardInterrupt):
        colorize(source, target, model=first, fast=fast, on_event=stop_after(26))
    finished = colorize(source, target, model=second, resume=True, fast=fast)
    # The third shot begins at 8. It is cut after 12 frames of the segment that began
    # at 5, where the network is asked next: every twelfth frame, about three of these
    # twelve, or about one. 8 frames of the shot are left, and 12 of the next.
    assert finished.done == 20
    assert sum(len(batch) for batch in second.asked) == (1 + 1 if fast else 2 + 3)
    for batch, before in zip(second.asked[::-1], whole.asked[::-1], strict=False):
        assert torch.equal(batch, before)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [Path.unlink, cut, change])
def test_a_shot_whose_memory_is_damaged_is_coloured_again(
    source: Path, weights: str, damage: Callable[[Path], None]
) -> None:
    colorizer, whole, often = stopped(source, weights, 26)
    (memory,) = often.with_name("often.mkv.vidcolor").glob("*.memory")
    damage(memory)
    colorizer.asked.clear()
    finished = colorize(source, often, model=colorizer, resume=True)
    assert finished.done == 20
    assert sum(len(batch) for batch in colorizer.asked) == (20 + 12) // 4
    assert content(often) == content(whole)


@pytest.mark.parametrize("damage", [Path.unlink, cut, change])
@pytest.mark.parametrize(("number", "done"), [(1, 0), (2, 5)])
def test_work_goes_on_before_a_segment_that_is_damaged(
    source: Path,
    weights: str,
    damage: Callable[[Path], None],
    number: int,
    done: int,
) -> None:
    colorizer, whole, often = stopped(source, weights, 30)
    damage(often.with_name("often.mkv.vidcolor") / f"{number:06}.packets")
    finished = colorize(source, often, model=colorizer, resume=True)
    assert finished.done == done
    assert content(often) == content(whole)


@pytest.mark.parametrize(("number", "kept"), [(1, 0), (2, 5)])
def test_what_is_not_there_any_more_is_not_said_to_be_kept(
    source: Path, weights: str, number: int, kept: int
) -> None:
    target = source.with_name("out.mkv")

    def lose(event: Event) -> None:
        if isinstance(event, Progressed) and event.frames == 30:
            folder = target.with_name("out.mkv.vidcolor")
            (folder / f"{number:06}.packets").unlink()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        colorize(source, target, model=Watched(weights), on_event=lose)
    notes = getattr(stopped.value, "__notes__", [])
    assert [note.split()[0] for note in notes] == [str(kept)] * bool(kept)


def test_a_start_is_told_from_the_next_frame_s_however_late(
    tmp_path: Path, weights: str
) -> None:
    late = range(10_000_000, 10_001_000, 40)  # milliseconds: a long film's end
    source = make(
        tmp_path / "film.mkv", codec="ffv1", tick=TICK, times=[0, *late], frames=0
    )
    again = partial(
        colorize, source, tmp_path / "out.mkv", model=Watched(weights), resume=True
    )
    again(start=10000.2)
    with pytest.raises(DoneError):
        again(start=10000.2)
    with pytest.raises(WriteError, match="--overwrite replaces it"):
        again(start=10000.24)


@pytest.mark.parametrize("batch", [3, 5, 16])
@pytest.mark.parametrize("fast", [False, True])
def test_stops_do_not_show_whatever_is_asked_together(
    film: Film, weights: str, batch: int, fast: bool
) -> None:
    source = film(shots(90))
    colorizer = Watched(weights)
    colorizer.batch = batch
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    colorize(source, whole, model=colorizer, fast=fast)
    again = partial(colorize, source, often, model=colorizer, fast=fast, resume=True)
    for stop in (45, 80):
        with pytest.raises(KeyboardInterrupt):
            again(on_event=stop_after(stop))
    assert again().done > 30
    assert content(often) == content(whole)


def test_work_goes_on_where_a_gpu_had_too_little_memory(
    source: Path, weights: str
) -> None:
    """The colours are others, but they fit: the network's answers keep their size."""
    target = source.with_name("out.mkv")
    first, second = Colorizer(weights, "cpu", 64), Colorizer(weights, "cpu", 64)
    first._coarser = 2
    with pytest.raises(KeyboardInterrupt):
        colorize(source, target, model=first, on_event=stop_after(26))
    assert colorize(source, target, model=second, resume=True).frames == 40


@pytest.mark.skipif(not ODD.is_dir(), reason="the clips are not beside this checkout")
@pytest.mark.parametrize(
    "name",
    ["interlaced_tff_mpeg2.ts", "rotate90_displaymatrix.mp4", "vfr_audio.mp4"],
)
def test_stops_do_not_show_in_odd_films(
    tmp_path: Path, weights: str, name: str
) -> None:
    colorizer = Watched(weights)
    whole, often = tmp_path / "whole.mkv", tmp_path / "often.mkv"
    again = partial(colorize, ODD / name, model=colorizer, end=1.5)
    again(whole)
    with pytest.raises(KeyboardInterrupt):
        again(often, on_event=stop_after(20))
    assert again(often, resume=True).done >= 12
    assert content(often) == content(whole)


def test_a_film_that_only_had_to_be_joined_is_not_coloured_again(
    source: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    colorize(source, whole, model=Watched(weights))
    with monkeypatch.context() as patch:
        patch.setattr(writing, "join", full)
        with pytest.raises(WriteError, match="no space"):
            colorize(source, often, model=Watched(weights))
    colorizer = Watched(weights)
    finished = colorize(source, often, model=colorizer, resume=True)
    assert (finished.done, finished.frames) == (40, 40)
    assert colorizer.asked == []
    assert content(often) == content(whole)


def test_a_film_that_is_done_is_known_by_its_job(source: Path, weights: str) -> None:
    target = source.with_name("out.mkv")
    options: dict[str, Any] = {"model": Watched(weights), "resume": True}
    colorize(source, target, **options, end=1)
    before = target.read_bytes()
    with pytest.raises(DoneError, match="done already"):
        colorize(source, target, **options, end=1)
    for others in ({}, {"end": 1, "smooth": 2}, {"end": 1, "resume": False}):
        with pytest.raises(WriteError, match="--overwrite replaces it"):
            colorize(source, target, **options | others)
    os.utime(source, ns=(0, 1))
    with pytest.raises(WriteError, match="--overwrite replaces it"):
        colorize(source, target, **options, end=1)
    assert target.read_bytes() == before
    assert colorize(source, target, **options, end=1, overwrite=True).frames == 25


def test_a_film_that_got_its_name_just_before_the_power_went_is_done(
    source: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, folder = source.with_name("out.mkv"), source.with_name("out.mkv.vidcolor")
    options: dict[str, Any] = {"model": Watched(weights), "resume": True}
    with monkeypatch.context() as patch:
        patch.setattr(WorkFolder, "_clear", lambda *_, **__: None)
        colorize(source, target, **options)
    assert folder.exists()
    with pytest.raises(DoneError):
        colorize(source, target, **options)
    assert set(source.parent.iterdir()) == {source, target}


def test_a_resumed_job_that_was_never_begun_just_begins(
    source: Path, weights: str
) -> None:
    target = source.with_name("out.mkv")
    finished = colorize(
        source, target, model=weights, size=32, device="cpu", resume=True
    )
    assert (finished.frames, finished.done) == (40, 0)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("size", 64, "--size 32, now 64"),
        ("smooth", 2, "--smooth 16, now 2"),
        ("fast", True, "--fast off, now on"),
        ("vividness", 0.5, "--vividness 1, now 0.5"),
        ("start", 0.1, "--start none, now 0.1 s"),
        ("end", 1.5, "--end none, now 1.5 s"),
        ("codec", "h264", "encoder libx265, now libx264"),
        ("crf", 30, "crf=30"),
    ],
)
def test_work_with_other_settings_is_refused_in_words(
    source: Path, weights: str, name: str, value: Any, said: str
) -> None:
    target = source.with_name("out.mkv")
    options: dict[str, Any] = {"model": weights, "device": "cpu", "size": 32}
    options["codec"] = "hevc"
    with pytest.raises(KeyboardInterrupt):
        colorize(source, target, **options, on_event=stop_after(24))
    with pytest.raises(WriteError, match=f"begun with .*{said}"):
        colorize(source, target, **options | {name: value}, resume=True)


def test_work_with_another_model_is_refused(
    source: Path, weights: str, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    other = load_file(weights)
    other["bins"] = other["bins"] + torch.ones(2)
    save_file(other, tmp_path / "other.safetensors")
    options: dict[str, Any] = {"device": "cpu", "size": 32}
    target = source.with_name("out.mkv")
    with pytest.raises(KeyboardInterrupt):
        colorize(source, target, model=weights, **options, on_event=stop_after(24))
    with pytest.raises(WriteError, match="another model"):
        colorize(
            *(source, target),
            model=str(tmp_path / "other.safetensors"),
            resume=True,
            **options,
        )


def test_a_sample_keeps_nothing(source: Path, weights: str) -> None:
    colorizer = Colorizer(weights, "cpu", 32)
    target = source.with_name("sample.mkv")
    with pytest.raises(KeyboardInterrupt) as error:
        write_sample(source, target, colorizer, 2, on_event=stop_after(24))  # type: ignore[arg-type]
    assert not hasattr(error.value, "__notes__")
    assert list(source.parent.iterdir()) == [source]


def start(source: Path, *options: object) -> "subprocess.Popen[bytes]":
    """Start `vidcolor colorize` in a process of its own, which ends late."""
    command = [sys.executable, "-c", HELD, "colorize", source, "--size", 64, *options]
    return subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE)


def wait_for_segments(count: int, folder: Path, job: "subprocess.Popen[bytes]") -> None:
    manifest = folder / "manifest.jsonl"
    while not manifest.exists() or manifest.read_bytes().count(b"\n") <= count:
        assert job.poll() is None, job.communicate()
        time.sleep(0.01)


@pytest.fixture
def noise(film: Film) -> Path:
    """Forty frames of noise."""
    rng = np.random.default_rng(0)
    return film(rng.integers(0, 255, (40, 128, 256), np.uint8))


def test_a_killed_job_is_gone_on_with(noise: Path, weights: str) -> None:
    whole, often = noise.with_name("whole.mkv"), noise.with_name("often.mkv")
    chance = random.Random(0)
    for segments in (0, 1):
        job = start(noise, "-o", often, "--model", weights, "--resume", "--quiet")
        wait_for_segments(segments, often.with_name("often.mkv.vidcolor"), job)
        time.sleep(chance.uniform(0, 0.2))
        job.kill()
        job.communicate()
        assert not often.exists()
    options: dict[str, Any] = {"model": weights, "size": 64}
    assert colorize(noise, often, resume=True, **options).done >= 12
    colorize(noise, whole, **options)
    assert content(often) == content(whole)
    assert set(noise.parent.iterdir()) == {noise, whole, often}


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_stopped_job_says_how_to_go_on(noise: Path, weights: str) -> None:
    target = noise.with_name("film.color.mkv")
    folder = target.with_name("film.color.mkv.vidcolor")
    job = start(noise, "--model", weights)
    wait_for_segments(1, folder, job)
    job.send_signal(signal.SIGINT)
    _, err = job.communicate(timeout=60)
    assert job.returncode == cli.INTERRUPTED
    assert b"Traceback" not in err
    assert set(noise.parent.iterdir()) == {noise, folder}
    assert not (folder / "segment.part").exists()
    last = err.decode().strip().splitlines()[-1]
    assert last.startswith("interrupted: ")
    assert "frames are kept" in last
    assert str(folder) in last
    assert "--resume" in last


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_second_signal_does_not_wait_and_does_no_harm(
    noise: Path, weights: str
) -> None:
    target = noise.with_name("film.color.mkv")
    job = start(noise, "--model", weights)
    wait_for_segments(1, target.with_name("film.color.mkv.vidcolor"), job)
    job.send_signal(signal.SIGTERM)
    time.sleep(0.02)
    job.send_signal(signal.SIGTERM)
    _, err = job.communicate(timeout=60)
    assert job.returncode == cli.INTERRUPTED, err
    assert b"Traceback" not in err
    assert not target.exists()
    assert colorize(noise, target, model=weights, size=64, resume=True).done >= 12
