import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from skimage.color import rgb2gray
from skimage.data import astronaut

from tests.vidcolor.media.made import make
from vidcolor.errors import OptionError, WriteError
from vidcolor.media.containers import BY_EXTENSION
from vidcolor.media.encoders import FRIENDLY, codec_of
from vidcolor.media.fates import Fate
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.yuv import Matrix

Make = Callable[..., Path]
Color = Callable[[Plan, Path], list[tuple[Fraction, Any]]]


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    info = Reader(source).info
    return plan_target(info, source.parent / target, **wishes)


@pytest.mark.parametrize(
    ("pix_fmt", "encoder", "chosen"),
    [
        ("yuv420p", "libx264", "yuv420p"),
        ("yuv422p10le", "libx264", "yuv422p10le"),
        ("yuv420p12le", "libx265", "yuv420p12le"),
        ("yuv444p16le", "ffv1", "yuv444p16le"),
        ("yuv411p", "libx264", "yuv420p"),
        ("gray", "libx264", "yuv420p"),
        ("gray10le", "libx264", "yuv420p10le"),
        ("gray14le", "ffv1", "yuv420p14le"),
        ("bgr0", "libx264", "yuv420p"),
    ],
)
def test_bit_depth_decides_the_codec(
    make_film: Make, pix_fmt: str, encoder: str, chosen: str
) -> None:
    # As if the film were in a codec for watching, for FFV1 itself is kept as FFV1.
    source = make_film(pix_fmt=pix_fmt)
    info = replace(Reader(source).info, codec="h264")
    made = plan_target(info, source.with_name("out.mkv"))
    assert (made.encoder, made.pix_fmt) == (encoder, chosen)
    assert made.yuv.depth == info.yuv.depth


def test_a_quick_plan_hurries_an_encoder_that_was_not_told_how(make_film: Make) -> None:
    source = make_film()
    usual, quick = (plan(source, codec="h264", quick=q) for q in (False, True))
    usual_preset, quick_preset = usual.options["preset"], quick.options["preset"]
    assert (usual_preset, quick_preset) == ("veryfast", "superfast")
    options = {"preset": "slow"}
    for told in ({"preset": "slow"}, {"crf": 30.0}, {"options": options}):
        ways = [plan(source, codec="h264", quick=q, **told) for q in (False, True)]
        assert ways[0].options == ways[1].options
    assert plan(source, codec="ffv1", quick=True).options == (
        plan(source, codec="ffv1").options
    )


def test_a_quick_plan_is_as_near_to_the_film(make_film: Make) -> None:
    source = make_film()
    usual, quick = (plan(source, codec="h264", quick=q) for q in (False, True))
    assert loss(quick.options) <= loss(usual.options)


def loss(options: dict[str, str]) -> float:
    """Return the mean squared error of a panned, grainy photo that x264 encoded."""
    photo = rgb2gray(astronaut())[:240] * 235
    grain = np.random.default_rng(0).normal(0, 3, (12, 240, 320))
    pan = np.stack([photo[:, 4 * n : 4 * n + 320] for n in range(12)])
    lumas = (pan + grain).clip(16, 235).round().astype(np.uint8)
    packets = io.BytesIO()
    with av.open(packets, "w", format="matroska") as target:
        stream = target.add_stream("libx264", 24, options)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for luma in lumas:
            picture = np.vstack([luma, np.full((120, 320), 128, np.uint8)])
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "yuv420p")))
        target.mux(stream.encode(None))
    packets.seek(0)
    with av.open(packets) as film:
        found = np.stack([f.to_ndarray()[:240] for f in film.decode(video=0)])
    return float(((found - lumas.astype(float)) ** 2).mean())


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "encoder"),
    [
        ("ffv1", "yuv422p", "ffv1"),
        ("rawvideo", "yuv420p", "ffv1"),
        ("prores_ks", "yuv422p10le", "prores_ks"),
    ],
)
def test_archives_stay_archives(
    make_film: Make, codec: str, pix_fmt: str, encoder: str
) -> None:
    assert plan(make_film(codec=codec, pix_fmt=pix_fmt)).encoder == encoder


def test_an_archive_is_made_watchable_on_request(make_film: Make) -> None:
    made = plan(make_film(), "out.mp4")
    assert made.encoder == "libx264"
    assert any("ffv1 becomes h264" in note for note in made.notes)


