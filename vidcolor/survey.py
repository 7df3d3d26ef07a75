"""A film looked through from end to end: its shots, and whether it has colour."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from vidcolor.media.picture import Frame, plane
from vidcolor.media.reader import Reader
from vidcolor.shots import mark_shots
from vidcolor.yuv import YuvFormat

# In 8-bit chroma codes. Tints bend with lightness, so what lies off their line grows
# with them; beyond the last number it is colour, whatever the main hue does.
_SEEN = 3.0
_BENT = 0.2
_COLOR = 8.0
_GLANCES = 50  # frames whose chroma is looked at


class Color(Enum):
    """Whether a film has colour."""

    NONE = "black and white"
    TINT = "tinted: one hue"
    FULL = "in colour"


@dataclass(frozen=True, slots=True)
class Shot:
    """A run of frames between two cuts; seconds from the film's beginning."""

    start: Fraction
    end: Fraction  # of its last frame
    frames: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What looking through a film has shown."""

    shots: tuple[Shot, ...]
    color: Color
    frames: int


def survey(
    reader: Reader, on_frame: Callable[[int], None] = lambda count: None
) -> Survey:
    """Return what is in the film; `on_frame` is told how many frames were seen.

    Raises:
        ReadError: the film breaks off in a way that leaves no frames.
    """
    info = reader.info
    every = max(1, (info.frame_count or 0) // _GLANCES)
    shots: list[Shot] = []
    spreads: list[tuple[float, float]] = []
    count = 0
    for frame, starts in mark_shots(_counted(reader, on_frame), _luma, info.yuv.depth):
        time = frame.seconds - info.start
        if starts:
            shots.append(Shot(time, time, 0))
        shots[-1] = Shot(shots[-1].start, time, shots[-1].frames + 1)
        if count % every == 0 and info.format.has_chroma:
            spreads.append(chroma_spread(frame, info.yuv))
        count += 1
    return Survey(tuple(shots), _judge(spreads), count)


def chroma_spread(frame: Frame, yuv: YuvFormat) -> tuple[float, float]:
    """Return how far chroma goes, and how far off one hue, in 8-bit codes.

    A tint puts all pixels on one line through the neutral point; colour is what lies
    off that line. Of both distances the 99th percentile: a small red thing is enough.
    """
    planes = [plane(frame.picture, index)[::2, ::2].ravel() for index in (1, 2)]
    chroma = (np.stack(planes).astype(np.float64) - yuv.neutral) / 2 ** (yuv.depth - 8)
    _, axes = np.linalg.eigh(chroma @ chroma.T)
    across, along = np.percentile(np.abs(axes.T @ chroma), 99, axis=1)
    return float(along), float(across)


def _judge(spreads: list[tuple[float, float]]) -> Color:
    if not spreads:
        return Color.NONE
    along, across = np.median(spreads, axis=0)
    if along < _SEEN:
        return Color.NONE
    return Color.FULL if across > min(_COLOR, _BENT * along) else Color.TINT


def _counted(reader: Reader, on_frame: Callable[[int], None]) -> Iterator[Frame]:
    for count, frame in enumerate(reader.frames(), start=1):
        yield frame
        on_frame(count)


def _luma(frame: Frame) -> NDArray[np.uint8] | NDArray[np.uint16]:
    # Shrunk at once: the frames themselves wait for their answer, these too.
    small = cv2.resize(frame.luma, (128, 72), interpolation=cv2.INTER_AREA)
    return small  # type: ignore[return-value]
