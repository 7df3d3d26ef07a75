"""A result that is as planned is found so; one that is not is found out, by name."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from vidcolor.errors import ReadError
from vidcolor.media.picture import plane
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.verification.verify import Verification, verify

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]
Pictures = list[av.VideoFrame]
LOUD = {"sound": "flac", "times": tuple(range(0, 400, 40))}


def result(color: Color, source: Path, name: str = "out.mkv", **wishes: Any) -> Plan:
    plan = plan_target(Reader(source).info, source.parent / name, **wishes)
    color(plan, source)
    return plan


def lumas(path: Path) -> NDArray[np.float64]:
    """Return the luma codes of a film's frames, by PyAV alone."""
    with av.open(str(path)) as film:
        return np.stack([plane(p, 0).astype(float) for p in film.decode(video=0)])


def spoil(
    plan: Plan,
    pictures: Callable[[Pictures], Pictures] = lambda pictures: pictures,
    packets: Callable[[list[Any]], list[Any]] = lambda packets: packets,
) -> None:
    """Write a lossless result anew, with other pictures, or other packets of sound."""
    spoiled = plan.path.with_name(f"spoiled{plan.path.suffix}")
    with av.open(str(plan.path)) as old, av.open(str(spoiled), "w") as new:
        film = new.add_stream("ffv1", 25)
        film.width, film.height = (
            old.streams.video[0].width,
            old.streams.video[0].height,
        )
        film.pix_fmt = old.streams.video[0].pix_fmt
        film.codec_context.time_base = film.time_base = Fraction(1, 1000)
        others = [s for s in old.streams if s.type != "video"]
        twins = {s.index: new.add_stream_from_template(s) for s in others}
        read = [p for p in old.demux(*others) if p.size] if others else []
        old.seek(0)
        for picture in pictures(list(old.decode(video=0))):
            new.mux(film.encode(picture))
        new.mux(film.encode(None))
        for packet in packets(read):
            packet.stream = twins[packet.stream.index]
            new.mux(packet)
    spoiled.replace(plan.path)


def faults(source: Path, plan: Plan, **span: Any) -> str:
    return "\n".join(verify(source, plan, **span).faults)


def test_a_lossless_result_is_equal_in_all(make_film: Make, color: Color) -> None:
    source = make_film(
        **LOUD,
        captions=[(0, 100, "Grüße"), (200, 100, "again")],
        chapters=[(0, 200, "one"), (200, 400, "two")],
        attachments=[("notes.txt", "text/plain", b"any bytes")],
        tags={"title": "My film"},
    )
    seen: list[int] = []
    found = verify(source, result(color, source), on_frame=seen.append)
    assert found.faults == ()
    assert found.pictures.frames == 10
    assert (found.pictures.changed, found.pictures.psnr) == (0, None)
    assert found.pictures.time_error == 0
    assert [s.equal for s in found.streams] == ["bytes"] * 3
    assert found.streams[0].size > 0
    assert (found.chapters, found.tags, found.lost_tags) == (2, 1, ())
    assert seen == list(range(1, 11))


def test_an_encoder_s_loss_is_told_in_decibels(make_film: Make, color: Color) -> None:
    source = make_film(codec="libx264")
    plan = result(color, source, "out.mp4", crf=30)
    found = verify(source, plan)
    errors = ((lumas(source) - lumas(plan.path)) ** 2).mean(axis=(1, 2))
    assert found.faults == ()
    assert found.pictures.psnr == pytest.approx(10 * np.log10(255**2 / errors.mean()))
    worst = 10 * np.log10(255**2 / errors.max())
    assert found.pictures.worst_psnr == pytest.approx(worst)
    assert found.pictures.worst_time == pytest.approx(0.04 * errors.argmax())
    assert found.pictures.changed == 10


