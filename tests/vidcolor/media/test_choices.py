"""What a plan chooses, and what it says of that."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.errors import OptionError
from vidcolor.media.fates import Fate
from vidcolor.media.picture import plane, to_planar
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.yuv import Matrix, YuvFormat

Make = Callable[..., Path]


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


def test_a_crf_may_have_a_fraction(make_film: Make) -> None:
    assert plan(make_film(), codec="h264", crf=17.25).options["crf"] == "17.25"


@pytest.mark.parametrize(
    ("late", "is_refused"), [(Fraction(1, 25), False), (Fraction(3, 25), True)]
)
def test_avi_may_have_sound_as_late_as_nobody_hears(
    tmp_path: Path, late: Fraction, is_refused: bool
) -> None:
    sides = [Side("libmp3lame"), Side("libmp3lame", late=late)]
    source = make(tmp_path / "a.mkv", codec="mpeg4", sides=sides)
    if is_refused:
        with pytest.raises(OptionError, match=r"start sound 0\.1\d\d s late"):
            plan(source, "out.avi", codec="mpeg4")
    else:
        assert plan(source, "out.avi", codec="mpeg4").container.title == "AVI"


def test_sound_that_avi_does_not_carry_may_be_late(tmp_path: Path) -> None:
    late = Side("libopus", late=Fraction(1, 2))
    source = make(tmp_path / "a.mkv", codec="mpeg4", sides=[Side("libmp3lame"), late])
    made = plan(source, "out.avi", codec="mpeg4")
    assert [fate.fate for fate in made.streams] == [Fate.ENCODE, Fate.COPY, Fate.DROP]


def test_a_part_of_a_film_that_starts_late_fits_into_avi(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mkv", codec="mpeg4", start=Fraction(7))
    with pytest.raises(OptionError, match=r"start a picture 7\.000 s late"):
        plan(source, "out.avi", codec="mpeg4")
    info = Reader(source).info
    span = Span.of(info, Fraction(1, 5), None)
    assert plan(source, "out.avi", codec="mpeg4", span=span).container.title == "AVI"


@pytest.mark.parametrize(
    ("rider", "codec", "words"),
    [
        ("DYNAMIC_HDR_PLUS", "hevc", "HDR10+ metadata"),
        ("STEREO3D", "hevc", "3D"),
        ("AFD", "hevc", "AFD"),
        ("A53_CC", "ffv1", "closed captions"),
    ],
)
def test_what_rides_along_and_cannot_any_more_is_named(
    make_film: Make, rider: str, codec: str, words: str
) -> None:
    source = make_film()
    info = replace(Reader(source).info, side_data=frozenset({rider}))
    notes = plan_target(info, source.with_name("out.mkv"), codec=codec).notes
    assert any(words in note for note in notes)


def test_mpeg2_keeps_closed_captions_and_says_nothing(make_film: Make) -> None:
    source = make_film()
    info = replace(Reader(source).info, side_data=frozenset({"A53_CC"}))
    notes = plan_target(info, source.with_name("out.mkv"), codec="mpeg2video").notes
    assert not any("captions" in note for note in notes)


@pytest.mark.parametrize("matrix", Matrix)
def test_rgb_gets_the_luma_of_its_matrix(matrix: Matrix) -> None:
    rgb = np.zeros((16, 16, 3), np.uint8)
    rgb[..., 1] = 255
    picture = av.VideoFrame.from_ndarray(rgb, "rgb24")
    luma = plane(to_planar(picture, YuvFormat(8, False, matrix, 0, 0)), 0)
    assert abs(int(luma[8, 8]) - (16 + 219 * matrix.weights[1])) <= 1


def test_by_default_a_container_that_loses_sound_gives_way(make_film: Make) -> None:
    source = make_film(codec="libx264", sound="flac")
    assert plan(source, "out.mov", explicit=False).path.suffix == ".mkv"
    assert plan(source, "out.mp4", explicit=False).path.suffix == ".mp4"


def test_another_preset_has_its_own_partitions(make_film: Make) -> None:
    source = make_film()
    assert "partitions" in plan(source, codec="h264").options
    for wishes in ({"preset": "slow"}, {"options": {"preset": "slow"}}):
        assert "partitions" not in plan(source, codec="h264", **wishes).options


def test_more_parameters_leave_those_that_the_film_needs(
    make_film: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make_film(fields="bff")
    made = plan(source, codec="h264", options={"x264-params": "bframes=0"})
    assert made.options["x264-params"] == "bff=1:bframes=0"
    plan(source, codec="hevc", options={"x265-params": "bframes=0"})
    assert capfd.readouterr().err == ""  # x265 has nothing to tell


@pytest.mark.parametrize("codec", ["x264", "x265", "svtav1"])
@pytest.mark.parametrize("said", ["nonsense=1", "keyint=abc"])
def test_parameters_that_an_encoder_passes_over_are_told(
    make_film: Make, codec: str, said: str
) -> None:
    name, _ = said.split("=")
    with pytest.raises(OptionError, match=f"lib{codec} does not take .*{name}"):
        plan(make_film(), codec=f"lib{codec}", options={f"{codec}-params": said})


@pytest.mark.parametrize(
    ("codec", "target", "note"),
    [
        ("h264", "out.ts", ""),
        ("mpeg2video", "out.ts", ""),
        ("hevc", "out.ts", "MPEG-TS does not say which field is shown first"),
        ("hevc", "out.mp4", "only the MP4 file says so"),
    ],
)
def test_what_becomes_of_fields_is_told_as_it_is(
    make_film: Make, codec: str, target: str, note: str
) -> None:
    notes = " ".join(plan(make_film(fields="tff"), target, codec=codec).notes)
    assert note in notes
    assert ("field" in notes or "interlaced" in notes) == bool(note)
