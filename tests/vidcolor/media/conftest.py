"""Small films made on the spot, and a stand-in for the network that colours them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec.context import Flags
from numpy.typing import NDArray

from vidcolor.media.plan import Plan
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer

MS = Fraction(1, 1000)
Seen = list[tuple[Fraction, NDArray[Any]]]


@dataclass
class Recipe:
    """A film to make; times in thousandths of a second."""

    name: str = "film.mkv"
    codec: str = "ffv1"
    pix_fmt: str = "yuv420p"
    width: int = 64
    height: int = 48
    times: Sequence[int] = tuple(range(0, 400, 40))
    options: dict[str, str] = field(default_factory=dict)
    container_options: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    sar: Fraction = Fraction(1)
    matrix: tuple[int, ...] | None = None
    fields: str = ""  # tff or bff
    colors: tuple[int, int, int, int] = (0, 2, 2, 2)  # range, matrix, trc, primaries
    sound: str = ""  # an audio encoder
    captions: Sequence[tuple[int, int, str]] = ()  # start, duration, words
    chapters: Sequence[tuple[int, int, str]] = ()
    attachment: bytes = b""


@pytest.fixture
def make_film(tmp_path: Path) -> Callable[..., Path]:
    """Make a film of noise: make_film(name="film.mkv", pix_fmt="gray", ...)."""

    def make(**wishes: object) -> Path:
        recipe = Recipe(**wishes)  # type: ignore[arg-type]
        path = tmp_path / recipe.name
        _write(path, recipe)
        return path

    return make


@pytest.fixture
def color() -> Callable[..., Seen]:
    """Colour a film with one colour by a plan; returns times and copies of luma."""
    return _color


def _color(
    plan: Plan,
    source: Path,
    start: Fraction | None = None,
    end: Fraction | None = None,
) -> Seen:
    reader = Reader(source)
    seen: Seen = []
    with Writer(plan, reader.info, start, end) as writer:
        for frame in reader.frames(start, end):
            seen.append((frame.seconds, frame.luma.copy()))
            shape = plan.yuv.chroma_shape(*frame.luma.shape)
            code = np.full(shape, plan.yuv.neutral, frame_dtype(plan.yuv.depth))
            writer.write(frame, code - 9, code + 9)
    return seen


def frame_dtype(depth: int) -> type[np.uint8] | type[np.uint16]:
    return np.uint16 if depth > 8 else np.uint8


def _write(path: Path, recipe: Recipe) -> None:
    with av.open(str(path), "w", container_options=recipe.container_options) as out:
        out.metadata.update(recipe.metadata)
        video = out.add_stream(recipe.codec, 25, dict(recipe.options))
        assert isinstance(video, av.VideoStream)
        _describe(video, recipe)
        sound = out.add_stream(recipe.sound, 48000) if recipe.sound else None
        captions = out.add_mux_stream("subrip") if recipe.captions else None
        if captions is not None:
            captions.time_base = MS
            captions.metadata["language"] = "ger"
        if recipe.attachment:
            out.add_attachment("notes.txt", "text/plain", recipe.attachment)
        out.set_chapters(
            [
                {
                    "id": n,
                    "start": a,
                    "end": b,
                    "time_base": MS,
                    "metadata": {"title": t},
                }
                for n, (a, b, t) in enumerate(recipe.chapters)
            ]
        )
        if isinstance(sound, av.AudioStream):
            out.mux(_tone(sound, recipe.times[-1]))
        for start, duration, words in recipe.captions:
            packet = av.Packet(words.encode())
            packet.pts = packet.dts = start
            packet.time_base, packet.duration = MS, duration
            assert captions is not None
            packet.stream = captions
            out.mux(packet)
        for picture in _pictures(recipe):
            out.mux(video.encode(picture))
        out.mux(video.encode(None))


def _describe(video: av.VideoStream, recipe: Recipe) -> None:
    context = video.codec_context
    context.width, context.height = recipe.width, recipe.height
    context.pix_fmt = recipe.pix_fmt
    if recipe.codec not in ("mpeg2video", "mjpeg"):
        context.time_base = video.time_base = MS
    context.sample_aspect_ratio = recipe.sar
    context.color_range, context.colorspace = recipe.colors[:2]
    context.color_trc, context.color_primaries = recipe.colors[2:]
    if recipe.fields:
        context.flags |= Flags.interlaced_dct | Flags.interlaced_me
        context.field_order = {"tff": 2, "bff": 3}[recipe.fields]
    if recipe.matrix:
        video.set_display_matrix(list(recipe.matrix))


def _pictures(recipe: Recipe) -> list[av.VideoFrame]:
    rng = np.random.default_rng(0)
    pictures = []
    for time in recipe.times:
        picture = av.VideoFrame(recipe.width, recipe.height, recipe.pix_fmt)
        depth = picture.format.components[0].bits
        for memory in picture.planes:
            codes = np.frombuffer(memoryview(memory), frame_dtype(depth))
            codes[:] = rng.integers(0, 1 << depth, codes.shape)
        picture.pts, picture.time_base = time, MS
        if recipe.fields:
            picture = _with_fields(picture, recipe.fields)
        pictures.append(picture)
    return pictures


def _with_fields(picture: av.VideoFrame, order: str) -> av.VideoFrame:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=picture.format,
        time_base=picture.time_base,
    )
    fields, sink = graph.add("setfield", order), graph.add("buffersink")
    source.link_to(fields)
    fields.link_to(sink)
    graph.configure()
    graph.push(picture)
    pulled = graph.pull()
    assert isinstance(pulled, av.VideoFrame)
    return pulled


def _tone(stream: av.AudioStream, until: int) -> "list[av.Packet[av.AudioStream]]":
    packets = []
    for start in range(0, until * 48, 1024):
        wave = np.sin(np.arange(start, start + 1024) / 20)[None].repeat(2, 0)
        frame = av.AudioFrame.from_ndarray(wave.astype(np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48000, start
        packets += stream.encode(frame)
    return packets + stream.encode(None)