def test_one_code_of_one_frame_is_found(make_film: Make, color: Color) -> None:
    source = make_film()
    plan = result(color, source)

    def change(pictures: Pictures) -> Pictures:
        pictures[6].make_writable()
        plane(pictures[6], 0)[20, 30] ^= 1
        return pictures

    spoil(plan, change)
    assert faults(source, plan) == "luma is changed in 1 frame, the first at 0.240 s"


def test_another_picture_is_found_behind_any_encoder(
    make_film: Make, color: Color
) -> None:
    source = make_film()
    plan = result(color, source, codec="h264", crf=51)
    assert faults(source, plan) == ""
    other = make_film(name="other.mkv", pix_fmt="gray")  # its first luma is the same
    color(plan_target(Reader(other).info, plan.path, overwrite=True), other)
    assert "9 frames not of the source's picture, the first at 0.040 s" in faults(
        source, plan
    )


@pytest.mark.parametrize("gone", [0, 4, 9])
def test_a_missing_frame_is_named(make_film: Make, color: Color, gone: int) -> None:
    source = make_film()
    plan = result(color, source)
    spoil(plan, lambda pictures: pictures[:gone] + pictures[gone + 1 :])
    assert faults(source, plan) == f"1 frame missing, the first at {gone * 0.04:.3f} s"


def test_a_frame_too_many_is_found(make_film: Make, color: Color) -> None:
    source = make_film(times=[0, 40, 80, 160])
    plan = result(color, source)

    def add(pictures: Pictures) -> Pictures:
        more = next(Reader(source).frames()).picture
        more.pts, more.time_base = 120, Fraction(1, 1000)
        return [*pictures[:3], more, *pictures[3:]]

    spoil(plan, add)
    assert faults(source, plan) == "1 frame that the source has not"


@pytest.mark.parametrize("late", [15, 30])
def test_a_frame_at_another_time_is_named(
    make_film: Make, color: Color, late: int
) -> None:
    source = make_film()
    plan = result(color, source)

    def move(pictures: Pictures) -> Pictures:
        pictures[5].pts = pictures[5].pts + late
        return pictures

    spoil(plan, move)
    assert faults(source, plan) == (
        f"the frame at 0.200 s is shown 0.0{late} s too early or late"
    )


def test_a_lost_packet_of_sound_is_named(make_film: Make, color: Color) -> None:
    source = make_film(sound="aac")
    plan = result(color, source)
    spoil(plan, packets=lambda packets: packets[:5] + packets[6:])
    assert faults(source, plan).startswith("audio 1 aac is not the source's: ")


def test_sound_out_of_step_is_named(make_film: Make, color: Color) -> None:
    source = make_film(**LOUD)
    plan = result(color, source)

    def late(packets: list[Any]) -> list[Any]:
        for packet in packets:
            packet.pts += 100
            packet.dts += 100
        return packets

    spoil(plan, packets=late)
    assert faults(source, plan) == "audio 1 flac starts 0.100 s too late"


def test_a_lost_stream_is_named(make_film: Make, color: Color) -> None:
    source = make_film(**LOUD, captions=[(0, 100, "words")])
    plan = result(color, source)
    silent = make_film(name="silent.mkv", **{**LOUD, "sound": ""})
    color(plan_target(Reader(silent).info, plan.path, overwrite=True), silent)
    assert faults(source, plan) == (
        "audio 1 flac is not in the result\nsubtitle 2 subrip ger is not in the result"
    )


def test_other_chapters_are_found(make_film: Make, color: Color) -> None:
    source = make_film(chapters=[(0, 200, "one"), (200, 400, "two")])
    plan = result(color, source)
    other = make_film(name="other.mkv", chapters=[(0, 200, "one")])
    color(plan_target(Reader(other).info, plan.path, overwrite=True), other)
    assert faults(source, plan) == "chapters are not the source's: 2 became 1"


