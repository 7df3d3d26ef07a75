"""Opens an encoder once before the work, so that wrong options are told at once."""

from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext

from vidcolor.errors import OptionError
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import reason


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
        context.open()
    except (av.FFmpegError, ValueError) as error:
        settings = " ".join(f"{name}={value}" for name, value in options.items())
        raise OptionError(
            f"{encoder} does not take {info.width}x{info.height} {pix_fmt} with "
            f"{settings or 'its defaults'}: {reason(error)}"
        ) from error
    if context.options:  # what is left is what it did not know
        raise OptionError(f"{encoder} has no option {', '.join(context.options)}")
