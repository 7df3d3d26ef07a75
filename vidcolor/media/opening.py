"""Opens films, and only films: one local file, no lists, scripts or addresses."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream

from vidcolor.errors import ReadError
from vidcolor.plain_file import check_plain_file
from vidcolor.plain_file import reason as reason

# A file of a few bytes may announce a picture of any size, and a decoder makes room for
# a dozen of them before it finds out. 8K film has half as many pixels.
MAX_PIXELS = 8192 * 8192

# Decoders that may speak of damage. What others say, nobody here wants to know; and
# where a decoder's thread speaks just as listening ends (`Complaints`), PyAV prints a
# traceback. FFV1 is decoded without threads that outlast a call.
_HEARD = {"ffv1"}
_BEYOND_ALL_LEVELS = 1000

# A film comes from strangers. Without these, a text file named film.mp4 could make
# the demuxer open other files (ffconcat, HLS) or addresses.
_OPTIONS = {
    "max_pixels": str(MAX_PIXELS),
    "protocol_whitelist": "file",
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,"
        "asf,gif,flv,ogg,mxf,nut,dv,y4m,yuv4mpegpipe,ivf,h264,hevc,obu,m4v,rm,wtv"
    ),
}

# FFmpeg's names of containers that do not say where their key frames are.
UNINDEXED = {"mpegts", "mpeg", "mpegvideo", "h264", "hevc"}


def open_source(path: Path) -> InputContainer:
    """Return the opened file; its metadata may hold any bytes, as surrogates.

    Pictures of more than `MAX_PIXELS` pixels do not decode.

    Raises:
        ReadError: there is no such file, or it is not a film that can be read.
    """
    check_plain_file(path)
    try:
        container = av.open(
            "file:" + os.path.abspath(path),  # noqa: PTH100 - resolve() follows links
            mode="r",
            options=dict(_OPTIONS),
            metadata_errors="surrogateescape",
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ReadError(path, _reason(error)) from error
    for stream in container.streams.video:
        if stream.codec_context is not None:
            stream.codec_context.options = _decoder_options(stream.codec_context.name)
    return container


def _decoder_options(codec: str) -> dict[str, str]:
    offset = 0 if codec in _HEARD else _BEYOND_ALL_LEVELS
    return {"max_pixels": str(MAX_PIXELS), "log_level_offset": str(offset)}


def film_stream(container: InputContainer) -> VideoStream | None:
    """Return the first video stream of a known codec that is not a cover picture."""
    for stream in container.streams.video:
        is_cover = stream.disposition & av.stream.Disposition.attached_pic
        if stream.codec_context is not None and not is_cover:
            return stream
    return None


def demux(container: InputContainer, *streams: Stream) -> "Iterator[Packet[Any]]":
    """Yield the packets of some streams, in the file's order, and those that flush."""
    # Where another stream turns up in the middle, as in television, PyAV stumbles over
    # it when all is read and the streams that it knows are flushed.
    with suppress(IndexError):
        yield from container.demux(*streams)


def seek_margin(container: str) -> int:
    """Return how many seconds before a picture to seek, so that it will decode.

    `container` is FFmpeg's name.
    """
    # A second covers key frames that are shown later than they are stored; without an
    # index the demuxer does not land on a key frame at all.
    return 12 if container in UNINDEXED else 1


def _reason(error: Exception) -> str:
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return reason(error)
    if isinstance(error, av.error.ArgumentError):
        return "is a photo or no film at all, or of a kind that is not read"
    if isinstance(error, MemoryError):  # FFmpeg takes a thousand streams
        return "asks for too much memory, or has too many streams: damaged, or no film"
    return f"cannot be read as a film ({reason(error)}): damaged, cut off or no film"
