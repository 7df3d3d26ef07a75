"""Finds out what is in a film file, by opening it and decoding one frame."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from vidcolor.errors import ReadError
from vidcolor.media.clock import clock_end
from vidcolor.media.color_tags import FULL, LIMITED, ColorTags
from vidcolor.media.glances import pictures_from, side_data_of
from vidcolor.media.info import ChapterInfo, FilmInfo, StreamInfo
from vidcolor.media.mastering import Mastering
from vidcolor.media.opening import (
    MAX_PIXELS,
    demux,
    film_stream,
    open_source,
    reason,
    seek_margin,
)
from vidcolor.media.picture import PictureFormat, has_no_luma, planar_format
from vidcolor.media.scan import Scan
from vidcolor.media.stamp import Stamp
from vidcolor.yuv import Siting, YuvFormat

# When they end, where others say how long they last: so FFmpeg writes and reads them.
_SAY_THEIR_END = ("matroska", "nut", "asf")
_CENTERED = {"mjpeg", "mpeg1video"}  # chroma between the luma samples, as in JPEG
_WILD = 100  # times a rate that a film cannot have, if another is guessed
_SECOND = 1_000_000  # FFmpeg's unit for a whole file's times


def probe(path: Path, start: Fraction | None = None) -> FilmInfo:
    """Return what is in a film file, as its first picture from `start` on shows it.

    `start` is in seconds from the film's beginning.

    Raises:
        ReadError: the file cannot be opened, has no video, or none that decodes.
    """
    stamp = Stamp.of(path)  # before the first look: whatever comes later is told
    with open_source(path) as container:
        stream = film_stream(container)
        if stream is None:
            raise ReadError(path, "has no video stream of a known kind")
        _check_size(path, stream.codec_context)
        declared = _tags(stream.codec_context)  # decoders write their own over it
        picture = _first_picture(path, stream)
        begin = _start(container, stream, picture)
        if start is not None:
            picture = _picture_at(container, stream, begin, start) or picture
        return _describe(path, stamp, container, stream, begin, picture, declared)


def _check_size(path: Path, context: VideoCodecContext) -> None:
    if context.width * context.height > MAX_PIXELS:
        raise ReadError(
            path,
            f"says that its picture is {context.width}x{context.height}: more than "
            f"{MAX_PIXELS} pixels are not read",
        )


def _first_picture(path: Path, stream: VideoStream) -> av.VideoFrame:
    problem = "no picture in it"
    assert isinstance(stream.container, InputContainer)
    try:
        for packet in demux(stream.container, stream):
            try:
                if pictures := packet.decode():
                    return pictures[0]
            except av.FFmpegError as error:
                problem = reason(error)
    except av.FFmpegError as error:
        problem = reason(error)
    raise ReadError(path, f"has video that cannot be decoded: {problem}")


def _picture_at(
    container: InputContainer, stream: VideoStream, begin: Fraction, start: Fraction
) -> av.VideoFrame | None:
    """Return the first picture from `start` seconds after `begin` on, or the last."""
    seconds, margin = begin + start, seek_margin(container.format.name)
    picture = None
    for picture in pictures_from(container, stream, max(begin, seconds - margin)):
        if not _is_before(picture, stream, seconds):
            break
    return picture


def _is_before(picture: av.VideoFrame, stream: VideoStream, seconds: Fraction) -> bool:
    if picture.pts is None or stream.time_base is None:
        return False
    return picture.pts * stream.time_base < seconds


def _describe(
    path: Path,
    stamp: Stamp,
    container: InputContainer,
    stream: VideoStream,
    start: Fraction,
    picture: av.VideoFrame,
    declared: ColorTags,
) -> FilmInfo:
    context = stream.codec_context
    source = planar_format(picture.format.name)
    range_ = int(picture.color_range) or context.color_range
    color = replace(_tags(context), range=range_).filled(declared)
    if picture.format.name.startswith("xyz"):
        color = ColorTags()  # FFmpeg converts it to BT.709's primaries and its curve
    rate = _rate(stream)
    duration = _duration(container, stream, start)
    return FilmInfo(
        path=path,
        stamp=stamp,
        container=container.format.name,
        start=start,
        duration=duration,
        index=stream.index,
        codec=context.codec.canonical_name,
        profile=context.profile or "",
        width=picture.width,
        height=picture.height,
        pix_fmt=picture.format.name,
        pix_fmt_is_rgb=has_no_luma(picture.format),
        format=source,
        yuv=_yuv(source, picture, color, context.codec.canonical_name),
        color=color,
        side_data=side_data_of(picture),
        mastering=Mastering.of(picture),
        sar=stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1),
        display_matrix=_display_matrix(picture),
        rotation=picture.rotation,
        scan=Scan.of(picture, context),
        rate=rate,
        time_base=stream.time_base or 1 / rate,
        timed=picture.pts is not None,
        frame_count=stream.frames or (round(duration * rate) if duration else None),
        announced_frames=_announced_frames(container, stream),
        announced_end=_announced_end(container, stream),
        streams=tuple(_stream(s) for s in container.streams if not _is_phantom(s)),
        chapters=_chapters(container),
        metadata=dict(container.metadata),
        notes=_notes(picture, source, stream),
    )


def _tags(context: VideoCodecContext) -> ColorTags:
    return ColorTags(
        context.color_range,
        context.colorspace,
        context.color_trc,
        context.color_primaries,
    )


def _yuv(
    source: PictureFormat, first: av.VideoFrame, color: ColorTags, codec: str
) -> YuvFormat:
    full = color.range == FULL or (color.range != LIMITED and source.full_range)
    if has_no_luma(first.format):
        full = False  # converted to limited range by us
    return YuvFormat(
        depth=source.depth,
        full_range=full,
        matrix=color.matrix_for(first.height),
        chroma_shift_x=source.shift_x,
        chroma_shift_y=source.shift_y,
        siting=Siting.CENTER if codec in _CENTERED else Siting.LEFT,
        rgb=color.rgb_space(),
    )


def _start(
    container: InputContainer, stream: VideoStream, first: av.VideoFrame
) -> Fraction:
    """Return when the file begins, in seconds; `first` is the film's first picture.

    What is below 0 is not shown, such as the priming of sound; but FFmpeg has a clock
    that runs over within a minute begin there, too.
    """
    start = Fraction(container.start_time or 0, _SECOND)
    # As its streams have it: rounded up, its first packets would lie before it.
    times = [t for t in map(_starts, container.streams) if t is not None]
    start = min((t for t in times if abs(t - start) * _SECOND < 1), default=start)
    if first.pts is not None and stream.time_base is not None:
        start = min(start, first.pts * stream.time_base)  # FFmpeg may have missed it
    is_shown = clock_end(container.format.name) is not None
    return start if is_shown else max(start, Fraction(0))


def _starts(stream: Stream) -> Fraction | None:
    if stream.start_time is None or stream.time_base is None:
        return None
    return stream.start_time * stream.time_base


def _rate(stream: VideoStream) -> Fraction:
    average, guessed = stream.average_rate, stream.guessed_rate
    if average and guessed and average > _WILD * guessed:
        return guessed  # that of bare DV is its clock's
    return average or guessed or Fraction(25)


def _duration(
    container: InputContainer, stream: VideoStream, start: Fraction
) -> Fraction | None:
    """Return how long the film lasts that starts then, if the file says it."""
    if stream.duration and stream.time_base:
        said = stream.duration * stream.time_base
    elif container.duration:
        said = Fraction(container.duration, _SECOND)
    else:
        return None
    says_end = container.format.name.startswith(_SAY_THEIR_END)
    return said - start if says_end and 0 < start < said else said


def _announced_frames(container: InputContainer, stream: VideoStream) -> int | None:
    """Return how many frames an MP4's index promises, less those it says to skip."""
    if not container.format.name.startswith("mov"):
        return None
    return sum(not entry.is_discard for entry in stream.index_entries) or None


