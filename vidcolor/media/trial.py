"""Tries out before the work what would be refused in its midst: encoders, and sound."""

from contextlib import suppress
from fractions import Fraction
from io import BytesIO

import av
from av.video.codeccontext import VideoCodecContext

from vidcolor.errors import OptionError
from vidcolor.media.containers import Container
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import open_source, reason
from vidcolor.media.streams import add_copy

# What x264, x265 and SVT-AV1 say of a parameter that they do not know or understand.
_MISREAD = ("Error parsing option", "Unknown option", "Invalid value for")


def takes(container: Container, info: FilmInfo, index: int) -> bool:
    """Whether a container takes one of a film's streams as it is."""
    with open_source(info.path) as source, suppress(av.FFmpegError, ValueError):
        with av.open(BytesIO(), "w", format=container.muxer) as target:
            add_copy(target, source.streams[index])
            target.start_encoding()
        return True
    return False


def opens(encoder: str, pix_fmt: str, info: FilmInfo, options: dict[str, str]) -> bool:
    """Whether an encoder opens for a film's picture with these options."""
    try:
        try_encoder(encoder, pix_fmt, info, options)
    except OptionError:
        return False
    return True


def try_encoder(
    encoder: str, pix_fmt: str, info: FilmInfo, options: dict[str, str]
) -> None:
    """Open an encoder for a film's picture with these options, and let it go.

    Raises:
        OptionError: it does not open, or does not know one of the options.
    """
    context = av.CodecContext.create(encoder, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = info.width, info.height, pix_fmt
    context.framerate = info.rate
    context.time_base = Fraction(1, 1) / info.rate
    context.options = dict(options)
    try:
        misread = _open(context)
    except (av.FFmpegError, ValueError) as error:
        settings = " ".join(f"{name}={value}" for name, value in options.items())
        raise OptionError(
            f"{encoder} does not take {info.width}x{info.height} {pix_fmt} with "
            f"{settings or 'its defaults'}: {reason(error)}; use other options, or "
            "another --codec"
        ) from error
    if context.options:  # what is left is what it did not know
        raise OptionError(f"{encoder} has no option {', '.join(context.options)}")
    if misread:
        raise OptionError(f"{encoder} does not take all its parameters: {misread}")


def _open(context: VideoCodecContext) -> str:
    """Open an encoder; return what it says in the log alone of those it passes over."""
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as log:
            context.open()
    finally:
        av.logging.set_level(None)
    said = (text.strip().rstrip(".") for _, _, text in log)
    return next((text for text in said if text.startswith(_MISREAD)), "")
