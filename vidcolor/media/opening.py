"""Opens films, and only films: one local file, no lists, scripts or addresses."""

import os
import stat
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidcolor.errors import ReadError

# A file of a few bytes may announce a picture of any size, and a decoder makes room for
# a dozen of them before it finds out. 8K film has half as many pixels.
MAX_PIXELS = 8192 * 8192

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


def open_source(path: Path) -> InputContainer:
    """Return the opened file; its metadata may hold any bytes, as surrogates.

    Pictures of more than `MAX_PIXELS` pixels do not decode.

    Raises:
        ReadError: there is no such file, or it is not a film that can be read.
    """
    _check_kind(path)
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
            stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    return container


def film_stream(container: InputContainer) -> VideoStream | None:
    """Return the first video stream of a known codec that is not a cover picture."""
    for stream in container.streams.video:
        is_cover = stream.disposition & av.stream.Disposition.attached_pic
        if stream.codec_context is not None and not is_cover:
            return stream
    return None


def reason(error: Exception) -> str:
    """Return what an error of the operating system or FFmpeg says, without its path."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[0].lower() + text[1:]


def _check_kind(path: Path) -> None:
    """Refuse what is no file with something in it; opening a pipe would wait."""
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ReadError(path, reason(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(path, "is a folder, not a film")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(path, "is no file but a pipe or a device: save it as a file")
    if status.st_size == 0:
        raise ReadError(path, "is empty (0 bytes)")


def _reason(error: Exception) -> str:
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return reason(error)
    if isinstance(error, av.error.ArgumentError):
        return "is no film, or of a kind that is not read (as lists of other files are)"
    return f"cannot be read as a film ({reason(error)}): damaged, cut off or no film"
