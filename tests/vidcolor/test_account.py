"""What is told of a job afterwards, and that `vidcolor info` foretells it."""

import json
import shutil
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, get_args

import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.coloring import colorize
from vidcolor.describe import describe
from vidcolor.events import Event, Settings
from vidcolor.media.reader import Reader
from vidcolor.media.verification.pictures import PictureCheck
from vidcolor.media.verification.streams import StreamCheck
from vidcolor.media.verification.verify import Verification

ODD = Path(__file__).resolve().parents[3] / "shared" / "clips" / "odd"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "json.md"
SHARED = ("source", "target", "frames", "lost_frames", "lost", "notes")
SHARED += ("streams", "encoder", "pix_fmt", "encoder_options", "color_tags")
WORDS = ((0, b"one"), (200, b"two"))
MADE: dict[str, dict[str, Any]] = {
    "plain.mkv": {"codec": "ffv1"},
    "sound.mp4": {"sides": [Side("aac"), Side("ac3")], "tags": {"title": "T"}},
    "raw sound.avi": {"codec": "mpeg4", "sides": [Side("pcm_s16le")]},
    "words.mkv": {"sides": [Side("flac"), Side("subrip", WORDS)]},
    "deep.mkv": {"codec": "ffv1", "pix_fmt": "yuv422p10le", "colors": (1, 9, 16, 9)},
    "bottom.ts": {"codec": "mpeg2video", "fields": "bff", "sides": [Side("mp2")]},
    "odd size.webm": {"codec": "libvpx-vp9", "width": 61, "height": 47},
    "full.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
}
REAL = [
    "animated.gif",
    "bytes_damaged_in_the_middle.mkv",
    "cover_art_movtext_chapters.mp4",
    "interlaced_tff_mpeg2.ts",
    "mjpeg_pcm.avi",
    "two_audio_two_subs_chapters_attachment.mkv",
]


def plain(facts: Any) -> Any:
    """Return facts as a program finds them in JSON."""
    return json.loads(json.dumps(facts, default=str))


def check_foretold(source: Path, weights: str) -> None:
    foretold = plain(describe(source))
    done = colorize(source, model=weights, device="cpu", size=64)
    told = plain(asdict(done))
    assert {name: told[name] for name in SHARED} == {
        name: foretold[name] for name in SHARED
    }
    assert told["decoded"] == foretold["frames"]
    assert told["color_tags"] == Reader(done.target).info.color.names()


@pytest.mark.parametrize("name", MADE)
def test_info_foretells_the_account(name: str, weights: str, tmp_path: Path) -> None:
    check_foretold(make(tmp_path / name, **MADE[name]), weights)


@pytest.mark.parametrize("name", REAL)
def test_info_foretells_the_account_of_real_films(
    name: str, weights: str, tmp_path: Path
) -> None:
    if not ODD.is_dir():
        pytest.skip("the odd clips are not beside this checkout (../shared)")
    check_foretold(Path(shutil.copy(ODD / name, tmp_path)), weights)


@pytest.mark.parametrize("event", get_args(Event))
def test_every_event_is_documented(event: type) -> None:
    text = DOCUMENT.read_text()
    assert f"`{event.__name__.lower()}`" in text
    assert {f.name for f in fields(event) if f"`{f.name}`" not in text} == set()


@pytest.mark.parametrize("part", [Settings, Verification, PictureCheck, StreamCheck])
def test_every_part_of_the_account_is_documented(part: type) -> None:
    text = DOCUMENT.read_text()
    names = {f.name for f in fields(part)}
    assert {n for n in names if f"`{n}`" not in text and f".{n}`" not in text} == set()


def test_info_is_documented(tmp_path: Path) -> None:
    told = describe(make(tmp_path / "plain.mkv", codec="ffv1"))
    text = DOCUMENT.read_text()
    assert {name for name in told if f"`{name}`" not in text} == set()
