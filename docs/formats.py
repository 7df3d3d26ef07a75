"""Make the table of what is kept again: python docs/formats.py

Small films are made, each with one thing in it that could get lost; they are coloured
into every container, and what comes out is read again. Nothing here is known
beforehand.
"""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2
import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parent.parent))  # for tests/

from tests.vidcolor.media.made import Side, make
from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer, Predictions
from vidcolor.errors import VidcolorError
from vidcolor.media.reader import Reader

TARGET = Path(__file__).with_suffix(".md")
CONTAINERS = ["mkv", "webm", "mp4", "m4v", "mov", "avi", "ts"]
CODECS = {"webm": "vp9", "avi": "ffv1"}  # else H.264
KEPT, TURNED, LEFT_OUT, REFUSED, LOST = "yes", "as text", "no", "refused", "LOST"
SOUNDS = {
    "AAC": ("aac", "mkv"),
    "AC-3": ("ac3", "mkv"),
    "E-AC-3": ("eac3", "mkv"),
    "MP2": ("mp2", "mkv"),
    "MP3": ("libmp3lame", "mkv"),
    "Opus": ("libopus", "mkv"),
    "Vorbis": ("vorbis", "mkv"),
    "FLAC": ("flac", "mkv"),
    "ALAC": ("alac", "mkv"),
    "WavPack": ("wavpack", "mkv"),
    "TTA": ("tta", "mkv"),
    "WMA": ("wmav2", "wmv"),
    "PCM 16 bit": ("pcm_s16le", "mkv"),
    "PCM 16 bit, big-endian": ("pcm_s16be", "mov"),
    "PCM 24 bit": ("pcm_s24le", "mkv"),
    "PCM float": ("pcm_f32le", "mkv"),
    "PCM 8 bit": ("pcm_u8", "avi"),
    "PCM µ-law": ("pcm_mulaw", "mov"),
    "ADPCM (Microsoft)": ("adpcm_ms", "avi"),
    "ADPCM (IMA, QuickTime)": ("adpcm_ima_qt", "mov"),
    "ADPCM (IMA, Wave)": ("adpcm_ima_wav", "avi"),
}
CAPTIONS = {
    "SubRip": ("subrip", b"Hello"),
    "ASS": ("ass", b"0,0,Default,,0,0,0,,Hello"),
    "WebVTT": ("webvtt", b"Hello"),
    "PGS (Blu-ray)": ("hdmv_pgs_subtitle", b"\x80\x00\x00"),
    "VobSub (DVD)": ("dvd_subtitle", b"\x00\x08\x00\x06\x00\x00\xff\xff"),
    "DVB": (
        "dvb_subtitle",
        b"\x0f\x10\x00\x01\x00\x02\x1e\x10\x0f\x80\x00\x01\x00\x00",
    ),
}
UPRIGHT = (0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
UNEVEN = (0, 3001, 9005, 9100, 30003, 45000)
DV = {"width": 720, "height": 576}
BLU_RAY = {"mpegts_m2ts_mode": "1"}
MARKS = ["default", "forced", "comment", "original", "hearing_impaired"]
QUIET = {"x265-params": "log-level=none"}
MASTERED = (
    "log-level=none:master-display=G(13250,34500)B(7500,3000)R(34000,16000)"
    "WP(15635,16450)L(10000000,1):max-cll=1000,400"
)


@dataclass
class Thing:
    """Something that a film has: how such a film is made, and how it is seen."""

    name: str
    seen: Callable[[Path], Any]
    wishes: dict[str, Any] = field(default_factory=dict)
    ending: str = "mkv"
    word: str = "left out"  # that the account must have if it is lost
    spoil: Callable[[bytes], bytes] = bytes  # makes of the file what no muxer writes


HEAD = """# What is kept in which container

Measured by `python docs/formats.py`, which makes small films, colours them into every
container and reads the result. *yes*: the same afterwards, packets byte for byte; *no*:
left out, which is said before the work starts; *as text*: turned into the container's
own kind of text; *refused*: before the work starts, with a way out; *to 0.4 ms*: times
are off by no more, which is said too. Codecs are H.264, VP9 in WebM and FFV1 in AVI.
Without `-o`, a film whose own container would lose more
than Matroska is written as Matroska."""
READ = """
## What is read

From local files only; these were made and read.
"""


class Grey(Colorizer):
    """Leaves everything grey, at once."""

    def predict(self, lightness: Tensor) -> Predictions:
        """Return no colour."""
        small = lightness[:, ::4, ::4]
        return Predictions(torch.zeros(len(small), 2, *small.shape[1:]), small)


def main() -> None:
    """Write docs/formats.md."""
    colorizer = Grey(device="cpu", size=64)
    sections = [
        ("sound", [_sound(name, *what) for name, what in SOUNDS.items()]),
        ("subtitles", [_captions(name, *what) for name, what in CAPTIONS.items()]),
        ("pictures", PICTURES),
        ("the rest", REST),
    ]
    lines = [HEAD]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for title, things in sections:
            lines += ["", f"| {title} | {' | '.join(CONTAINERS)} |"]
            lines.append("|---" * (len(CONTAINERS) + 1) + "|")
            for thing in things:
                cells = [_cell(thing, c, colorizer, folder) for c in CONTAINERS]
                lines.append(f"| {thing.name} | {' | '.join(cells)} |")
                print(lines[-1], file=sys.stderr)
        lines += [READ, "| file | video | frames read |", "|---|---|---|"]
        lines += [_read(*what, folder) for what in FILES]
    TARGET.write_text("\n".join(lines) + "\n")


def _cell(thing: Thing, ending: str, colorizer: Colorizer, folder: Path) -> str:
    """Return what becomes of a thing in a container."""
    source, target = folder / f"in.{thing.ending}", folder / f"out.{ending}"
    make(source, **{"frames": 12, **thing.wishes})
    source.write_bytes(thing.spoil(source.read_bytes()))
    codec = thing.wishes.get("to", CODECS.get(ending, "h264"))
    try:
        account = colorize(
            source, target, model=colorizer, smooth=0, codec=codec, overwrite=True
        )
    except VidcolorError:
        return REFUSED
    before, after = thing.seen(source), thing.seen(target)
    if before == after:
        return KEPT
    if isinstance(after, str) and after.endswith("ms"):
        return after
    if any("turned" in stream["fate"] for stream in account.streams):
        return TURNED
    return LEFT_OUT if any(thing.word in note for note in account.notes) else LOST


def _read(name: str, ending: str, codec: str, wishes: Any, folder: Path) -> str:
    """Return a line of the table of what can be read."""
    film = make(folder / f"film.{ending}", codec=codec, frames=12, **wishes)
    reader = Reader(film)
    frames = sum(1 for _ in reader.frames())
    return f"| {name} (.{ending}) | {reader.info.codec} | {frames} of 12 |"


def _sound(name: str, encoder: str, ending: str) -> Thing:
    video = {"wmv": "wmv2", "avi": "mpeg4"}.get(ending, "libx264")
    options = {"vorbis": {"strict": "-2"}, "wmav2": {"b": "128k"}}.get(encoder, {})
    wishes = {"codec": video, "sides": [Side(encoder, options=options)]}
    return Thing(name, _payload("audio"), wishes, ending)


def _captions(name: str, codec: str, payload: bytes) -> Thing:
    return Thing(
        name,
        _payload("subtitle"),
        {"sides": [Side(codec, [(0, payload), (200, payload)])]},
    )


def _payload(kind: str) -> Callable[[Path], str]:
    """Return what gives all bytes in a film's packets of one kind, as a hash."""

    def seen(path: Path) -> str:
        with av.open(str(path)) as film:
            streams = [stream for stream in film.streams if stream.type == kind]
            packets = film.demux(*streams) if streams else ()
            return hashlib.sha256(
                b"".join(_bare(bytes(packet)) for packet in packets)
            ).hexdigest()

    return seen


def _bare(packet: bytes) -> bytes:
    """Return a packet without what MPEG-TS alone wraps it in (AAC's ADTS, DVB's)."""
    if packet[:2] == b"\xff\xf1":
        return packet[7:]
    return packet[2:-1] if packet[:2] == b"\x20\x00" else packet


def _info(name: str) -> Callable[[Path], Any]:
    return lambda path: getattr(Reader(path).info, name)


def _times(path: Path) -> Any:
    """Return a film's times; of a result, how far off they are."""
    times = [frame.seconds for frame in Reader(path).frames()]
    if path.stem == "in":
        return times
    truth = [frame.seconds for frame in Reader(path.with_name("in.mp4")).frames()]
    worst = max(abs(a - b) for a, b in zip(times, truth, strict=True))
    return f"to {float(worst) * 1000:.1f} ms" if worst else times


def _shape(path: Path) -> int:
    """Return how wide a film is shown; containers round it to a pixel."""
    info = Reader(path).info
    return round(info.width * info.sar)


def _tag(name: str) -> Callable[[Path], str | None]:
    def seen(path: Path) -> str | None:
        tags = Reader(path).info.metadata
        return {key.lower(): value for key, value in tags.items()}.get(name)

    return seen


def _stream(kind: str, name: str) -> Callable[[Path], Any]:
    """Return what gives one fact about the streams of a kind, whichever there are."""
    return lambda path: {
        getattr(stream, name)
        for stream in Reader(path).info.streams
        if stream.kind == kind
    }


def _chapters(path: Path) -> Any:
    return [(round(c.start, 3), c.title) for c in Reader(path).info.chapters]


def _timecode(path: Path) -> set[str]:
    """Return what any tag or track says, for containers keep it where they like."""
    info = Reader(path).info
    tags = [info.metadata, *(stream.metadata for stream in info.streams)]
    return {v for held in tags for key, v in held.items() if key.lower() == "timecode"}


def _attachment(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [stream.data for stream in film.streams.attachments]


def _captioned(raw: bytes) -> bytes:
    """Put a caption of CEA-608, as ATSC A/53 wraps it, before each picture of H.264."""
    caption = b"\xb5\x00\x31GA94\x03\xc1\xff\xfc\x94\x20\xff"
    message = b"\x00\x00\x01\x06\x04" + bytes([len(caption)]) + caption + b"\x80"
    first, *units = raw.split(b"\x00\x00\x01")
    pictures = (1, 5)
    return first + b"".join(
        (message if unit[0] & 31 in pictures else b"") + b"\x00\x00\x01" + unit
        for unit in units
    )


def _telemetry(raw: bytes) -> bytes:
    """Make a track of subtitles one of a camera's data (GoPro's)."""
    return raw.replace(b"sbtl", b"meta").replace(b"tx3g", b"gpmd")


def _marked(name: str) -> Thing:
    sides = [Side(codec, disposition=name) for codec in EVERYWHERE]
    return Thing(
        f"mark {name!r}",
        lambda path: {name in marks for marks in _stream("audio", "disposition")(path)},
        {"sides": sides},
        word=name,
    )


EVERYWHERE = ["libopus", "libmp3lame"]  # one of them is kept in every container
NAMED = [
    Side(codec, tags={"language": "fra", "title": "Comment"}) for codec in EVERYWHERE
]
JPEG = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
PICTURES = [
    Thing("uneven times", _times, {"tick": Fraction(1, 90000), "times": UNEVEN}, "mp4"),
    Thing("late start", _times, {"start": Fraction(36, 25)}, "mp4"),
    Thing("rotation", _info("display_matrix"), {"matrix": UPRIGHT}, "mp4"),
    Thing("sample aspect", _shape, {"sar": Fraction(16, 11)}, word="shape"),
    Thing("upper field first", _info("scan"), {"fields": "tff"}, word="field"),
    Thing("lower field first", _info("scan"), {"fields": "bff"}, word="field"),
    Thing("colour tags", _info("color"), {"colors": (1, 1, 1, 1)}),
    Thing("full range", _info("color"), {"colors": (2, 1, 1, 1)}),
    Thing(
        "10 bits, HLG, BT.2020",
        _info("color"),
        {"pix_fmt": "yuv420p10le", "colors": (1, 9, 18, 9)},
    ),
    Thing(
        "HDR10 metadata",
        _info("mastering"),
        {
            "codec": "libx265",
            "pix_fmt": "yuv420p10le",
            "colors": (1, 9, 16, 9),
            "options": {"x265-params": MASTERED},
        },
        word="HDR10",
    ),
    Thing(
        "closed captions",
        lambda path: "A53_CC" in Reader(path).info.side_data,
        {"format": "h264"},
        "h264",
        "captions",
        _captioned,
    ),
]
REST = [
    Thing("title", _tag("title"), {"tags": {"title": "My film"}}, word="tags"),
    Thing("date", _tag("date"), {"tags": {"date": "1906"}}, word="tags"),
    Thing("tags of one's own", _tag("reel"), {"tags": {"reel": "7"}}, word="tags"),
    Thing("chapters", _chapters, {"chapters": [(0, 240, "One"), (240, 480, "Zwö")]}),
    Thing("languages", _stream("audio", "language"), {"sides": NAMED}, word="language"),
    Thing("names of streams", _stream("audio", "title"), {"sides": NAMED}, word="name"),
    *map(_marked, MARKS),
    Thing(
        "attachments",
        _attachment,
        {"attachments": [("notes.txt", "text/plain", b"words")]},
    ),
    Thing(
        "cover picture",
        _stream("cover", "codec"),
        {"attachments": [("cover.jpg", "image/jpeg", JPEG)]},
    ),
    Thing("timecode", _timecode, {"stream_tags": {"timecode": "01:00:00:00"}}, "mov"),
    Thing(
        "a camera's data",
        _stream("data", "kind"),
        {"sides": [Side("mov_text", [(0, b"\x00\x02ab")])]},
        "mp4",
        spoil=_telemetry,
    ),
]
FILES: list[tuple[str, str, str, dict[str, Any]]] = [
    ("MP4", "mp4", "libx264", {}),
    ("QuickTime", "mov", "prores_ks", {"pix_fmt": "yuv422p10le"}),
    ("Matroska", "mkv", "ffv1", {"pix_fmt": "gray16le"}),
    ("WebM", "webm", "libvpx-vp9", {}),
    ("AVI", "avi", "mjpeg", {"pix_fmt": "yuvj422p"}),
    ("AVI, DV", "avi", "dvvideo", DV),
    ("DV", "dv", "dvvideo", DV),
    ("MPEG-TS", "ts", "mpeg2video", {}),
    ("AVCHD", "mts", "libx264", {"format": "mpegts", "muxing": BLU_RAY}),
    ("DVD", "vob", "mpeg2video", {}),
    ("MPEG", "mpg", "mpeg1video", {}),
    ("Windows Media", "wmv", "wmv2", {}),
    ("MXF", "mxf", "mpeg2video", {"pix_fmt": "yuv422p"}),
    ("Flash", "flv", "flv", {}),
    ("Ogg", "ogv", "libvpx", {"format": "ogg"}),
    ("3GP", "3gp", "mpeg4", {}),
    ("GIF", "gif", "gif", {"pix_fmt": "rgb8"}),
    ("NUT", "nut", "ffv1", {}),
    ("YUV4MPEG", "y4m", "wrapped_avframe", {}),
    ("IVF", "ivf", "libvpx", {}),
    ("H.264 alone", "h264", "libx264", {"format": "h264"}),
    ("HEVC alone", "hevc", "libx265", {"format": "hevc", "options": QUIET}),
    ("MPEG-2 alone", "m2v", "mpeg2video", {"format": "mpeg2video"}),
]

if __name__ == "__main__":
    main()
