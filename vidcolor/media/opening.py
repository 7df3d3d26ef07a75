"""Opens films, and only films: one local file, no lists, scripts or addresses."""

import os
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidcolor.errors import ReadError

# A film comes from strangers. Without these, a text file named film.mp4 could make
# the demuxer open other files (ffconcat, HLS) or addresses.
_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,"
        "asf,gif,flv,ogg,mxf,nut,dv,y4m,yuv4mpegpipe,ivf,h264,hevc,obu,m4v,rm,wtv"
    ),
}


def open_source(path: Path) -> InputContainer:
    """Return the opened file; its metadata may hold any bytes, as surrogates.

    Raises:
        ReadError: there is no such file, or it is not a film that can be read.
    """
    if path.is_dir():
        raise ReadError(path, "is a folder, not a film")
    try:
        return av.open(
            "file:" + os.path.abspath(path),  # noqa: PTH100 - resolve() follows links
            mode="r",
            options=dict(_OPTIONS),
            metadata_errors="surrogateescape",
        )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ReadError(path, _reason(path, error)) from error


def film_stream(container: InputContainer) -> VideoStream | None:
    """Return the first video stream that is not a cover picture."""
    for stream in container.streams.video:
        if not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    return None


def reason(error: Exception) -> str:
    """Return what an error of the operating system or FFmpeg says, without its path."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[0].lower() + text[1:]


def _reason(path: Path, error: Exception) -> str:
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return reason(error)
    if path.stat().st_size == 0:
        return "is empty (0 bytes)"
    if isinstance(error, av.error.ArgumentError):
        return "is no film, or of a kind that is not read (as lists of other files are)"
    return f"cannot be read as a film ({reason(error)}): damaged, cut off or no film"
