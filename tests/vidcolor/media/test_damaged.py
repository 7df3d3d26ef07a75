"""Damaged spots, in every kind of film: what is left comes out, and is told."""

import hashlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.errors import ReadError
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer

Color = Callable[..., list[tuple[Fraction, Any]]]
SHORT = {"g": "10"}
QUIET = "log-level=none:keyint=10"
MP2, PCM = [Side("mp2")], [Side("pcm_s16le")]
FILMS: dict[str, dict[str, Any]] = {
    "h264.mkv": {"options": SHORT, "sides": [Side("aac")]},
    "h264.mp4": {"options": SHORT, "sides": [Side("aac")]},
    "h264.ts": {"options": SHORT, "sides": MP2},
    "hevc.mkv": {"codec": "libx265", "options": {"x265-params": QUIET}},
    "mpeg1.mpg": {"codec": "mpeg1video", "sides": MP2},
    "mpeg2.ts": {"codec": "mpeg2video", "sides": MP2},
    "mpeg4.avi": {"codec": "mpeg4", "sides": [Side("libmp3lame")]},
    "vp9.webm": {"codec": "libvpx-vp9", "options": SHORT},
    "ffv1.mkv": {"codec": "ffv1", "options": {"level": "3", "slicecrc": "1", "g": "1"}},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "sides": PCM},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p", "sides": PCM},
    "huffyuv.avi": {"codec": "huffyuv", "pix_fmt": "yuv422p", "sides": PCM},
    "png.mov": {"codec": "png", "pix_fmt": "rgb24"},
    "wmv2.wmv": {"codec": "wmv2"},
}


def spoiled(path: Path, place: float, seed: int, size: int = 200) -> Path:
    """Put noise over a few bytes of a file."""
    raw = bytearray(path.read_bytes())
    at = int(len(raw) * place)
    raw[at : at + size] = np.random.default_rng(seed).bytes(size)
    path.write_bytes(raw)
    return path


def sounds(path: Path) -> set[str]:
    with av.open(str(path)) as film:
        packets = film.demux(*film.streams.audio) if film.streams.audio else ()
        return {hashlib.sha256(bytes(p)).hexdigest() for p in packets if p.size}


@pytest.mark.parametrize("place", [0.3, 0.5, 0.7])
@pytest.mark.parametrize("name", FILMS)
def test_what_is_left_of_a_film_keeps_its_time_and_its_sound(
    name: str, place: float, tmp_path: Path, color: Color
) -> None:
    whole = make(tmp_path / name, **{"frames": 30, **FILMS[name]})
    times = [frame.seconds for frame in Reader(whole).frames()]
    film = spoiled(whole, place, seed=round(place * 10))
    reader = Reader(film)
    found = [frame.seconds for frame in reader.frames()]
    assert found == sorted(found)
    assert len(found) >= len(times) - 12
    assert set(found) <= set(times) | {t for t in found if reader.damage.retimed}
    made = plan_target(reader.info, tmp_path / "out.mkv", codec="ffv1")
    color(made, film)
    result = [frame.seconds for frame in Reader(made.path).frames()]
    assert all(abs(a - b) < 0.001 for a, b in zip(result, found, strict=True))
    assert sounds(made.path) == sounds(film)
    # A frame that an AVI has not may have been left out when it was recorded.
    if len(found) < len(times) - (name == "mjpeg.avi"):
        assert reader.damage


@pytest.mark.parametrize("place", [0.25, 0.4, 0.55, 0.7, 0.85])
def test_an_archive_s_checksums_tell_every_spoiled_frame(
    tmp_path: Path, place: float
) -> None:
    whole = make(tmp_path / "film.mkv", **{"frames": 20, **FILMS["ffv1.mkv"]})
    truth = {f.seconds: f.luma.copy() for f in Reader(whole).frames()}
    reader = Reader(spoiled(whole, place, seed=1, size=5))
    found = {f.seconds: f.luma.copy() for f in reader.frames()}
    wrong = [t for t in truth if t not in found or (truth[t] != found[t]).any()]
    assert wrong
    assert reader.damage.lines()


def test_one_lost_frame_of_a_matroska_file_is_told(tmp_path: Path) -> None:
    # Its block's header is gone: no decoder sees anything, and the hole is small.
    whole = make(tmp_path / "film.mkv", **{"frames": 20, **FILMS["ffv1.mkv"]})
    raw = bytearray(whole.read_bytes())
    with av.open(str(whole)) as film:
        payload = [bytes(packet) for packet in film.demux() if packet.size][9]
    at = raw.find(payload)
    raw[at - 12 : at] = bytes(12)
    whole.write_bytes(raw)
    reader = Reader(whole)
    assert 0 < len(list(reader.frames())) < 20
    assert any("missing" in line for line in reader.damage.lines())


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("kept", [0.3, 0.6])
def test_a_film_that_breaks_off_gives_what_there_is_or_one_line(
    name: str, kept: float, tmp_path: Path
) -> None:
    film = make(tmp_path / name, **{"frames": 60, **FILMS[name]})
    film.write_bytes(film.read_bytes()[: int(film.stat().st_size * kept)])
    try:
        reader = Reader(film)
    except ReadError:
        assert name.endswith((".mp4", ".mov"))  # their index stands at the end
        return
    assert 10 < len(list(reader.frames())) < 60


@pytest.mark.parametrize("name", ["h264.ts", "mpeg2.ts", "mpeg1.mpg", "mpeg4.avi"])
def test_garbage_in_front_is_passed_over(name: str, tmp_path: Path) -> None:
    film = make(tmp_path / name, **{"frames": 30, **FILMS[name]})
    garbage = np.random.default_rng(1).bytes(5000)
    film.write_bytes(garbage + film.read_bytes())
    assert len(list(Reader(film).frames())) == 30


def test_sound_of_which_nothing_is_left_is_told(tmp_path: Path, color: Color) -> None:
    film = make(tmp_path / "mute.mp4", frames=5, sides=[Side("aac")])
    raw = bytearray(film.read_bytes())
    # The last table of places is the sound's: all of it now lies beyond the file's end.
    table = raw.rindex(b"stco")
    count = int.from_bytes(raw[table + 8 : table + 12], "big")
    raw[table + 12 : table + 12 + 4 * count] = b"\x7f\xff\xff\xff" * count
    film.write_bytes(raw)
    with Reader(film) as reader:
        target = tmp_path / "out.mp4"
        plan = plan_target(reader.info, target)
        writer = Writer(plan, reader.info)
        with writer:
            for frame in reader.frames():
                neutral = np.full(
                    (frame.luma.shape[0] // 2, frame.luma.shape[1] // 2), 128
                )
                writer.write(frame, neutral, neutral)
    assert any("nothing of the audio" in line for line in writer.losses)
    with av.open(str(target)) as result:
        assert sum(1 for _ in result.decode(video=0)) == 5
