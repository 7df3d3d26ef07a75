"""A film that is written in several goes is the film that is written in one."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vidcolor.errors import WriteError
from vidcolor.media import join as joining
from vidcolor.media import writer as writing
from vidcolor.media.picture import plane
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.streams import SideStreams
from vidcolor.media.work_folder import WorkFolder
from vidcolor.media.writer import Writer
from vidcolor.memory import Memory

resource = pytest.importorskip("resource", reason="limits as POSIX has them")

Make = Callable[..., Path]
UNEVEN = tuple(n * 40 + n % 3 * 7 for n in range(30))
EVEN = tuple(range(0, 1200, 40))
X265 = {"x265-params": "log-level=error:pools=1:frame-threads=1"}


class PowerCutError(Exception):
    """What stops the work in these tests."""


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LEAST", 4)
    monkeypatch.setattr(writing, "MOST", 10)


def write(
    source: Path,
    target: Path,
    stop: int | None = None,
    span: tuple[Fraction | None, Fraction | None] = (None, None),
    **wishes: Any,
) -> tuple[int, int]:
    """Write a film up to a frame; returns how much of it was done, before and after.

    Every seventh frame starts a shot.
    """
    reader = Reader(source)
    plan = plan_target(reader.info, target, **wishes)
    with Writer(plan, reader.info, *span, {}, resume=True) as writer:
        frames = enumerate(reader.frames(*span))
        for number, frame in islice(frames, writer.done, None):
            if number == stop:
                raise PowerCutError
            cb, cr = chroma(plan.yuv.chroma_shape(*frame.luma.shape), number)
            writer.write(frame, cb, cr, starts_shot=number % 7 == 0)
            assert not target.exists()
    return writer.done, writer.frames


def chroma(shape: tuple[int, int], number: int) -> Iterator[Any]:
    for index in (1, 2):
        yield np.full(shape, (number * 7 * index) % 200 + 20, np.uint8)


def content(path: Path) -> list[tuple[Fraction, list[bytes]]]:
    return [
        (frame.seconds, [plane(frame.picture, n).tobytes() for n in range(3)])
        for frame in Reader(path).frames()
    ]


def packets(path: Path, kind: str) -> list[tuple[Any, ...]]:
    with av.open(str(path)) as container:
        return [
            (packet.pts, packet.duration, bytes(packet))
            for packet in container.demux()
            if packet.stream.type == kind and packet.size
        ]


@pytest.mark.parametrize(
    ("name", "wishes"),
    [
        ("out.mkv", {"codec": "ffv1"}),
        ("out.mkv", {"codec": "h264"}),
        ("out.mp4", {"codec": "h264"}),
        ("out.ts", {"codec": "h264"}),
        ("out.mov", {"codec": "prores"}),
        ("out.mp4", {"codec": "hevc", "options": X265}),
        ("out.webm", {"codec": "vp9"}),
        ("out.mp4", {"codec": "av1"}),
        ("out.avi", {"codec": "mpeg4"}),
        ("out.mkv", {"codec": "mpeg2video", "options": {"bf": "2"}}),
    ],
)
@pytest.mark.parametrize("times", [EVEN, UNEVEN], ids=["even", "uneven"])
def test_stops_do_not_show(
    make_film: Make, name: str, wishes: dict[str, Any], times: tuple[int, ...]
) -> None:
    source = make_film(times=times, sound="aac" if name != "out.webm" else "libopus")
    if wishes["codec"] in ("mpeg4", "mpeg2video") and times is UNEVEN:
        pytest.skip("counts time in whole frames")
    whole, often = source.with_name(f"whole-{name}"), source.with_name(name)
    write(source, whole, **wishes)
    for stop in (3, 12, 13, 25):
        with pytest.raises(PowerCutError):
            write(source, often, stop, **wishes)
    assert write(source, often, **wishes) == (21, 30)
    assert content(often) == content(whole)
    assert [p[:2] for p in packets(often, "video")] == [
        p[:2] for p in packets(whole, "video")
    ]
    assert packets(often, "audio") == packets(whole, "audio")
    assert set(source.parent.iterdir()) == {source, whole, often}


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1", "av1"])
def test_packets_are_in_order_and_at_their_times(
    make_film: Make, name: str, codec: str
) -> None:
    if (name, codec) in (("out.mov", "ffv1"), ("out.mov", "av1")):
        pytest.skip("not in this container")
    source = make_film(times=UNEVEN)
    target = source.with_name(name)
    write(source, target, codec=codec, options=X265 if codec == "hevc" else {})
    with av.open(str(target)) as container:
        made = [p for p in container.demux(video=0) if p.size]
        tick = made[0].time_base
        # Matroska stores no decoding times: the first ones may be unknown.
        assert all(a.dts < b.dts for a, b in pairwise(made) if a.dts is not None)
        assert all(p.dts <= p.pts for p in made if p.dts is not None)
        times = sorted(p.pts * tick for p in made)
    wanted = [Fraction(time, 1000) for time in UNEVEN]
    assert max(abs(a - b) for a, b in zip(times, wanted, strict=True)) <= Fraction(
        1, 2000
    )


def test_a_part_is_gone_on_with_too(make_film: Make) -> None:
    source = make_film(times=UNEVEN, sound="aac", captions=((100, 500, "words"),))
    span = Fraction(1, 5), Fraction(1)
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    write(source, whole, span=span)
    with pytest.raises(PowerCutError):
        write(source, often, 15, span)
    write(source, often, span=span)
    assert content(often) == content(whole)
    assert packets(often, "subtitle") == packets(whole, "subtitle")


def test_other_streams_keep_step_with_a_part(
    make_film: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a part of a long film has all its sound behind its pictures."""
    source = make_film(times=EVEN, sound="flac")
    span = Fraction(2, 5), Fraction(1)
    asked: list[Fraction] = []
    pump = SideStreams.pump

    def note(side: SideStreams, target: Any, until: Fraction | None) -> None:
        asked.extend([] if until is None else [until])
        pump(side, target, until)

    monkeypatch.setattr(SideStreams, "pump", note)
    write(source, source.with_name("out.mkv"), span=span, codec="ffv1")
    assert asked == [Fraction(time, 1000) for time in EVEN if 400 <= time < 1000]


