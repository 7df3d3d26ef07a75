"""A film from a stranger is one local file: what it points at is never opened."""

import ast
import os
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest

import vidcolor
from vidcolor.errors import ReadError
from vidcolor.media.opening import open_source
from vidcolor.media.reader import Reader

MakeFilm = Callable[..., Path]


@pytest.fixture
def secret(make_film: MakeFilm) -> Path:
    """Return a film that nobody may look at."""
    return make_film(name="secret.mov", codec="mpeg4")


@pytest.fixture
def was_read(secret: Path) -> Callable[[], bool]:
    """Return a function that tells whether the secret's bytes were looked at."""

    def looked() -> bool:
        return secret.stat().st_atime > 1

    os.utime(secret, (1, secret.stat().st_mtime))
    secret.read_bytes()
    if not looked():
        pytest.skip("this file system does not say when a file was read")
    os.utime(secret, (1, secret.stat().st_mtime))
    return looked


# Each of these makes players open another file, or an address.
LISTS = {
    "ffconcat": "ffconcat version 1.0\nfile secret.mov\n",
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.mov\n#EXT-X-ENDLIST\n",
    "m3u": "#EXTM3U\nsecret.mov\n",
    "pls": "[playlist]\nFile1=secret.mov\nNumberOfEntries=1\nVersion=2\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
        'type="static"><Period><AdaptationSet><Representation><BaseURL>secret.mov'
        "</BaseURL></Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    ),
    "rtsp": "rtsptextrtsp://127.0.0.1:9/secret\n",
    "asx": '<asx version="3"><entry><ref href="secret.mov"/></entry></asx>',
    "asf reference": "[Reference]\nRef1=http://127.0.0.1:9/secret\n",
    "real": "rtsp://127.0.0.1:9/secret.rm\n",
    "ass": (
        "[Script Info]\nVideo File: secret.mov\n[Events]\n"
        "Dialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,secret.mov\n"
    ),
    "srt": "1\n00:00:00,000 --> 00:00:01,000\nsecret.mov\n",
    "vobsub": (
        "# VobSub index file, v7\nid: en, index: 0\n"
        "timestamp: 00:00:00:000, filepos: 000000000\n"
    ),
}
NAMES = ("film.mp4", "film.mkv", "film.ts", "film.m3u8", "film.mpd", "film.sdp")


@pytest.mark.parametrize("kind", LISTS)
def test_a_list_of_files_is_refused_under_every_name(
    kind: str, secret: Path, was_read: Callable[[], bool]
) -> None:
    for name in NAMES:
        path = secret.with_name(name)
        path.write_text(LISTS[kind])
        with pytest.raises(ReadError, match=f"{name}: ") as caught:
            Reader(path)
        assert "\n" not in str(caught.value)
    assert not was_read()


@pytest.mark.parametrize(
    "name",
    [
        "concat:secret.mov|secret.mov",
        "subfile,,start,0,end,0,,:secret.mov",
        "file:secret.mov",
        "crypto:secret.mov",
        "async:file:secret.mov",
        "cache:secret.mov",
        "http://127.0.0.1:9/secret.mov",
        "rtsp://127.0.0.1:9/secret",
        "tcp://127.0.0.1:9",
        "pipe:0",
        "fd:",
        "data:video/mp4;base64,AAAA",
        "frame%03d.png",
        "frame*.png",
        "secre%c.mov",
        "-",
    ],
)
def test_a_name_is_a_name_and_no_address(
    name: str,
    secret: Path,
    was_read: Callable[[], bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(secret.parent)
    (secret.parent / "frame001.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(ReadError, match="no such file"):
        Reader(Path(name))
    assert not was_read()


def test_a_file_with_such_a_name_is_read_as_it_is(
    make_film: MakeFilm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("concat:a|b.mkv", "pipe:0.mkv", "-x.mkv", "%03d.mkv", "~ $HOME.mkv"):
        path = make_film(name=name)
        monkeypatch.chdir(path.parent)
        with Reader(Path(name)) as reader:
            assert len(list(reader.frames())) == 10


@pytest.mark.parametrize("muxer", ["mov", "mp4"])
def test_a_reference_movie_does_not_reach_the_film_it_refers_to(
    muxer: str, secret: Path, was_read: Callable[[], bool]
) -> None:
    whole = secret.read_bytes()
    os.utime(secret, (1, secret.stat().st_mtime))
    film = secret.with_name(f"film.{muxer}")
    film.write_bytes(reference_movie(whole, secret.name))
    with av.open(str(film), options={"enable_drefs": "1"}) as fooled:
        assert len(list(fooled.decode(video=0))) == 10  # so the reference is a good one
    os.utime(secret, (1, secret.stat().st_mtime))
    with pytest.raises(ReadError, match="cannot be decoded"):
        Reader(film)
    assert not was_read()


def test_a_link_is_the_file_that_a_person_means(make_film: MakeFilm) -> None:
    path = make_film(name="film.mkv")
    link = path.with_name("link.mkv")
    link.symlink_to(path)
    with Reader(link) as reader:
        assert len(list(reader.frames())) == 10


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    fifo = tmp_path / "film.mkv"
    os.mkfifo(fifo)  # nobody writes: opening it would wait for ever
    for path in (fifo, Path("/dev/zero"), Path("/dev/null"), tmp_path):
        with pytest.raises(ReadError, match=r"is no file|is a folder"):
            open_source(path)


def test_films_are_opened_for_reading_in_one_place_only() -> None:
    package = Path(vidcolor.__file__).parent
    for path in package.rglob("*.py"):
        if path.name == "opening.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open":
                assert ast.unparse(node.args[1]) == "'w'", path


def reference_movie(movie: bytes, name: str) -> bytes:
    """Return a QuickTime movie without its samples: they are to come from a file."""
    alias = quicktime_alias(name)
    reference = box(b"dref", bytes(4) + struct.pack(">I", 1) + alias)
    start = movie.index(b"dref") - 4
    old = movie[start : start + size_at(movie, start)]
    moov = movie.index(b"moov") - 4
    index = bytearray(movie[moov : moov + size_at(movie, moov)])
    for name_of_parent in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        at = index.index(name_of_parent) - 4
        struct.pack_into(
            ">I", index, at, size_at(index, at) + len(reference) - len(old)
        )
    return movie[: size_at(movie, 0)] + bytes(index).replace(old, reference)


def quicktime_alias(name: str) -> bytes:
    """Return an alias record (Inside Macintosh: Files) of a file in the same folder."""
    plain = name.encode()
    record = bytes(10) + b"\x04disk".ljust(28, b"\0") + bytes(12)
    record += bytes([len(plain)]) + plain.ljust(63, b"\0") + bytes(16)
    record += struct.pack(">HH", 1, 1) + bytes(16)  # folders up, and down again
    path = b"/" + plain
    record += struct.pack(">HH", 2, len(path)) + path + bytes(len(path) % 2)
    record += struct.pack(">HH", 0xFFFF, 0)
    return box(b"alis", bytes(4) + record.ljust(160, b"\0"))


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def size_at(movie: bytes | bytearray, at: int) -> int:
    (size,) = struct.unpack_from(">I", movie, at)
    return int(size)
