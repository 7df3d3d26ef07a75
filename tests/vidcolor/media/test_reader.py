import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.codec.context import Flags

from tests.vidcolor.media.made import Side, make
from vidcolor.errors import ReadError
from vidcolor.media.picture import Frame
from vidcolor.media.reader import Reader

Make = Callable[..., Path]
UNEVEN = (700, 740, 1000, 1001, 3000)


def seconds(frames: list[Frame]) -> list[Fraction]:
    return [frame.seconds for frame in frames]


def test_frames_keep_their_uneven_times(make_film: Make) -> None:
    frames = list(Reader(make_film(times=UNEVEN)).frames())
    assert seconds(frames) == [Fraction(t, 1000) for t in UNEVEN]


def test_luma_is_a_view_that_cannot_be_written(make_film: Make) -> None:
    frame = next(Reader(make_film()).frames())
    assert frame.luma.shape == (48, 64)
    assert frame.luma.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        frame.luma[0, 0] = 1


def test_frames_held_in_a_window_keep_their_luma(make_film: Make) -> None:
    path = make_film(codec="libx264", times=range(0, 2000, 40))
    held = list(Reader(path).frames())
    again = [frame.luma.copy() for frame in Reader(path).frames()]
    assert all((a.luma == b).all() for a, b in zip(held, again, strict=True))


def test_a_part_is_what_lies_between_its_bounds(make_film: Make) -> None:
    path = make_film(codec="libx264", times=range(0, 8000, 40), options={"g": "50"})
    reader = Reader(path)
    whole = {frame.seconds: frame.luma.copy() for frame in reader.frames()}
    start, end = Fraction(41, 10), Fraction(9, 2)
    part = list(reader.frames(start, end))
    assert seconds(part) == [t for t in whole if start <= t < end]
    assert all((frame.luma == whole[frame.seconds]).all() for frame in part)
    assert not reader.damage


def test_a_part_counts_from_the_film_s_beginning(make_film: Make) -> None:
    reader = Reader(make_film(times=UNEVEN))
    assert reader.info.start == Fraction(7, 10)
    part = list(reader.frames(Fraction(3, 10)))
    assert seconds(part)[0] == 1


def test_a_part_is_not_called_damaged_for_what_was_not_wanted(make_film: Make) -> None:
    path = make_film(name="film.mp4", codec="libx264", times=range(0, 4000, 40))
    reader = Reader(path)
    for part in ((1, None), (None, 2), (1, 2)):
        start, end = (None if time is None else Fraction(time) for time in part)
        assert list(reader.frames(start, end))
        assert reader.damage.lines() == []


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (60, None, "has no frame from 60.000 s; it lasts 2.0"),
        (60, 61, "has no frame from 60.000 s to 61.000 s; it lasts 2.0"),
        (None, Fraction(1, 9), "has no frame from 0.000 s to 0.111 s; it lasts 2.0"),
    ],
)
def test_a_part_without_frames_is_refused(
    make_film: Make, start: int | None, end: Fraction | None, told: str
) -> None:
    times = range(1000, 2000, 40)  # the sound begins at 0, and so does the film
    path = make_film(codec="libx264", times=times, sound="aac")
    with pytest.raises(ReadError, match=re.escape(told)):
        list(Reader(path).frames(start, end))


@pytest.mark.parametrize(
    ("pix_fmt", "shifts"),
    [("yuv420p", (1, 1)), ("yuv411p", (2, 0)), ("yuv444p10le", (0, 0))],
)
def test_the_chroma_grid_is_known(
    make_film: Make, pix_fmt: str, shifts: tuple[int, int]
) -> None:
    yuv = Reader(make_film(pix_fmt=pix_fmt)).info.yuv
    assert (yuv.chroma_shift_x, yuv.chroma_shift_y) == shifts


@pytest.mark.parametrize(("tagged", "full"), [(0, False), (1, False), (2, True)])
def test_range_is_limited_unless_said(make_film: Make, tagged: int, full: bool) -> None:
    info = Reader(make_film(colors=(tagged, 2, 2, 2))).info
    assert info.yuv.full_range is full


