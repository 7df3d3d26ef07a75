"""Real odd files, which are not in the repository: their results are as planned."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from vidcolor.media.fates import Fate
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.verification.verify import verify

ODD = Path(__file__).resolve().parents[5] / "shared" / "clips" / "odd"
NAMES = [
    "bytes_damaged_in_the_middle.mkv",
    "cover_art_movtext_chapters.mp4",
    "gray8_ffv1_bw.mkv",
    "interlaced_tff_mpeg2.ts",
    "mjpeg_pcm.avi",
    "tenbit_hevc_bt2020_hlg.mkv",
    "timecode_data_stream.mov",
    "two_audio_two_subs_chapters_attachment.mkv",
    "vfr_audio.mp4",
    "wmv2_wma.wmv",
]
Color = Callable[..., list[tuple[Fraction, Any]]]

pytestmark = pytest.mark.skipif(
    not ODD.is_dir(), reason="the odd clips are not beside this checkout (../shared)"
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", [None, Fraction(2, 3)])
def test_all_is_as_planned(
    name: str, end: Fraction | None, tmp_path: Path, color: Color
) -> None:
    start = None if end is None else Fraction(1, 3)
    info = Reader(ODD / name).info
    span = Span.of(info, start, end)
    plan = plan_target(info, tmp_path / name, explicit=False, span=span)
    seen = color(plan, ODD / name, start, end)
    found = verify(ODD / name, plan, start, end)
    assert found.faults == ()
    assert found.pictures.frames == len(seen)
    kept = {s.what for s in plan.streams if s.fate not in (Fate.ENCODE, Fate.DROP)}
    assert {stream.stream for stream in found.streams if stream.equal} == kept


def test_mpeg_ts_moves_sound_and_picture_alike(tmp_path: Path, color: Color) -> None:
    source = ODD / "vfr_audio.mp4"  # its sound begins before 0
    plan = plan_target(Reader(source).info, tmp_path / "out.ts")
    color(plan, source)
    found = verify(source, plan)
    assert found.faults == ()
    assert found.pictures.moved == pytest.approx(found.streams[0].moved, abs=1e-4)
    assert found.pictures.moved > 0.02


@pytest.mark.parametrize("name", ["anamorphic_sar16x11.mp4", "gray_pixfmt_bw.mp4"])
def test_mpeg_ts_may_begin_a_film_of_little_motion_late(
    name: str, tmp_path: Path, color: Color
) -> None:
    plan = plan_target(Reader(ODD / name).info, tmp_path / "out.ts")
    seen = color(plan, ODD / name)
    found = verify(ODD / name, plan)
    assert found.faults == ()
    assert (found.pictures.frames, found.pictures.missing) == (len(seen), 0)


def test_another_film_s_result_is_told_from_the_film_s_own(
    tmp_path: Path, color: Color
) -> None:
    film, other = (
        ODD / f"same_picture_{way}.mp4" for way in ("601_limited", "709_full")
    )
    plan = plan_target(Reader(film).info, tmp_path / "out.mkv", codec="ffv1")
    color(plan, film)
    assert verify(film, plan).faults == ()
    assert verify(other, plan).faults == (
        "luma is changed in 12 frames, the first at 0.000 s",
    )
