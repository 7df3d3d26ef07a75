import os
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from vidcolor.errors import VidcolorError, WriteError
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.work_folder import WorkFolder
from vidcolor.media.writer import Writer

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]
UNEVEN = (700, 740, 1000, 1001, 3000)


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


@pytest.mark.parametrize(
    "pix_fmt",
    [
        *("yuv420p", "yuv422p", "yuv444p", "yuv411p", "yuv410p", "yuv440p"),
        *("yuv420p9le", "yuv420p10le", "yuv422p12le", "yuv444p14le", "yuv420p16le"),
        *("gray", "gray10le", "gray16le", "yuva420p", "yuva444p10le"),
    ],
)
@pytest.mark.parametrize("width", [64, 45])
def test_lossless_results_have_the_luma_of_the_source(
    make_film: Make, color: Color, pix_fmt: str, width: int
) -> None:
    source = make_film(pix_fmt=pix_fmt, width=width, height=width - 8, times=(0, 40))
    made = plan(source)
    truth = color(made, source)
    result = list(Reader(made.path).frames())
    assert len(result) == len(truth)
    for frame, (_, luma) in zip(result, truth, strict=True):
        assert (frame.luma == luma).all()
    chroma = Reader(made.path).info.format
    assert chroma.has_chroma
    assert chroma.has_alpha == pix_fmt.startswith("yuva")


@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("h264", {"qp": "0"}),
        ("hevc", {"x265-params": "log-level=error:lossless=1"}),
        ("vp9", {"lossless": "1"}),
    ],
)
@pytest.mark.parametrize("full", [1, 2])
def test_other_codecs_are_lossless_on_request(
    make_film: Make, color: Color, codec: str, options: dict[str, str], full: int
) -> None:
    source = make_film(colors=(full, 1, 1, 1), times=(0, 40))
    made = plan(source, codec=codec, options=options)
    truth = color(made, source)
    result = Reader(made.path)
    for frame, (_, luma) in zip(result.frames(), truth, strict=True):
        assert (frame.luma == luma).all()
    assert result.info.color == made.color
    assert result.info.yuv.full_range is (full == 2)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "ffv1"])
def test_two_frames_are_a_film(make_film: Make, color: Color, codec: str) -> None:
    for times in ((0,), (0, 40)):
        source = make_film(times=times)
        made = plan(source, codec=codec, overwrite=True)
        color(made, source)
        assert len(list(Reader(made.path).frames())) == len(times)


@pytest.mark.parametrize("name", ["out.mkv", "out.mp4", "out.mov", "out.ts"])
def test_uneven_times_are_kept(make_film: Make, color: Color, name: str) -> None:
    source = make_film(times=UNEVEN, sound="aac", codec="libx264")
    made = plan(source, name)
    truth = color(made, source)
    times = [frame.seconds for frame in Reader(made.path).frames()]
    # MPEG-TS counts from 1/90000 s and cannot start before 0, which B-frames' decoding
    # times would: it then moves everything by the same.
    moved = times[0] - truth[0][0] if name == "out.ts" else 0
    wrong = [abs(a - moved - b) for a, (b, _) in zip(times, truth, strict=True)]
    assert max(wrong) <= Fraction(1, 2000)


@pytest.mark.parametrize(
    ("name", "codec"), [("out.avi", "ffv1"), ("out.mkv", "mpeg4"), ("out.avi", "mpeg4")]
)
def test_times_that_cannot_be_told_apart_are_refused_when_they_come(
    make_film: Make,
    color: Color,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    codec: str,
) -> None:
    source = make_film(times=[*range(0, 400, 40), *range(401, 440, 2)])
    monkeypatch.setattr("vidcolor.media.writer.join", lambda *_: pytest.fail("late"))
    with pytest.raises(WriteError, match="time"):
        color(plan(source, name, codec=codec), source)
    assert set(source.parent.iterdir()) == {source}


def test_nothing_has_the_target_s_name_before_the_end(make_film: Make) -> None:
    source = make_film()
    made = plan(source)
    reader = Reader(source)
    with Writer(made, reader.info) as writer:
        for frame in reader.frames():
            chroma = np.full(made.yuv.chroma_shape(48, 64), 128, np.uint8)
            writer.write(frame, chroma, chroma)
            assert not made.path.exists()
        (partial,) = set(source.parent.iterdir()) - {source}
        if os.name == "posix":
            assert stat.S_IMODE(partial.stat().st_mode) == 0o700
    assert set(source.parent.iterdir()) == {source, made.path}


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("frames", [0, 3])
def test_a_failure_leaves_nothing_behind(
    make_film: Make, error: type[BaseException], frames: int
) -> None:
    source = make_film(sound="aac")
    made = plan(source)
    made.path.write_bytes(b"precious")
    made = plan(source, overwrite=True)
    reader = Reader(source)
    chroma = np.full(made.yuv.chroma_shape(48, 64), 128, np.uint8)

    def fail() -> None:
        with Writer(made, reader.info) as writer:
            for _, frame in zip(range(frames), reader.frames(), strict=False):
                writer.write(frame, chroma, chroma)
            raise error

    with pytest.raises(error):
        fail()
    assert set(source.parent.iterdir()) == {source, made.path}
    assert made.path.read_bytes() == b"precious"


def test_a_film_without_frames_is_not_written(make_film: Make) -> None:
    source = make_film()
    made = plan(source)
    info = Reader(source).info
    with pytest.raises(WriteError, match="not one frame"), Writer(made, info):
        pass
    assert set(source.parent.iterdir()) == {source}


def test_a_target_that_appears_meanwhile_is_not_overwritten(
    make_film: Make, color: Color
) -> None:
    source = make_film()
    made = plan(source)
    made.path.write_bytes(b"precious")
    with pytest.raises(WriteError, match="there already"):
        color(made, source)
    assert made.path.read_bytes() == b"precious"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told_in_one_line(
    make_film: Make, color: Color, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_film(times=range(0, 2000, 40))
    made = plan(source)
    monkeypatch.setattr(WorkFolder, "part", Path("/dev/full"))
    with pytest.raises(WriteError, match="no space"):
        color(made, source)
    assert set(source.parent.iterdir()) == {source}


def test_a_folder_without_permission_is_told(make_film: Make, color: Color) -> None:
    source = make_film()
    shut = source.parent / "shut"
    shut.mkdir(mode=0o500)
    if os.access(shut, os.W_OK):
        pytest.skip("this user may write everywhere")
    with pytest.raises(VidcolorError, match="permission"):
        color(plan(source, "shut/out.mkv"), source)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg4", "vp9", "av1"])
def test_players_can_jump_to_every_shot(
    make_film: Make, codec: str, quick: bool
) -> None:
    shots, source = (0, 7, 18), make_film(times=range(0, 1000, 40))
    made = plan(source, codec=codec, quick=quick)
    reader = Reader(source)
    with Writer(made, reader.info, None, None, {}) as writer:
        for number, frame in enumerate(reader.frames()):
            rows, columns = made.yuv.chroma_shape(*frame.luma.shape)
            grey = np.full((rows, columns), 128, np.uint8)
            writer.write(frame, grey, grey, starts_shot=number in shots)
    with av.open(str(made.path)) as film:
        packets = [p for p in film.demux(video=0) if p.size]
    times = sorted(p.pts for p in packets)
    keys = {times.index(p.pts) for p in packets if p.is_keyframe}
    assert keys >= set(shots)