def test_prores_keeps_its_profile(make_film: Make) -> None:
    wishes = {"codec": "prores_ks", "pix_fmt": "yuv422p10le", "name": "film.mov"}
    made = plan(make_film(**wishes, options={"profile": "1"}), "out.mov")
    assert made.options["profile"] == "1"


def test_web_films_stay_web_films(make_film: Make) -> None:
    source = make_film(name="film.webm", codec="libvpx-vp9", width=45, height=37)
    made = plan(source, "out.webm", explicit=False)
    assert (made.encoder, made.pix_fmt) == ("libvpx-vp9", "yuv420p")
    assert not made.notes


def test_an_odd_size_gets_a_layout_that_takes_it(make_film: Make) -> None:
    made = plan(make_film(codec="mjpeg", pix_fmt="yuvj420p", width=45, height=37))
    assert (made.encoder, made.pix_fmt) == ("libx264", "yuv444p")
    assert any("yuv444p" in note for note in made.notes)


@pytest.mark.parametrize("name", ["out.gif", "out.wmv", "out.mpg", "out.avi"])
def test_a_container_that_cannot_gives_way_to_matroska(
    make_film: Make, name: str
) -> None:
    made = plan(make_film(codec="libx264"), name, explicit=False)
    assert made.path.name == "out.mkv"
    assert any("out.mkv" in note for note in made.notes)
    with pytest.raises(OptionError, match="mkv"):
        plan(make_film(codec="libx264"), name)


@pytest.mark.parametrize("ending", BY_EXTENSION)
def test_what_a_container_is_said_to_carry_it_takes(ending: str) -> None:
    by_codec = {codec_of(encoder): encoder for encoder in FRIENDLY.values()}
    by_codec["vp8"] = "libvpx"
    container = BY_EXTENSION[ending]
    for codec in container.video:
        with av.open(io.BytesIO(), "w", format=container.muxer) as target:
            target.add_stream(by_codec.get(codec, codec), 25)


def test_dnxhd_in_mxf_becomes_ffv1_or_stays_in_a_mov(tmp_path: Path) -> None:
    source = make(
        tmp_path / "film.mxf",
        codec="dnxhd",
        pix_fmt="yuv422p",
        width=256,
        height=128,
        options={"profile": "dnxhr_hq"},
    )
    made = plan(source, "out.mxf", explicit=False)
    assert (made.path.name, made.encoder) == ("out.mkv", "ffv1")
    assert "its dnxhd becomes ffv1" in made.notes
    with pytest.raises(OptionError, match=r"carry dnxhd; name a \.mov, or"):
        plan(source, "out.mkv", codec="dnxhd")
    with pytest.raises(OptionError, match=r"carry dnxhd; name a \.mov, or"):
        plan(source, "out.mxf", codec="dnxhd", explicit=False)
    assert plan(source, "out.mov").encoder == "dnxhd"
    assert plan(source, "out.mkv").encoder == "ffv1"


def test_avi_is_not_trusted_with_what_it_cannot_say(make_film: Make) -> None:
    source = make_film(name="film.avi", colors=(1, 6, 2, 2))
    assert plan(source, "out.avi", explicit=False).path.name == "out.avi"
    full = make_film(name="full.mkv", colors=(2, 2, 2, 2))
    assert plan(full, "out.avi", explicit=False).path.name == "out.mkv"
    with pytest.raises(OptionError, match="range"):
        plan(full, "out.avi")


def test_common_names_of_codecs_are_understood(make_film: Make) -> None:
    source = make_film()
    assert plan(source, codec="hevc").encoder == "libx265"
    assert plan(source, codec="H265").encoder == "libx265"
    assert plan(source, codec="libx264").encoder == "libx264"


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"codec": "nonsense"}, "h264, hevc"),
        ({"codec": "aac"}, "h264, hevc"),
        ({"codec": "ffv1", "crf": 20}, "--crf"),
        ({"codec": "ffv1", "preset": "slow"}, "--preset"),
        ({"codec": "h264", "preset": "nonsense"}, "nonsense.*veryslow"),
        ({"codec": "hevc", "options": {"preset": "zoom"}}, "zoom.*veryslow"),
        ({"codec": "h264", "crf": 99}, "0 to 51, not 99"),
        ({"codec": "av1", "crf": -1}, "0 to 63, not -1"),
        ({"codec": "h264", "options": {"crf": "52"}}, "0 to 51, not 52"),
        ({"codec": "h264", "options": {"nonsense": "1"}}, "nonsense"),
        ({"codec": "h264", "crf": 20, "options": {"crf": "30"}}, "leave one out"),
    ],
)
def test_wrong_options_are_told_before_the_work(
    make_film: Make, wishes: dict[str, Any], words: str
) -> None:
    with pytest.raises(OptionError, match=words):
        plan(make_film(), **wishes)


