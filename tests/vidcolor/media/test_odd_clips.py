"""Real odd files, which are not in the repository: what each demands of a tool."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from vidcolor.errors import ReadError
from vidcolor.media.info import FilmInfo
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader

CLIPS = Path(__file__).resolve().parents[4] / "shared" / "clips"
ODD = CLIPS / "odd"
REFUSED = {
    "zero_bytes.mp4": "empty",
    "not_a_video.mp4": "cannot be read",
    "truncated_no_moov.mp4": "cannot be read",
    "audio_only.mp4": "no video stream",
}
FRAMES = {  # where the frames of the file are not all meant to be shown, or damaged
    "editlist_bframes.mp4": 32,
    "truncated_moov_first.mp4": 39,
    "bytes_damaged_in_the_middle.mkv": 62,
    "interlaced_tff_mpeg2.ts": 30,
    "vfr_audio.mp4": 42,
    "one_frame.mp4": 1,
    "uhd_4096x2304_two_frames.mp4": 2,
    "animated.gif": 12,
    "gray8_ffv1_bw.mkv": 12,
}
DAMAGED = {"truncated_moov_first.mp4", "bytes_damaged_in_the_middle.mkv"}
NAMES = sorted(p.name for p in ODD.glob("*.*")) if ODD.is_dir() else []
FILMS = [name for name in NAMES if name not in REFUSED]
Color = Callable[..., list[tuple[Fraction, Any]]]

pytestmark = pytest.mark.skipif(not NAMES, reason="shared/clips/odd is not here")


def sound(path: Path) -> list[str]:
    """Return the hash of each audio stream's bytes."""
    with av.open(str(path)) as film:
        totals = {s.index: hashlib.sha256() for s in film.streams.audio}
        for packet in film.demux(*film.streams.audio) if totals else ():
            totals[packet.stream.index].update(bytes(packet))
    return [total.hexdigest() for total in totals.values()]


def side(info: FilmInfo) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return what is kept of the streams beside the film."""
    return [
        (s.kind, s.language.replace("und", ""), s.title, s.disposition)
        for s in info.streams
        if s.index != info.index
    ]


def colored(color: Color, name: str, target: Path, **wishes: Any) -> tuple[Plan, Any]:
    info = Reader(ODD / name).info
    plan = plan_target(info, target, **wishes)
    return plan, color(plan, ODD / name)


@pytest.mark.parametrize("name", [n for n in NAMES if n in REFUSED])
def test_what_is_no_film_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match=REFUSED[name]):
        Reader(ODD / name)


@pytest.mark.parametrize("name", FILMS)
def test_luma_times_and_sound_come_through_ffv1(
    name: str, tmp_path: Path, color: Color
) -> None:
    plan, truth = colored(color, name, tmp_path / "out.mkv", codec="ffv1")
    result = list(Reader(plan.path).frames())
    assert len(result) == len(truth) == FRAMES.get(name, len(truth))
    for frame, (time, luma) in zip(result, truth, strict=True):
        assert abs(frame.seconds - time) <= Fraction(1, 2000)
        assert (frame.luma == luma).all()
    assert sound(plan.path) == sound(ODD / name)


@pytest.mark.parametrize("name", FILMS)
def test_the_default_result_keeps_everything_else(
    name: str, tmp_path: Path, color: Color
) -> None:
    plan, truth = colored(color, name, tmp_path / name, explicit=False)
    before, after = Reader(ODD / name).info, Reader(plan.path).info
    times = [frame.seconds for frame in Reader(plan.path).frames()]
    assert all(abs(a - b) < 0.001 for a, (b, _) in zip(times, truth, strict=True))
    assert (after.width, after.height) == (before.width, before.height)
    assert (after.sar, str(after.scan)) == (before.sar, str(before.scan))
    assert after.display_matrix == before.display_matrix
    assert after.yuv.depth == before.yuv.depth
    assert after.color == plan.color
    assert side(after) == side(before)
    assert [c.title for c in after.chapters] == [c.title for c in before.chapters]
    for tag in ("title", "comment", "date", "creation_time", "timecode"):
        value = {k.lower(): v for k, v in before.metadata.items()}.get(tag)
        assert {k.lower(): v for k, v in after.metadata.items()}.get(tag) == value
    if plan.container.muxer != "mpegts":
        assert sound(plan.path) == sound(ODD / name)


@pytest.mark.parametrize("name", FILMS)
def test_damage_is_told_and_only_damage(name: str) -> None:
    reader = Reader(ODD / name)
    assert list(reader.frames())
    assert bool(reader.damage) is (name in DAMAGED)


def test_one_picture_stored_in_four_ways_is_described_in_four_ways() -> None:
    formats = [Reader(path).info.yuv for path in sorted(ODD.glob("same_picture_*.mp4"))]
    assert [(yuv.matrix.name, yuv.full_range) for yuv in formats] == [
        ("BT601", False),
        ("BT709", True),
        ("BT709", False),
        ("BT601", False),
    ]