def test_a_result_that_does_not_decode_is_found(make_film: Make, color: Color) -> None:
    source = make_film()
    plan = result(color, source)
    data = bytearray(plan.path.read_bytes())
    data[len(data) // 2] ^= 255  # FFV1 has a checksum for each frame
    plan.path.write_bytes(data)
    assert "does not decode whole: 1 damaged frame" in faults(source, plan)


def test_a_result_of_another_size_is_refused(make_film: Make, color: Color) -> None:
    source = make_film()
    plan = result(color, source)
    other = make_film(name="other.mkv", width=32)
    color(plan_target(Reader(other).info, plan.path, overwrite=True), other)
    with pytest.raises(ReadError, match="32x48"):
        verify(source, plan)


def test_a_part_is_compared_with_its_part(make_film: Make, color: Color) -> None:
    source = make_film(
        sound="aac",
        times=range(0, 2000, 40),
        captions=[(100, 900, "runs in"), (1800, 100, "later")],
        chapters=[(0, 1000, "one"), (1000, 2000, "two")],
    )
    plan = plan_target(Reader(source).info, source.parent / "part.mkv")
    span = {"start": Fraction(1, 2), "end": Fraction(3, 2)}
    color(plan, source, span["start"], span["end"])
    found = verify(source, plan, **span)
    assert found.faults == ()
    assert found.pictures.frames == 25
    assert [s.packets for s in found.streams][1] == 1
    assert "missing" in faults(source, plan)  # of the whole, most is not there


@pytest.mark.parametrize("full_range", [1, 2])
def test_deeper_codes_stand_for_the_same_luma(
    make_film: Make, color: Color, full_range: int
) -> None:
    source = make_film(pix_fmt="yuv420p9le", colors=(full_range, 2, 2, 2))
    plan = result(color, source, codec="h264", options={"qp": "0"})
    assert plan.pix_fmt == "yuv420p10le"
    found = verify(source, plan)
    assert (found.lossless, found.faults, found.pictures.changed) == (True, (), 0)


@pytest.mark.parametrize(
    ("codec", "options", "kept"),
    [
        ("h264", {"qp": "0"}, True),
        ("h264", {"crf": "0"}, True),
        ("h264", {"crf": "1"}, False),
        ("hevc", {"x265-params": "lossless=1:log-level=error"}, True),
        ("hevc", {"crf": "0"}, False),
        ("vp9", {"lossless": "1"}, True),
        ("ffv1", {}, True),
        ("mpeg4", {}, False),
    ],
)
def test_encoders_keep_what_they_promise(
    make_film: Make, color: Color, codec: str, options: dict[str, str], kept: bool
) -> None:
    source = make_film(times=(0, 40, 80))
    found = verify(source, result(color, source, codec=codec, options=options))
    assert (found.lossless, found.pictures.changed == 0) == (kept, kept)


@pytest.mark.parametrize("fields", ["tff", "bff"])
def test_interlaced_frames_are_compared_whole(
    make_film: Make, color: Color, fields: str
) -> None:
    source = make_film(fields=fields)
    assert verify(source, result(color, source)).pictures.changed == 0


def test_sound_that_is_framed_anew_is_compared_by_its_samples(
    make_film: Make, color: Color
) -> None:
    source = make_film(sound="aac", codec="libx264", times=range(0, 1000, 40))
    found = verify(source, result(color, source, "out.ts"))
    assert found.faults == ()
    assert [s.equal for s in found.streams] == ["samples"]


def test_words_are_compared_where_captions_change_their_form(
    make_film: Make, color: Color
) -> None:
    source = make_film(codec="libx264", captions=[(40, 100, "Grüße"), (240, 99, "2")])
    found = verify(source, result(color, source, "out.mp4"))
    assert found.faults == ()
    assert [(s.equal, s.packets) for s in found.streams] == [("words", 2)]


def test_what_is_equal_is_told_in_lines(make_film: Make, color: Color) -> None:
    source = make_film(**LOUD)
    found: Verification = verify(source, result(color, source))
    text = "\n".join(found.lines())
    assert "10 frames compared: luma is equal bit for bit" in text
    assert f"all {found.streams[0].size} bytes" in text
