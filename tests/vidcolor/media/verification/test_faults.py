"""What counts as a fault of a result, and what does not."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tests.vidcolor.media.made import Side, make
from tests.vidcolor.media.verification.test_verify import spoil
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.verification.payload import payloads
from vidcolor.media.verification.pictures import Shown, compare
from vidcolor.media.verification.verify import verify

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


def packets(path: Any, index: int) -> list[Any]:
    with av.open(str(path)) as film:
        return [p.pts * p.time_base for p in film.demux(film.streams[index]) if p.size]


def test_streams_that_lie_apart_are_all_in_a_part(tmp_path: Path, color: Color) -> None:
    source = make(
        tmp_path / "apart.mkv",
        frames=100,
        sides=[Side("flac"), Side("flac")],
        muxing={"max_interleave_delta": "1"},  # one stream after the other
    )
    end = Fraction(1)
    made = plan(source, span=Span(None, end))
    color(made, source, None, end)
    for index in (1, 2):
        wanted = [t for t in packets(source, index) if t < end]
        assert len(packets(made.path, index)) == len(wanted) > 0
    assert verify(source, made, None, end).faults == ()


def test_a_caption_that_ends_where_a_part_begins_is_not_in_it(
    make_film: Make, color: Color
) -> None:
    start = Fraction(1, 5)
    source = make_film(captions=[(40, 160, "before"), (240, 100, "in it")])
    made = plan(source, span=Span(start, None))
    color(made, source, start)
    assert len(packets(made.path, 1)) == 1
    found = verify(source, made, start)
    assert found.faults == ()
    assert found.streams[0].packets == 1


def test_styles_behind_the_words_of_mp4_are_no_words(
    tmp_path: Path, color: Color
) -> None:
    styled = b"\0\2Hi" + (22).to_bytes(4, "big") + b"styl" + bytes([0, 1]) + bytes(12)
    source = make(
        tmp_path / "a.mp4",
        sides=[Side("mov_text", [(40, styled), (80, b"\0\0"), (200, b"\0\2Ho")])],
    )
    made = plan(source)
    color(made, source)
    found = verify(source, made)
    assert (found.faults, [s.equal for s in found.streams]) == ((), ["words"])


def test_an_attachment_counts_byte_for_byte(make_film: Make) -> None:
    info = Reader(make_film(attachments=[("a.txt", "text/plain", b"any bytes")])).info
    (found,) = payloads(info, {1}, Span()).values()
    assert (found.packets, found.size) == (1, 9)


def shown(luma: Any) -> Shown:
    return Shown(np.asarray(luma, np.uint8), Fraction(0))


@pytest.mark.parametrize(("share", "unlike"), [(1.4, 0), (1.6, 1)])
def test_an_error_of_more_than_1_5_times_the_variance_is_another_picture(
    share: float, unlike: int
) -> None:
    old = np.tile([100, 140], (10, 5))  # a variance of 400
    new = old + round(float(np.sqrt(share * 400)))
    assert compare([(shown(old), shown(new))], 8).unlike == unlike


@pytest.mark.parametrize(("step", "unlike"), [(5, 0), (6, 1)])
def test_in_flat_frames_a_50th_of_the_peak_shows(step: int, unlike: int) -> None:
    old = np.full((10, 10), 100)
    assert compare([(shown(old), shown(old + step))], 8).unlike == unlike


def test_the_loss_is_that_of_all_frames_and_the_first_changed_one_is_named() -> None:
    grey = np.full((10, 10), 100)
    pairs = [
        (
            Shown(np.asarray(grey, np.uint8), Fraction(n)),
            Shown(np.asarray(grey + step, np.uint8), Fraction(n)),
        )
        for n, step in enumerate((0, 2, 1, 0))
    ]
    found = compare(pairs, 8)
    assert (found.changed, found.first_changed) == (2, 1)
    assert found.psnr == pytest.approx(10 * np.log10(255**2 / ((4 + 1) / 4)))
    assert (found.worst_time, found.frames) == (1, 4)


@pytest.mark.parametrize("target", ["out.mov", "out.mkv"])
def test_another_timecode_is_a_fault(tmp_path: Path, color: Color, target: str) -> None:
    films = [
        make(tmp_path / f"{n}.mov", stream_tags={"timecode": f"0{n}:00:00:00"})
        for n in (1, 2)
    ]
    made = plan(films[0], target)
    color(made, films[0])
    assert verify(films[0], made).faults == ()
    color(plan(films[1], target, overwrite=True), films[1])
    (fault,) = verify(films[0], made).faults
    assert fault.endswith("01:00:00:00 is not in the result")


def test_a_cover_that_becomes_an_attachment_is_compared(
    tmp_path: Path, color: Color
) -> None:
    image = bytes(cv2.imencode(".png", np.zeros((16, 16, 3), np.uint8))[1])
    source = make(
        tmp_path / "a.mkv",
        attachments=[("a.png", "image/png", image), ("b.txt", "text/plain", b"b")],
    )
    made = plan(source)
    color(made, source)
    found = verify(source, made)
    assert found.faults == ()
    assert [s.size for s in found.streams] == [len(image), 1]


def anew(plan: Any, packets: Any = lambda p: p, pictures: Any = lambda p: p) -> None:
    spoil(plan, pictures, packets)


def moved(by: int) -> Any:
    def move(found: list[Any]) -> list[Any]:
        for packet in found:
            packet.pts += by
            packet.dts += by
        return found

    return move


@pytest.mark.parametrize(
    ("by", "words"), [(10, "0.010 s too late"), (-40, "0.040 s too early")]
)
def test_sound_a_little_out_of_step_is_named(
    make_film: Make, color: Color, by: int, words: str
) -> None:
    source = (
        make_film(sound="flac", times=tuple(range(200, 600, 40)), start=Fraction(1, 5))
        if by < 0
        else make_film(sound="flac")
    )
    made = plan(source)
    color(made, source)
    anew(made, moved(by))
    assert verify(source, made).faults == (f"audio 1 flac starts {words}",)


def test_a_frame_a_few_milliseconds_off_is_named(make_film: Make, color: Color) -> None:
    source = make_film()
    made = plan(source)
    color(made, source)

    def move(pictures: list[Any]) -> list[Any]:
        pictures[5].pts += 5
        return pictures

    anew(made, pictures=move)
    assert verify(source, made).faults == (
        "the frame at 0.200 s is shown 0.005 s too early or late",
    )


def test_other_titles_of_chapters_are_found(make_film: Make, color: Color) -> None:
    source = make_film(chapters=[(0, 200, "one"), (200, 400, "two")])
    made = plan(source)
    color(made, source)
    other = make_film(name="other.mkv", chapters=[(0, 200, "one"), (200, 400, "2")])
    color(plan(other, "out.mkv", overwrite=True), other)
    assert verify(source, made).faults == ("chapters are not the source's: 2 became 2",)


def test_a_part_between_two_chapters_has_one(make_film: Make, color: Color) -> None:
    source = make_film(
        chapters=[
            (0, 120, "one"),
            (120, 280, "two"),
            (200, 200, "a mark"),
            (280, 400, "three"),
        ]
    )
    span = Fraction(120, 1000), Fraction(280, 1000)
    made = plan(source, span=Span(*span))
    color(made, source, *span)
    assert verify(source, made, *span).faults == ()
    assert [c.title for c in Reader(made.path).info.chapters] == ["two"]


def test_a_hole_in_the_source_is_no_fault_of_the_result(
    make_film: Make, color: Color
) -> None:
    source = make_film(times=[*range(0, 400, 40), *range(600, 1000, 40)])
    made = plan(source)
    color(made, source)
    assert verify(source, made).faults == ()


def test_chapters_that_avi_has_no_place_for_are_no_fault(
    make_film: Make, color: Color
) -> None:
    source = make_film(chapters=[(0, 200, "one"), (200, 400, "two")])
    made = plan(source, "out.avi", codec="ffv1")
    color(made, source)
    assert verify(source, made).faults == ()


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv"])
def test_a_part_in_which_a_sound_has_not_begun_is_no_fault(
    tmp_path: Path, color: Color, name: str
) -> None:
    late = Side("aac", late=Fraction(3), seconds=1, tags={"language": "ger"})
    source = make(tmp_path / "two.mkv", frames=100, sides=[late, Side("aac")])
    made = plan(source, name, span=Span(Fraction(0), Fraction(1)))
    color(made, source, Fraction(0), Fraction(1))
    assert verify(source, made, Fraction(0), Fraction(1)).faults == ()


def test_films_shown_earlier_are_said_to_be() -> None:
    old = [Shown(np.full((4, 4), n, np.uint8), Fraction(n)) for n in (5, 6)]
    new = [Shown(s.luma, s.seconds - 2) for s in old]
    found = compare(zip(old, new, strict=True), 8)
    assert (found.moved, found.time_error) == (-2, 2)


def test_a_whole_film_shown_late_is_a_fault_but_in_mpeg_ts(
    make_film: Make, color: Color
) -> None:
    source = make_film()
    made = plan(source)
    color(made, source)

    def late(pictures: list[Any]) -> list[Any]:
        for picture in pictures:
            picture.pts += 100
        return pictures

    anew(made, pictures=late)
    assert verify(source, made).faults == (
        "the frame at 0.000 s is shown 0.100 s too early or late",
    )
