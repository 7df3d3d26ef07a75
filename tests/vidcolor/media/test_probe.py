"""What a film says of itself: what is believed, and what is said of it in turn."""

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from vidcolor.media.info import FilmInfo
from vidcolor.media.reader import Reader

Make = Callable[..., Path]

TAGGED = "00:00:{:012.9f}"  # how Matroska tags streams with their length


def info_of(path: Path, start: Fraction | None = None) -> FilmInfo:
    return Reader(path, start).info


def replaced(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert len(old) == len(new)
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, new))


@pytest.mark.parametrize(
    ("tagged", "headed", "is_told"),
    [(2, 2, False), (9, 2, False), (2, 9, False), (9, 9, True)],
)
def test_a_film_ends_early_only_if_all_of_the_file_says_so(
    make_film: Make, tagged: int, headed: int, is_told: bool
) -> None:
    path = make_film(times=range(0, 2000, 40))
    old, new = (TAGGED.format(seconds).encode() for seconds in (2, tagged))
    replaced(path, old, new)
    header = (b"\x44\x89\x88" + struct.pack(">d", 1000 * s) for s in (2, headed))
    replaced(path, *header)
    reader = Reader(path)
    assert len(list(reader.frames())) == 50
    expected = ["the file ends at 2.0 s of the 9.0 s it announces"]
    assert reader.damage.lines() == expected * is_told


@pytest.mark.parametrize(("headed", "lasts"), [(102, 2), (2, 2), (100.5, 0.5)])
def test_a_late_film_lasts_until_its_end_or_as_long_as_is_said(
    make_film: Make, headed: float, lasts: float
) -> None:
    path = make_film(times=range(100_000, 102_000, 40))
    header = (b"\x44\x89\x88" + struct.pack(">d", 1000 * s) for s in (102, headed))
    replaced(path, *header)
    info = info_of(path)
    assert (info.start, info.duration) == (100, lasts)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "lost"),
    [
        ("ffv1", "yuv444p", []),
        ("ffv1", "yuva444p", []),
        ("png", "rgb24", ["pixels"]),
        ("png", "rgba", ["pixels", "transparency"]),
        ("png", "ya8", ["transparency"]),
    ],
)
def test_what_cannot_be_as_it_was_is_said(
    make_film: Make, codec: str, pix_fmt: str, lost: list[str]
) -> None:
    notes = info_of(
        make_film(
            "film.mov" if codec == "png" else "film.mkv", codec=codec, pix_fmt=pix_fmt
        )
    ).notes
    assert [note.split()[1] for note in notes] == lost


def test_the_shape_of_samples_is_the_container_s_if_it_says_one(
    make_film: Make,
) -> None:
    path = make_film(codec="mpeg4", sar=Fraction(12, 11))
    assert info_of(path).sar == Fraction(12, 11)
    with av.open(str(path)) as source, av.open(f"{path}.mp4", "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0], opaque=True)
        stream.sample_aspect_ratio = Fraction(16, 15)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    assert info_of(Path(f"{path}.mp4")).sar == Fraction(16, 15)


def test_an_uneven_film_s_rate_is_its_mean(make_film: Make) -> None:
    times = [*range(0, 1000, 40), *range(1000, 9000, 400)]
    path = make_film(name="film.mp4", codec="mpeg4", times=times)
    assert info_of(path).rate == pytest.approx(45 / 8.64)


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_what_is_heard_first_is_the_beginning(make_film: Make, name: str) -> None:
    path = make_film(name, codec="libx264", times=range(700, 1500, 40))
    assert info_of(path).start == Fraction(7, 10)
    path = make_film(name, codec="libx264", times=range(700, 1500, 40), sound="flac")
    assert info_of(path).start == 0


@pytest.mark.parametrize(("tags", "title"), [({"title": "Reel"}, "Reel"), ({}, "")])
def test_a_stream_has_the_title_it_was_given(
    make_film: Make, tags: dict[str, str], title: str
) -> None:
    (stream,) = info_of(make_film(stream_tags=tags)).streams
    assert stream.title == title
