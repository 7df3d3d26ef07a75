"""Films that are one thing first and another later: found, told, never lost."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.coloring import colorize
from vidcolor.errors import OptionError
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span

SECOND = 25  # frames


def joined(
    folder: Path, *parts: dict[str, Any], name: str = "film.ts", step: int = 1
) -> Path:
    """Write parts of a second each into one file, each `step` seconds later."""
    film = folder / name
    for number, wishes in enumerate(parts):
        made = {"codec": "mpeg2video", "frames": SECOND, "seed": number, **wishes}
        part = make(folder / f"part{number}.ts", start=Fraction(number * step), **made)
        with film.open("ab") as out:
            out.write(part.read_bytes())
    return film


def plan(film: Path, start: Any = None, end: Any = None, **wishes: Any) -> Any:
    info = Reader(film, start).info
    span = Span.of(info, start, end)
    return plan_target(info, film.with_name("out.mkv"), span=span, **wishes)


@pytest.mark.parametrize("wide", [48, 96])
def test_a_change_of_size_is_found_before_the_work(tmp_path: Path, wide: int) -> None:
    film = joined(tmp_path, {}, {}, {"width": wide}, {"width": wide})
    with pytest.raises(OptionError, match=f"64x48 .* to {wide}x48 ") as told:
        plan(film)
    words = str(told.value).split()
    end, start = (float(words[words.index(o) + 1]) for o in ("--end", "--start"))
    assert 0.5 < end <= start < 3


NTSC = Fraction(30000, 1001)


def wider(film: Path, at: int, **wishes: Any) -> Path:
    """Write a film that is wider from a frame on, where there is a key frame."""
    folder, wishes = film.parent, {"rate": NTSC, **wishes}
    # Not from 0 on, or the muxer would move the first part, to decode it in time.
    start = Fraction(1)
    parts = [
        make(folder / "one.ts", frames=at, start=start, **wishes),
        make(folder / "two.ts", frames=90, start=start + at / NTSC, width=96, **wishes),
    ]
    stream = folder / "film.ts"
    stream.write_bytes(b"".join(part.read_bytes() for part in parts))
    if film != stream:
        with av.open(str(stream)) as source, av.open(str(film), "w") as target:
            video = source.streams.video[0]
            copy = target.add_stream_from_template(video, opaque=True)
            for packet in source.demux(video):
                if packet.size:
                    packet.stream = copy
                    target.mux(packet)
    return film


@pytest.mark.parametrize(
    ("codec", "lost"),
    [("libx264", 0), ("mpeg2video", 1)],  # MPEG-2's decoder loses the one before it
)
@pytest.mark.parametrize("options", [{"g": "150", "bf": "0"}, {"g": "15", "bf": "2"}])
@pytest.mark.parametrize("at", [99, 101, 110])
def test_the_parts_that_are_advised_are_all_of_the_film(
    tmp_path: Path, codec: str, lost: int, options: dict[str, str], at: int
) -> None:
    film = wider(tmp_path / "film.ts", at, codec=codec, options=options)
    with pytest.raises(OptionError, match="one by one") as told:
        plan(film)
    words = str(told.value).split()
    end, start = (Fraction(words[words.index(o) + 1]) for o in ("--end", "--start"))
    assert start == end
    last, first = (float(words[words.index(o) + 1]) for o in ("between", "and"))
    assert 0 < first - last < (1.5 + lost) / NTSC  # to the frame
    for begin, until, width, frames in (
        (None, end, 64, at - lost),
        (start, None, 96, 90),
    ):
        assert plan(film, begin, until).encoder == "libx264"
        reader = Reader(film, begin)
        shapes = [frame.luma.shape for frame in reader.frames(begin, until)]
        assert shapes == [(48, width)] * frames
        assert not reader.damage.refitted


@pytest.mark.parametrize("name", ["film.ts", "film.mkv"])
def test_a_part_is_what_its_first_frame_is(tmp_path: Path, name: str) -> None:
    film = wider(tmp_path / name, 100, options={"g": "150", "bf": "0"})
    begins = Reader(film).info.start
    times = [frame.seconds - begins for frame in Reader(film).frames()]
    between = (times[99] + times[100]) / 2
    for start in (times[70], times[99]):
        assert Reader(film, start).info.width == 64
        with pytest.raises(OptionError, match=r"64x48 .* to 96x48 "):
            plan(film, start)
    for start in (between, times[100], times[130], times[189], times[189] + 9):
        assert Reader(film, start).info.width == 96
        assert plan(film, start).encoder == "libx264"


def test_the_parts_before_and_after_a_change_can_be_coloured(tmp_path: Path) -> None:
    film = joined(tmp_path, {}, {}, {"width": 96}, {"width": 96})
    for start, end, width in ((None, Fraction(3, 2), 64), (Fraction(5, 2), None, 96)):
        assert plan(film, start, end).encoder == "libx264"
        reader = Reader(film, start)
        assert reader.info.width == width
        lumas = [frame.luma.copy() for frame in reader.frames(start, end)]
        assert not reader.damage.refitted
        assert {luma.shape for luma in lumas} == {(48, width)}


def test_a_change_that_was_not_found_loses_no_frame_and_is_told(
    tmp_path: Path,
) -> None:
    # MPEG-2's decoder would lose the last picture before a change.
    one, two = {"codec": "libx264"}, {"codec": "libx264", "width": 96, "height": 64}
    film = joined(tmp_path, one, two, one)
    reader = Reader(film)
    frames = list(reader.frames())
    assert len(frames) == 3 * SECOND
    assert {frame.luma.shape for frame in frames} == {(48, 64)}
    (line,) = [line for line in reader.damage.lines() if "96x64" in line]
    assert line.startswith(f"{SECOND} frames")


def test_a_change_of_the_chroma_grid_changes_nothing(tmp_path: Path) -> None:
    film = joined(
        tmp_path,
        {"codec": "libx264", "options": {"qp": "0"}},
        {"codec": "libx264", "pix_fmt": "yuv422p", "options": {"qp": "0"}},
    )
    reader = Reader(film)
    frames = list(reader.frames())
    assert {frame.picture.format.name for frame in frames} == {"yuv420p"}
    assert not reader.damage.refitted
    alone = list(Reader(tmp_path / "part1.ts").frames())
    for frame, truth in zip(frames[-10:], alone[-10:], strict=True):
        assert np.array_equal(frame.luma, truth.luma)
    assert plan(film)


@pytest.mark.parametrize("first", ["yuv420p", "yuvj420p"])
def test_a_change_of_range_leaves_the_light_as_it_was(
    tmp_path: Path, first: str
) -> None:
    other = {"yuv420p": "yuvj420p", "yuvj420p": "yuv420p"}[first]
    parts = [
        {
            "codec": "libx264",
            "pix_fmt": pix_fmt,
            "colors": (2 if pix_fmt == "yuvj420p" else 1, 1, 1, 1),
            "options": {"qp": "0"},
        }
        for pix_fmt in (first, other)
    ]
    film = joined(tmp_path, *parts)
    reader = Reader(film)
    frames = list(reader.frames())
    assert reader.damage.refitted == SECOND
    alone = Reader(tmp_path / "part1.ts")
    here, there = reader.info.yuv, alone.info.yuv
    assert here.full_range is not there.full_range
    for frame, truth in zip(frames[-SECOND:], alone.frames(), strict=True):
        light = (frame.luma.astype(float) - here.black) / here.luma_span
        true = (truth.luma.astype(float) - there.black) / there.luma_span
        true = true.clip(0, 1) if here.full_range else true
        assert np.abs(light - true).max() < 1.5 / 219
    assert plan(film)


def test_a_change_of_the_samples_shape_is_foretold(tmp_path: Path) -> None:
    film = joined(tmp_path, *[{"sar": Fraction(n, 3)} for n in (3, 3, 4, 4)])
    assert any("from 1 to 4/3" in note for note in plan(film).notes)
    assert not any("4/3" in note for note in plan(film, end=Fraction(1)).notes)


def test_a_second_program_is_named_before_it_is_left_out(tmp_path: Path) -> None:
    one = {"sides": [Side("mp2")], "muxing": {"mpegts_start_pid": "256"}}
    two = {"sides": [Side("mp2")], "muxing": {"mpegts_start_pid": "512"}}
    film = joined(tmp_path, one, two)
    notes = plan(film).notes
    assert any(note.startswith("video") and "left out" in note for note in notes)
    assert any(note.startswith("audio") and "left out" in note for note in notes)


def test_recordings_joined_end_to_end_lose_no_frame(tmp_path: Path) -> None:
    # Each begins at 0 again, and MPEG-TS takes the seam for damage.
    film = joined(tmp_path, *[{"frames": 3 * SECOND}] * 3, step=0)
    reader = Reader(film)
    times = [frame.seconds for frame in reader.frames()]
    assert len(times) == 9 * SECOND
    assert times == sorted(set(times))
    assert times[-1] - times[0] < 10
    assert any("starts anew in 2 places" in line for line in reader.damage.lines())


@pytest.mark.parametrize("later", [-80_000, 0])  # seconds; before, and anew
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_joined_recordings_stay_in_step(
    tmp_path: Path, weights: str, later: int, suffix: str
) -> None:
    # The first one's sound ends long before its picture does.
    start = Fraction(90_000)
    parts = [
        {"sides": [Side("mp2", seconds=0.4)], "frames": 2 * SECOND, "start": start},
        {"sides": [Side("mp2", seconds=0.8)], "frames": SECOND, "start": start + later},
    ]
    film = tmp_path / "film.ts"
    for number, wishes in enumerate(parts):
        part = make(tmp_path / f"part{number}.ts", codec="mpeg2video", **wishes)
        with film.open("ab") as out:
            out.write(part.read_bytes())
    target = tmp_path / f"out.{suffix}"
    colorize(film, target, model=weights, size=32)
    sound, pictures = times(target, "audio"), times(target, "video")
    second_sound, second_pictures = (
        times(tmp_path / "part1.ts", kind) for kind in ("audio", "video")
    )
    assert len(pictures) == 3 * SECOND
    count = len(second_sound)
    moved = pictures[2 * SECOND] - second_pictures[0]
    assert abs(pictures[2 * SECOND] - pictures[0] - 2) < 0.01
    for time, before in zip(sound[-count:], second_sound, strict=True):
        assert abs(time - before - moved) < 0.01


def times(film: Path, kind: str) -> list[float]:
    with av.open(str(film)) as container:
        stream = container.streams.get({kind: 0})[0]  # type: ignore[arg-type]
        packets = [p for p in container.demux(stream) if p.size]
        return sorted(float((p.pts or 0) * p.time_base) for p in packets)
