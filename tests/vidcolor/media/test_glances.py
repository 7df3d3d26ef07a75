"""Films glanced at: key frames alone say what decoding on from them would."""

from pathlib import Path
from typing import Any

import pytest

from tests.vidcolor.media.made import make
from vidcolor.media import glances as module
from vidcolor.media.glances import Glance, glances
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span

CLIPS = Path(__file__).resolve().parents[4] / "shared" / "clips"
REAL = [
    clip
    for kind, name in (
        ("odd", "tenbit_hevc_bt2020_hlg.mkv"),
        ("odd", "editlist_bframes.mp4"),
        ("odd", "truncated_moov_first.mp4"),
        ("odd", "odd_213x119_vp9_420.webm"),
        ("colour", "bikes_cuts.mp4"),
    )
    if (clip := CLIPS / kind / name).exists()
]


def seen(film: Path) -> list[Glance]:
    info = Reader(film).info
    return glances(info, Span.of(info, None, None))


def no_key_frame(*_: object) -> None:
    return None


def fail(*_: object) -> None:
    raise AssertionError


def test_of_each_place_one_packet_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"bf": "3", "b-pyramid": "normal", "g": "8"}
    film = make(tmp_path / "film.mkv", frames=64, options=options)
    # Whoever decodes on until there is a picture has this looked at.
    monkeypatch.setattr(module, "picture_from", fail)
    assert len({glance.seconds for glance in seen(film)}) == 8


@pytest.mark.parametrize(
    ("name", "wishes"),
    [
        ("h264.mp4", {"options": {"g": "12", "bf": "3"}}),
        ("open.ts", {"options": {"g": "12", "x264-params": "open-gop=1"}}),
        ("hevc.mkv", {"codec": "libx265", "options": {"g": "12"}}),
        ("intra.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("vp9.webm", {"codec": "libvpx-vp9", "options": {"g": "12"}}),
        ("fields.mkv", {"fields": "tff", "options": {"g": "12"}}),
    ],
)
def test_what_is_seen_is_what_decoding_on_shows(
    name: str, wishes: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = make(tmp_path / name, frames=60, **wishes)
    quick = seen(film)
    monkeypatch.setattr(module, "_key_frame", no_key_frame)
    assert quick == seen(film)
    assert quick


@pytest.mark.skipif(not REAL, reason="the real clips are not beside this checkout")
@pytest.mark.parametrize("clip", REAL, ids=lambda clip: clip.name)
def test_so_it_is_in_real_films(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = seen(clip)
    monkeypatch.setattr(module, "_key_frame", no_key_frame)
    assert quick == seen(clip)
    assert quick