def test_a_codec_that_would_lose_luma_is_refused(make_film: Make) -> None:
    source = make_film(pix_fmt="yuv420p10le")
    with pytest.raises(OptionError, match=r"10-bit.*ffv1"):
        plan(source, "out.webm", codec="vp9")
    full = make_film(pix_fmt="yuv422p10le", colors=(2, 2, 2, 2))
    with pytest.raises(OptionError, match="full range"):
        plan(full, "out.mov", codec="prores")


def test_jpegs_keep_their_range_and_are_refused_a_matrix_they_cannot_have(
    make_film: Make, color: Color
) -> None:
    for is_full in (False, True):
        source = make_film(pix_fmt="yuv420p", colors=(1 + is_full, 6, 6, 6))
        made = plan(source, f"{is_full}.mkv", codec="mjpeg")
        seen = color(made, source)
        result = Reader(made.path)
        assert result.info.codec == "mjpeg"
        assert result.info.yuv.full_range is is_full
        assert result.info.yuv.matrix is Matrix.BT601
        after = [frame.luma for frame in result.frames()]
        for (_, before), now in zip(seen, after, strict=True):
            assert np.abs(before.astype(float) - now).mean() < 3  # noise, at its finest
    modern = make_film(colors=(1, 1, 1, 1))
    with pytest.raises(OptionError, match=r"matrix this film has; try ffv1"):
        plan(modern, codec="mjpeg")


def test_what_an_encoder_does_not_open_for_is_told_with_a_way_out(
    make_film: Make,
) -> None:
    small = make_film(width=64, height=64)
    with pytest.raises(OptionError, match=r"dnxhd does .* 64x64 .* another --codec"):
        plan(small, "out.mov", codec="dnxhd")


def test_the_user_s_settings_win(make_film: Make) -> None:
    made = plan(make_film(), codec="h264", crf=23, preset="fast", options={"g": "9"})
    assert made.options == {"crf": "23", "preset": "fast", "g": "9"}


def test_side_streams_that_do_not_fit_are_named(make_film: Make) -> None:
    source = make_film(
        sound="pcm_s16le",
        captions=[(0, 100, "Hello")],
        attachments=[("notes.txt", "text/plain", b"words")],
    )
    made = plan(source, "out.mp4", codec="h264")
    fates = {fate.what.split()[0]: fate.fate for fate in made.streams}
    assert fates["subtitle"] is Fate.TO_MOV_TEXT
    assert fates["attachment"] is Fate.DROP
    assert any("attachment" in note and "MP4" in note for note in made.notes)
    assert not plan(source, "out.mkv").notes


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_nothing_is_said_of_a_cover_that_is_kept(tmp_path: Path, name: str) -> None:
    png = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()
    source = make(tmp_path / "film.mkv", attachments=[("cover.png", "image/png", png)])
    made = plan(source, name)
    assert Fate.DROP not in {fate.fate for fate in made.streams}
    assert not made.notes


def test_ffmpeg_s_own_signature_is_no_tag_to_miss(tmp_path: Path) -> None:
    source = make(tmp_path / "film.avi", codec="mpeg4")
    assert not plan(source, "out.avi", codec="ffv1").notes


def test_untagged_pixels_are_tagged_for_what_they_are(make_film: Make) -> None:
    color = plan(make_film()).color
    assert (color.range, color.matrix) == (1, 6)


def test_times_are_counted_finely_enough_to_cut(make_film: Make) -> None:
    assert plan(make_film(name="film.avi")).time_base <= Fraction(1, 1000)


def test_a_target_that_must_not_be_written_is_refused(make_film: Make) -> None:
    source = make_film()
    link = source.with_name("link.mkv")
    link.symlink_to(source)
    there = source.with_name("there.mkv")
    there.write_bytes(b"precious")
    for name, words in [
        (source.name, "film itself"),
        ("link.mkv", "film itself"),
        ("there.mkv", "--overwrite"),
        ("nowhere/out.mkv", "no folder"),
    ]:
        with pytest.raises(WriteError, match=words):
            plan(source, name)
    with pytest.raises(WriteError, match="film itself"):
        plan(source, "link.mkv", overwrite=True)
    assert plan(source, "there.mkv", overwrite=True).path == there