def _announced_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Return when the video should end; None unless the file says it twice."""
    if container.format.name == "avi":
        return _duration(container, stream, Fraction(0))
    hours, *rest = stream.metadata.get("DURATION", "").split(":")
    if len(rest) != 2 or not container.duration:
        return None
    try:
        tagged = int(hours) * 3600 + int(rest[0]) * 60 + Fraction(rest[1])
    except ValueError:
        return None
    # Tools that cut a film often leave the old tag behind, so the header must agree.
    return min(tagged, Fraction(container.duration, _SECOND))


def _display_matrix(first: av.VideoFrame) -> tuple[int, ...] | None:
    try:
        data = cast(Mapping[str, Any], first.side_data)["DISPLAYMATRIX"]
    except KeyError:
        return None
    return tuple(np.frombuffer(data, np.int32).tolist())


def _is_phantom(stream: Stream) -> bool:
    """Whether this is QuickTime's chapter track, which is shown as a data stream."""
    return stream.type == "data" and stream.discard == Discard.all


def _stream(stream: Stream) -> StreamInfo:
    context = getattr(stream, "codec_context", None)
    return StreamInfo(
        index=stream.index,
        kind=_kind(stream),
        # Streams of unknown codecs have no context, and some not even a name.
        codec=context.codec.canonical_name
        if context
        else getattr(stream, "name", None) or "",
        language=stream.metadata.get("language", ""),
        title=stream.metadata.get("title") or stream.metadata.get("name", ""),
        disposition=tuple(
            str(d.name).lower() for d in Disposition if d & stream.disposition
        ),
        metadata=dict(stream.metadata),
        start=_starts(stream),
        is_known=_is_known(stream),
    )


def _is_known(stream: Stream) -> bool:
    if isinstance(stream, AudioStream):
        context = getattr(stream, "codec_context", None)
        return context is not None and context.sample_rate > 0
    if isinstance(stream, VideoStream):
        return stream.codec_context is not None and stream.codec_context.width > 0
    return True


def _kind(stream: Stream) -> str:
    if stream.disposition & Disposition.attached_pic:
        return "cover"
    if stream.type == "data" and "timecode" in stream.metadata and not stream.name:
        return "timecode"
    return stream.type


def _chapters(container: InputContainer) -> tuple[ChapterInfo, ...]:
    return tuple(
        ChapterInfo(
            chapter["start"] * (chapter["time_base"] or Fraction(1)),
            chapter["end"] * (chapter["time_base"] or Fraction(1)),
            chapter["metadata"].get("title", ""),
        )
        for chapter in container.chapters()
    )


def _notes(
    first: av.VideoFrame, source: PictureFormat, stream: VideoStream
) -> tuple[str, ...]:
    notes = []
    if has_no_luma(first.format):
        notes.append(f"its pixels are RGB ({first.format.name}): converted to YUV")
    alpha = any(c.is_alpha for c in first.format.components) and not source.has_alpha
    if alpha or stream.metadata.get("alpha_mode") == "1":
        notes.append("its transparency (alpha) is not kept")
    return tuple(notes)