def test_cover_pictures_are_not_the_film(make_film: Make) -> None:
    info = Reader(
        make_film(attachments=[("notes.txt", "text/plain", b"hello")], sound="aac")
    ).info
    assert [s.kind for s in info.streams] == ["video", "audio", "attachment"]


def test_damaged_spots_are_counted_and_passed_over(make_film: Make) -> None:
    path = make_film(codec="libx264", times=range(0, 4000, 40), options={"g": "10"})
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 4000] = bytes(range(200)) * 20
    path.write_bytes(raw)
    reader = Reader(path)
    times = seconds(list(reader.frames()))
    assert 50 < len(times) < 100
    assert times == sorted(set(times))
    assert any(f"{100 - len(times)} frame" in line for line in reader.damage.lines())


@pytest.mark.parametrize("codec", ["mpeg2video", "mpeg4"])
def test_frames_that_the_decoder_has_patched_are_counted(
    make_film: Make, codec: str
) -> None:
    times, rate = range(0, 800, 40), Fraction(25)
    path = make_film(codec=codec, times=times, rate=rate, options={"g": "1"})
    raw = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for number in (5, 9, 14):
        place = raw.index(packets[number]) + len(packets[number]) * 2 // 3
        raw[place : place + 30] = bytes(range(100, 130))
    path.write_bytes(raw)
    reader = Reader(path)
    assert len(list(reader.frames())) == len(times)
    assert reader.damage.lines() == ["3 damaged frames patched by the decoder"]


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4"])
def test_a_film_that_is_cut_off_gives_what_there_is(make_film: Make, name: str) -> None:
    options = {"movflags": "faststart"} if name == "film.mp4" else {}
    times = range(0, 4000, 40)
    path = make_film(name=name, codec="libx264", times=times, muxing=options)
    whole = len(list(Reader(path).frames()))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 6 // 10)
    reader = Reader(path)
    some = len(list(reader.frames()))
    assert whole == len(times)
    assert whole // 3 < some < whole
    assert any("announce" in line for line in reader.damage.lines())


def test_a_whole_film_is_not_called_damaged(make_film: Make) -> None:
    for name in ("film.mkv", "film.mp4", "film.avi"):
        codec = "mpeg4" if name == "film.avi" else "libx264"
        times = range(0, 4000, 40)
        reader = Reader(make_film(name=name, codec=codec, times=times))
        assert len(list(reader.frames())) == len(times)
        assert reader.damage.lines() == []


def test_an_uneven_film_has_no_holes(make_film: Make) -> None:
    reader = Reader(make_film(times=(*range(0, 1000, 40), 1330, 1400, 2000)))
    assert list(reader.frames())
    assert not reader.damage


NOT_FILMS = {
    "empty.mp4": b"",
    "text.mp4": b"These are my holidays.\n" * 50,
    "list.mp4": b"ffconcat version 1.0\nfile secret.mkv\n",
    "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nsecret.mkv\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
}


@pytest.mark.parametrize("name", NOT_FILMS)
def test_what_is_no_film_is_refused_in_one_line(make_film: Make, name: str) -> None:
    path = make_film(name="secret.mkv").with_name(name)
    path.write_bytes(NOT_FILMS[name])
    with pytest.raises(ReadError) as told:
        Reader(path)
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no such file"):
        Reader(tmp_path / "film.mkv")
    with pytest.raises(ReadError, match="folder"):
        Reader(tmp_path)


def test_a_film_without_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", 8000)
        silence = av.AudioFrame.from_ndarray(
            np.zeros((1, 800), np.int16), "s16", "mono"
        )
        silence.sample_rate = 8000
        out.mux(stream.encode(silence))
    with pytest.raises(ReadError, match="no video stream"):
        Reader(path)


@pytest.mark.parametrize("name", ["-a b'\"\n.mkv", "x:y.mkv", "ä%d.mkv"])
def test_strange_names_are_only_names(make_film: Make, name: str) -> None:
    try:
        path = make_film().rename(make_film().with_name(name))
    except OSError:
        pytest.skip("this system does not allow the name")
    assert list(Reader(path).frames())