def test_transparency_comes_through(make_film: Make) -> None:
    source = make_film(times=EVEN, pix_fmt="yuva420p", codec="ffv1")
    target = source.with_name("out.webm")
    write(source, target, codec="libvpx-vp9")
    with av.open(str(target)) as container:
        video = [p for p in container.demux(video=0) if p.size]
    assert all(p.has_sidedata("matroska_block_additional") for p in video)


def test_a_shot_ends_a_segment_and_a_long_one_is_cut_where_a_memory_is(
    make_film: Make,
) -> None:
    source = make_film(times=EVEN)
    reader = Reader(source)
    plan = plan_target(reader.info, source.with_name("out.mkv"))
    lengths = []
    with Writer(plan, reader.info, settings={}) as writer:
        for number, frame in enumerate(reader.frames()):
            planes = chroma(plan.yuv.chroma_shape(*frame.luma.shape), number)
            memory = Memory(number - 9) if number in (10, 18, 28) else None
            writer.write(frame, *planes, number in (0, 2, 6, 9), memory)
        lengths = [segment.frames for segment in writer._work.segments]
    # 2 and 9 come too soon for a new segment, and the last shot is too long for one.
    assert lengths == [6, 12, 10]


def encoders() -> int:
    streams = [o for o in gc.get_objects() if type(o) is av.VideoStream]
    return sum(stream.codec_context.is_encoder for stream in streams)


def test_the_encoders_of_finished_segments_are_let_go(make_film: Make) -> None:
    """Else hundreds of megabytes wait until Python tidies up."""
    source = make_film(times=EVEN)
    reader = Reader(source)
    plan = plan_target(reader.info, source.with_name("out.mkv"), codec="h264")
    gc.collect()
    before = encoders()
    gc.disable()
    try:
        with Writer(plan, reader.info) as writer:
            for number, frame in enumerate(reader.frames()):
                planes = chroma(plan.yuv.chroma_shape(*frame.luma.shape), number)
                writer.write(frame, *planes, starts_shot=number % 7 == 0)
                assert encoders() == before + 1
    finally:
        gc.enable()


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_damaged_segment_is_made_again(make_film: Make) -> None:
    source = make_film(times=EVEN)
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    write(source, whole)
    with pytest.raises(PowerCutError):
        write(source, often, 29)
    damage(often.with_name("often.mkv.vidcolor") / "000002.packets")
    assert write(source, often) == (7, 30)
    assert content(often) == content(whole)


