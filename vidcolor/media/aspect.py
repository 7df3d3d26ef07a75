"""Says the shape of samples to Matroska, which PyAV has no way to do.

Matroska takes the shape from AVStream.sample_aspect_ratio, and PyAV 18 sets only the
encoder's. H.264 and HEVC carry it themselves; FFV1 and VP9 do not. So it is written
into the struct, after checking that the struct is what we think it is: every field
around it must hold what PyAV says it holds.
"""

import ctypes
from fractions import Fraction

import av
from av.stream import Disposition
from av.video.stream import VideoStream

_KNOWN = "18."  # the PyAV whose bundled FFmpeg 8 has this layout
_POINTER, _INDEX, _TIME_BASE = 24, 8, 32
_DISPOSITION, _DISCARD, _ASPECT = 64, 68, 72


def is_layout_known() -> bool:
    """Whether this PyAV is one whose struct has been looked at."""
    return av.__version__.startswith(_KNOWN)


def set_container_aspect(stream: VideoStream, aspect: Fraction) -> bool:
    """Set the shape of samples in the container; call before the first packet.

    Returns False, and does nothing, where the layout is not the known one.
    """
    if not is_layout_known():
        return False
    true = stream.disposition
    stream.disposition = Disposition.default | Disposition.karaoke  # an unlikely value
    try:
        base = ctypes.c_void_p.from_address(id(stream) + _POINTER).value
        if not base or not _is_as_expected(base, stream):
            return False
        _int(base, _ASPECT).value = aspect.numerator
        _int(base, _ASPECT + 4).value = aspect.denominator
        return True
    finally:
        stream.disposition = true


def _is_as_expected(base: int, stream: VideoStream) -> bool:
    numerator, denominator = _int(base, _TIME_BASE), _int(base, _TIME_BASE + 4)
    tick = stream.time_base
    return (
        tick is not None
        and _int(base, _INDEX).value == stream.index
        and (numerator.value, denominator.value) == (tick.numerator, tick.denominator)
        and _int(base, _DISPOSITION).value == int(stream.disposition)
        and _int(base, _DISCARD).value == int(stream.discard)
    )


def _int(base: int, offset: int) -> ctypes.c_int:
    return ctypes.c_int.from_address(base + offset)
