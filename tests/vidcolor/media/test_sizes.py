"""A header of a few bytes may announce any size: too large is told, not tried."""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest

from vidcolor.errors import ReadError
from vidcolor.media.opening import MAX_PIXELS
from vidcolor.media.reader import Reader

MakeFilm = Callable[..., Path]
MIB = 1 << 20
CLEAR = Path("/proc/self/clear_refs")


@pytest.fixture
def peak() -> Callable[[], int]:
    """Return a function that tells by how many bytes memory has grown at most."""
    if not CLEAR.exists():
        pytest.skip("only Linux forgets how much memory a process once held")
    CLEAR.write_text("5")
    before = _peak()
    return lambda: _peak() - before


def _peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError


def giant(make_film: MakeFilm, name: str, width: int, height: int) -> Path:
    """Make a small film, and write over where its file says how large it is."""
    codec = {"avi": "mjpeg", "gif": "gif", "mkv": "ffv1"}[name[-3:]]
    pix_fmt = {"mjpeg": "yuvj420p", "gif": "rgb8"}.get(codec, "yuv420p")
    path = make_film(name=name, codec=codec, pix_fmt=pix_fmt, width=300, height=300)
    data = bytearray(path.read_bytes())
    for at, code, size in _size_fields(bytes(data), name[-3:], width, height):
        struct.pack_into(code, data, at, *size)
    path.write_bytes(data)
    return path


def _size_fields(
    data: bytes, kind: str, width: int, height: int
) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """Yield where sizes stand, how they are written, and what to write."""
    if kind == "gif":
        yield 6, "<HH", (width, height)
        yield data.index(b"\x2c\0\0\0\0") + 5, "<HH", (width, height)
    if kind == "mkv":  # the elements PixelWidth and PixelHeight
        yield data.index(b"\xb0\x82") + 2, ">H", (width,)
        yield data.index(b"\xba\x82") + 2, ">H", (height,)
    if kind == "avi":  # in the header, and in each JPEG
        yield data.index(b"strf") + 12, "<II", (width, height)
        at = data.find(b"\xff\xc0")
        while at >= 0:
            yield at + 5, ">HH", (height, width)
            at = data.find(b"\xff\xc0", at + 1)


@pytest.mark.parametrize("kind", ["avi", "gif", "mkv"])
@pytest.mark.parametrize("side", [60000, 16000])  # FFmpeg itself takes the second
def test_a_film_of_absurd_size_is_refused_before_memory_is_taken(
    make_film: MakeFilm, peak: Callable[[], int], kind: str, side: int
) -> None:
    path = giant(make_film, f"film.{kind}", side, side)
    with pytest.raises(ReadError, match=r"film\.\w+: ") as caught:
        list(Reader(path).frames())
    assert "\n" not in str(caught.value)
    assert peak() < 64 * MIB


def test_8k_film_is_read(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mjpeg", 25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 7680, 4320, "yuvj420p"
        assert stream.width * stream.height <= MAX_PIXELS
        picture = av.VideoFrame(7680, 4320, "yuvj420p")
        for plane in picture.planes:
            plane.update(bytes(plane.buffer_size))
        picture.pts = 0
        out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    (frame,) = Reader(path).frames()
    assert frame.luma.shape == (4320, 7680)


def test_more_streams_than_anybody_needs_are_told(make_film: MakeFilm) -> None:
    path = make_film(name="film.mp4", codec="mpeg4")
    movie = path.read_bytes()
    moov, trak = movie.index(b"moov") - 4, movie.index(b"trak") - 4
    (size,) = struct.unpack_from(">I", movie, trak)
    track = movie[trak : trak + size]
    (index,) = struct.unpack_from(">I", movie, moov)
    index += 2000 * size
    path.write_bytes(
        movie[:moov]
        + struct.pack(">I", index)
        + movie[moov + 4 : trak]
        + track * 2000
        + movie[trak:]
    )
    with pytest.raises(ReadError, match="too many streams"):
        Reader(path)
