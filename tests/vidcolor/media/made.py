"""Makes films as cameras, discs and television leave them: tiny ones, of noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.packet import Packet
from av.stream import Disposition

TICK = Fraction(1, 1000)

# A packet: when, in milliseconds, what, and how long, if not 40.
Payload = tuple[int, bytes] | tuple[int, bytes, int]

_BY_RATE = ("mpeg2video", "mjpeg")  # encoders whose time base is that of the rate


@dataclass
class Side:
    """A stream beside the film's: sound by an encoder, anything else by its packets."""

    codec: str  # an encoder's name for sound, a codec's for the rest
    packets: Sequence[Payload] = ()
    tags: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    options: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None  # of sound; else as many as the film has
    late: Fraction = Fraction(0)  # seconds by which sound starts after the film


@dataclass
class Made:
    """A film to make."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    width: int = 64
    height: int = 48
    rate: Fraction = Fraction(25)
    frames: int = 10
    times: Sequence[int] | None = None  # in ticks; else by the rate
    tick: Fraction | None = None
    start: Fraction = Fraction(0)
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    muxing: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    stream_tags: dict[str, str] = field(default_factory=dict)
    chapters: Sequence[tuple[int, int, str]] = ()
    attachments: Sequence[tuple[str, str, bytes]] = ()
    sides: Sequence[Side] = ()
    sar: Fraction = Fraction(1)
    matrix: Sequence[int] = ()
    fields: str = ""
    from_frame: int = 0  # the first that has them
    colors: tuple[int, int, int, int] = (0, 2, 2, 2)
    seed: int = 0


def make(path: Path, **wishes: Any) -> Path:
    """Write a film and return its path."""
    film = Made(**wishes)
    with av.open(
        str(path), "w", format=film.format, container_options=film.muxing
    ) as out:
        out.metadata.update(film.tags)
        video = _video(out, film)
        sides = [(side, _side(out, side)) for side in film.sides]
        for name, kind, payload in film.attachments:
            out.add_attachment(name, kind, payload)
        out.set_chapters([_chapter(n, *c) for n, c in enumerate(film.chapters)])
        pictures = _pictures(film)
        span = float(pictures[-1].time + 1 / film.rate - film.start)
        for side, stream in sides:
            if side.packets:
                out.mux([_packet(stream, *p) for p in side.packets])
            else:
                out.mux(_tone(stream, film.start + side.late, side.seconds or span))
        for picture in pictures:
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
    return path


def _video(out: Any, film: Made) -> Any:
    video = out.add_stream(film.codec, film.rate, dict(film.options))
    video.metadata.update(film.stream_tags)
    context = video.codec_context
    context.thread_count = 1  # else the bytes depend on the machine
    context.width, context.height, context.pix_fmt = (
        film.width,
        film.height,
        film.pix_fmt,
    )
    if film.tick and film.codec not in _BY_RATE:
        context.time_base = video.time_base = film.tick
    context.sample_aspect_ratio = film.sar
    context.color_range, context.colorspace = film.colors[:2]
    context.color_trc, context.color_primaries = film.colors[2:]
    if film.fields and not film.from_frame:
        context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        context.field_order = {"tff": 2, "bff": 3}[film.fields]
    if film.matrix:
        video.set_display_matrix(list(film.matrix))
    return video


def _side(out: Any, side: Side) -> Any:
    if side.packets:
        stream = (
            out.add_data_stream(side.codec)
            if side.codec == "bin_data"
            else out.add_mux_stream(side.codec)
        )
        stream.time_base = TICK
    else:
        stream = out.add_stream(side.codec, 48000, dict(side.options))
        stream.codec_context.layout = "stereo"
    stream.metadata.update(side.tags)
    if side.disposition:
        stream.disposition = Disposition[side.disposition]
    return stream


def _chapter(number: int, start: int, end: int, title: str) -> Any:
    tags = {"title": title} if title else {}
    return {
        "id": number,
        "start": start,
        "end": end,
        "time_base": TICK,
        "metadata": tags,
    }


def _packet(
    stream: Any, time: int, payload: bytes, duration: int = 40
) -> "Packet[Any]":
    packet: Packet[Any] = Packet(payload)
    packet.pts = packet.dts = time
    packet.time_base, packet.duration = TICK, duration
    packet.stream = stream
    return packet


def _tone(stream: Any, start: Fraction, span: float) -> "list[Packet[Any]]":
    context = stream.codec_context
    rng = np.random.default_rng(stream.index)
    packets, size = [], 1024
    for first in range(0, max(size, round(span * context.sample_rate)), size):
        wave = rng.normal(0, 0.1, (2, size)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(wave, "fltp", "stereo")
        frame.sample_rate = context.sample_rate
        frame.time_base = Fraction(1, context.sample_rate)
        frame.pts = first + round(start * context.sample_rate)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def _pictures(film: Made) -> list[av.VideoFrame]:
    rng = np.random.default_rng(film.seed)
    tick = film.tick or 1 / film.rate
    first = round(film.start / tick)
    times = film.times or [round(n / film.rate / tick) for n in range(film.frames)]
    pictures = []
    for time in times:
        picture = av.VideoFrame(film.width, film.height, film.pix_fmt)
        for memory in picture.planes:
            codes = np.frombuffer(memoryview(memory), np.uint8)
            deep = picture.format.components[0].bits
            if deep > 8:
                codes = codes.view(np.uint16)
            codes[:] = rng.integers(0, 1 << deep, codes.shape)
        picture.pts, picture.time_base = first + time, tick
        has_fields = film.fields and len(pictures) >= film.from_frame
        pictures.append(flagged(picture, film.fields) if has_fields else picture)
    return pictures


def flagged(picture: av.VideoFrame, order: str) -> av.VideoFrame:
    """Return a picture marked as of two fields: tff or bff, which one comes first."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base,
    )
    flag, sink = graph.add("setfield", order), graph.add("buffersink")
    source.link_to(flag)
    flag.link_to(sink)
    graph.configure()
    graph.push(picture)
    marked = graph.pull()
    assert isinstance(marked, av.VideoFrame)
    return marked