def test_a_segment_that_is_damaged_meanwhile_is_told_and_made_again(
    make_film: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def join(work: WorkFolder, *rest: Any) -> list[str]:
        damage(work.file(work.segments[1]))
        return joining.join(work, *rest)

    source = make_film(times=EVEN)
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    write(source, whole)
    with monkeypatch.context() as patch:
        patch.setattr(writing, "join", join)
        with pytest.raises(WriteError, match=r"000002.*damaged") as error:
            write(source, often)
    assert "7 frames are kept" in error.value.__notes__[0]
    assert not often.exists()
    assert write(source, often) == (7, 30)
    assert content(often) == content(whole)


TWO = ["audio", "video"]


@pytest.mark.parametrize(
    ("kinds", "empty", "count", "length", "wrong"),
    [
        (TWO, [], 30, 1160, ""),
        (TWO, [], 31, 1160, "30 of 31 frames"),
        (TWO, [], 29, 1160, "30 of 29 frames"),
        (TWO, [], 30, 1200, r"1.160 s of 1.200 s"),
        (TWO, [], 30, 1120, r"1.160 s of 1.120 s"),
        (["video"], [], 30, 1160, "streams: audio, video, not video"),
        (["video"], ["audio"], 30, 1160, "streams: audio, video, not video"),
        ([*TWO, "subtitle"], [], 30, 1160, "not audio, video, subtitle"),
        ([*TWO, "subtitle"], ["audio"], 30, 1160, "not audio, video, subtitle"),
        ([*TWO, "subtitle"], ["subtitle"], 30, 1160, ""),
    ],
)
def test_a_film_that_is_not_what_it_must_be_is_not_kept(
    make_film: Make,
    kinds: list[str],
    empty: list[str],
    count: int,
    length: int,
    wrong: str,
) -> None:
    film = make_film(times=EVEN, sound="flac")
    plan = plan_target(Reader(film).info, film.with_name("out.mkv"))
    told: AbstractContextManager[object] = nullcontext()
    if wrong:
        told = pytest.raises(WriteError, match=f"is not kept: it has .*{wrong}")
    with told:
        joining._verify(film, plan, kinds, empty, count, Fraction(length, 1000))


@pytest.mark.parametrize("room", [10_000, 60_000])
def test_a_full_disk_loses_little(make_film: Make, room: int) -> None:
    """A limit on each file's size: the first stops a segment, the second the film."""
    source = make_film(times=EVEN)
    whole, often = source.with_name("whole.mkv"), source.with_name("often.mkv")
    write(source, whole, codec="ffv1")
    segment = 7 * min(len(packet[-1]) for packet in packets(whole, "video"))
    assert 10_000 < segment < 60_000 < whole.stat().st_size
    with pytest.raises(PowerCutError):
        write(source, often, 8, codec="ffv1")
    before = source.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        with pytest.raises(WriteError, match="too large") as error:
            write(source, often, codec="ffv1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "are kept" in error.value.__notes__[0]
    assert not often.exists()
    assert source.read_bytes() == before
    write(source, often, codec="ffv1")
    assert content(often) == content(whole)
    assert set(source.parent.iterdir()) == {source, whole, often}


@pytest.mark.parametrize(
    "change",
    [
        {"crf": 30},
        {"codec": "hevc"},
        {"preset": "fast"},
        {"options": {"bf": "1"}},
        {"span": (Fraction(0), None)},
        {"span": (None, Fraction(9))},
        {"touch": True},
    ],
    ids=str,
)
def test_work_with_other_settings_is_not_gone_on_with(
    make_film: Make, change: dict[str, Any]
) -> None:
    source = make_film(times=EVEN)
    target = source.with_name("out.mkv")
    with pytest.raises(PowerCutError):
        write(source, target, 20, codec="h264")
    if change.pop("touch", False):
        os.utime(source, ns=(0, 1))
    with pytest.raises(WriteError, match="--resume cannot go on"):
        write(source, target, **{"codec": "h264", **change})
    assert not target.exists()