def test_a_stream_that_turns_up_in_the_middle_does_not_end_the_film(
    tmp_path: Path,
) -> None:
    options = {"qp": "1", "preset": "ultrafast"}
    wishes = {"width": 320, "height": 240, "rate": Fraction(5), "options": options}
    parts = [
        make(tmp_path / "one.ts", frames=30, **wishes),
        make(
            tmp_path / "two.ts",
            frames=10,
            start=Fraction(6),
            sides=[Side("aac"), Side("mp2")],
            **wishes,
        ),
        make(tmp_path / "three.ts", frames=30, start=Fraction(8), **wishes),
    ]
    film = tmp_path / "film.ts"
    film.write_bytes(b"".join(part.read_bytes() for part in parts))
    reader = Reader(film)
    assert len(reader.info.streams) == 1  # or it shows nothing
    assert sum(1 for _ in reader.frames()) == 70


LISTENS_ALL_THE_TIME = """
import sys
from pathlib import Path
import av
from vidcolor.media.reader import Reader

reader = Reader(Path(sys.argv[1]))
av.logging.set_level(av.logging.ERROR)
av.logging.set_level = lambda level: None
for _ in range(50):
    frames = reader.frames()
    next(frames)
    frames.close()
"""


def test_a_film_is_let_go_while_its_decoder_has_something_to_say(
    make_film: Make,
) -> None:
    film = make_film(codec="libx264", times=range(0, 2000, 40))
    let_go = [sys.executable, "-c", LISTENS_ALL_THE_TIME, str(film)]
    subprocess.run(let_go, check=True, timeout=60)


HEARS = """
import logging, sys
from pathlib import Path
import av
from vidcolor.media.reader import Reader

logging.basicConfig(format="%(name)s", stream=sys.stdout)
reader = Reader(Path(sys.argv[1]))
av.logging.set_level(av.logging.ERROR)
av.logging.set_level = lambda level: None
print(sum(1 for _ in reader.frames()), "frames")
"""


def test_nothing_but_ffv1_is_heard_of_damage_in_pictures(make_film: Make) -> None:
    """FFmpeg's threads may speak when nobody listens any more; PyAV fails then."""
    film = make_film(codec="libx264", times=range(0, 2000, 40))
    content = bytearray(film.read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 2000, 100):
        content[place] ^= 0xFF
    film.write_bytes(content)
    hear = [sys.executable, "-c", HEARS, str(film)]
    heard = subprocess.run(hear, check=True, timeout=60, capture_output=True).stdout
    assert b"frames" in heard
    assert b"h264" not in heard


def test_a_last_frame_that_lasts_long_is_no_loss(tmp_path: Path) -> None:
    path = tmp_path / "slides.mkv"
    with av.open(str(path), "w") as out:
        film = out.add_stream("ffv1", 25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        film.codec_context.time_base = film.time_base = Fraction(1, 1000)
        film.codec_context.flags |= Flags.frame_duration
        for number, lasts in enumerate((3000, 3000, 3000, 6000)):
            slide = np.full((72, 64), 60 * number + 20, np.uint8)
            picture = av.VideoFrame.from_ndarray(slide, "yuv420p")
            picture.pts, picture.duration = 3000 * number, lasts
            picture.time_base = Fraction(1, 1000)
            out.mux(film.encode(picture))
        out.mux(film.encode(None))
    reader = Reader(path)
    assert reader.info.duration == 15
    assert len(list(reader.frames())) == 4
    assert not reader.damage
    assert reader.damage.lines() == []


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.mkv", "libx264"),
        ("film.webm", "libvpx"),
        ("film.nut", "libx264"),
        ("film.wmv", "wmv2"),
        ("film.mp4", "libx264"),
        ("film.ts", "libx264"),
        ("film.flv", "flv"),
    ],
)
@pytest.mark.parametrize("start", [0, 2, 100])
def test_a_film_lasts_as_long_wherever_its_clock_begins(
    tmp_path: Path, name: str, codec: str, start: int
) -> None:
    film = make(tmp_path / name, codec=codec, frames=80, start=Fraction(start))
    info = Reader(film).info
    assert 0 <= info.start - start < Fraction(1, 10)  # those with B-frames are late
    assert info.duration is not None
    assert info.frame_count is not None
    assert abs(info.duration - Fraction(80, 25)) <= info.time_base + 1 / info.rate
    assert abs(info.frame_count - 80) <= 1
