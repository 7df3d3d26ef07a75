"""What rides along with pictures: captions, HDR10's metadata; kept or named."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.vidcolor.media.made import make
from vidcolor.errors import OptionError
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader

Color = Callable[..., list[tuple[Fraction, Any]]]
MASTERED = (
    "log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
    "WP(15635,16450)L(10000000,1):max-cll=1000,400"
)
# A caption of CEA-608 as ATSC A/53 wraps it, in an SEI message of H.264.
_A53 = b"\xb5\x00\x31GA94\x03\xc1\xff\xfc\x94\x20\xff"
_SEI = b"\x00\x00\x00\x01\x06\x04" + bytes([len(_A53)]) + _A53 + b"\x80"
_SLICES = (1, 5)


@pytest.fixture
def captioned(tmp_path: Path) -> Path:
    film = make(tmp_path / "film.h264", format="h264")
    first, *units = film.read_bytes().split(b"\x00\x00\x01")
    raw = first
    for unit in units:
        if unit[0] & 31 in _SLICES:
            raw = raw.rstrip(b"\x00") + _SEI
        raw += b"\x00\x00\x01" + unit
    film.write_bytes(raw)
    return film


@pytest.fixture
def mastered(tmp_path: Path) -> Path:
    return make(
        tmp_path / "film.mkv",
        codec="libx265",
        pix_fmt="yuv420p10le",
        colors=(1, 9, 16, 9),
        frames=4,
        options={"x265-params": MASTERED},
    )


def colored(film: Path, codec: str, color: Color) -> Any:
    made = plan_target(Reader(film).info, film.with_name("out.mkv"), codec=codec)
    color(made, film)
    return made


@pytest.mark.parametrize("codec", ["h264", "hevc", "ffv1", "vp9"])
def test_closed_captions_are_kept_or_named(
    captioned: Path, codec: str, color: Color
) -> None:
    made = colored(captioned, codec, color)
    kept = ["A53_CC" in str(list(_kinds(f))) for f in Reader(made.path).frames()]
    is_named = any("closed captions" in note for note in made.notes)
    assert len(kept) == 10
    assert all(kept) if not is_named else not any(kept)
    assert is_named == (codec in ("ffv1", "vp9"))


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "ffv1"])
def test_hdr10_s_metadata_is_kept_or_named(
    mastered: Path, codec: str, color: Color
) -> None:
    truth = Reader(mastered).info.mastering
    assert truth.light == (0.0001, 1000)
    assert truth.level == (1000, 400)
    made = colored(mastered, codec, color)
    found = Reader(made.path).info.mastering
    if any("HDR10" in note for note in made.notes):
        assert codec == "ffv1"
        assert not found
    else:
        assert found.level == truth.level
        assert found.colors == pytest.approx(truth.colors, abs=1e-4)
        assert found.light == pytest.approx(truth.light, abs=1e-4)


def test_what_only_dolby_vision_can_show_is_refused(mastered: Path) -> None:
    info = Reader(mastered).info
    dolby = replace(
        info,
        side_data=frozenset({"DOVI_METADATA"}),
        color=replace(info.color, trc=2),
    )
    with pytest.raises(OptionError, match="Dolby Vision"):
        plan_target(dolby, mastered.with_name("out.mkv"))


def test_linear_light_is_refused_with_a_way_out(tmp_path: Path) -> None:
    film = make(tmp_path / "film.mkv", colors=(1, 1, 8, 1))
    with pytest.raises(OptionError, match=r"linear.*zscale"):
        plan_target(Reader(film).info, tmp_path / "out.mkv")


def _kinds(frame: Any) -> Any:
    return (data.type for data in frame.picture.side_data)
