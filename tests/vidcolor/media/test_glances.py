"""Films glanced at: key frames alone say what decoding on from them would."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.vidcolor.media.made import make
from vidcolor.media import glances as module
from vidcolor.media.glances import Change, Glance, change_of_shape, glances
from vidcolor.media.reader import Reader
from vidcolor.media.scan import Scan
from vidcolor.media.span import Span

FRAME = Fraction(1, 25)
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
    monkeypatch.setattr(module, "pictures_from", fail)
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


def damaged(film: Path, frames: Iterable[int]) -> Path:
    """Make these frames of a film, of PNGs, such that they do not decode."""
    data = film.read_bytes()
    parts = data.split(sign := b"\x89PNG")
    for number in frames:
        parts[number + 1] = b"?" + parts[number + 1][1:]
    film.write_bytes(sign.join(parts))
    return film


def pngs(folder: Path) -> Path:
    """Return a film of 80 frames, each of which stands alone and shows its damage."""
    return make(folder / "film.mov", codec="png", pix_fmt="rgb24", frames=80)


def test_places_lie_from_the_first_frame_to_the_last_wherever_a_film_starts(
    tmp_path: Path,
) -> None:
    wishes = {"codec": "ffv1", "pix_fmt": "yuv420p10le", "options": {"g": "1"}}
    film = make(tmp_path / "film.mkv", frames=80, start=Fraction(100), **wishes)
    info = Reader(film).info
    found = seen(film)
    assert len({glance.seconds for glance in found}) == 8
    assert (found[0].seconds, found[-1].seconds) == (100, 100 + 79 * FRAME)
    assert {glance.shape for glance in found} == {"64x48 (10 bits)"}
    far = Span.of(info, None, Fraction(1000))  # there is no more than the film
    assert glances(info, far) == found
    lies = Change(found[0], found[-1]).lies(info)
    assert lies == "between 0.00 s and 3.16 s"


def test_where_a_picture_does_not_decode_the_next_is_looked_at(tmp_path: Path) -> None:
    film = damaged(pngs(tmp_path), range(0, 78, 2))
    found = [glance.seconds / FRAME for glance in seen(film)]
    assert len(found) == 8
    assert all(place % 2 or place >= 78 for place in found)


def test_a_place_without_a_picture_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = damaged(pngs(tmp_path), range(20, 71))
    monkeypatch.setattr(module, "_PATIENCE", 3)
    # The places are eleven frames apart, and the 69th has too little before it.
    assert [glance.seconds / FRAME for glance in seen(film)] == [0, 11, 71, 79]


def test_a_change_is_narrowed_as_far_as_there_are_pictures(tmp_path: Path) -> None:
    def glance(frame: int, shape: str) -> Glance:
        scan = Scan(interlaced=False, order=0)
        return Glance(frame * FRAME, shape, Fraction(1), scan, frozenset())

    true = "64x48 (8 bits)"
    before, after = glance(0, "other"), glance(79, true)
    info = Reader(damaged(pngs(tmp_path), range(1, 71))).info
    change = change_of_shape(info, [before, after])
    assert change is not None
    assert (change.before, change.after.seconds) == (before, 71 * FRAME)
    before, after = glance(0, true), glance(79, "other")
    info = Reader(damaged(pngs(tmp_path), range(20, 71))).info
    change = change_of_shape(info, [before, after])
    assert change is not None
    assert (change.before.seconds, change.after) == (78 * FRAME, after)
    none = damaged(pngs(tmp_path), range(1, 80))
    assert change_of_shape(Reader(none).info, [before, after]) == Change(before, after)
    assert change_of_shape(info, [before, before]) is None


@pytest.mark.skipif(not REAL, reason="the real clips are not beside this checkout")
@pytest.mark.parametrize("clip", REAL, ids=lambda clip: clip.name)
def test_so_it_is_in_real_films(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = seen(clip)
    monkeypatch.setattr(module, "_key_frame", no_key_frame)
    assert quick == seen(clip)
    assert quick
