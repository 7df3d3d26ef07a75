"""Look first: frames of a film before and after, without colouring all of it."""

from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import to_grey, to_lightness, to_luma
from vidcolor.coloring import color_film, painted_frames
from vidcolor.colorizer import Colorizer
from vidcolor.confidence import uncertainty_map
from vidcolor.defaults import RADIUS
from vidcolor.errors import ReadError
from vidcolor.events import Finished, OnEvent, Settings
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import Frame
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer
from vidcolor.memory import Memory
from vidcolor.pace import pace_of
from vidcolor.pipeline import Painted
from vidcolor.sheet import Pair, time_caption
from vidcolor.sources import default_target
from vidcolor.stills import Still, write_still
from vidcolor.survey import Shot, survey
from vidcolor.titles import picture_share
from vidcolor.upsample import shrink

_LONG_SIDE = 960  # pixels: more than any sheet shows
_SCANNED = 10_000  # frames: longer films are not looked through for their shots
_LONG_HELD = Fraction(10)  # seconds: few frames are shown for longer
_SWEEP = Fraction(4)  # seconds in which the curtain goes there and back


def preview_times(
    reader: Reader, count: int, on_frame: Callable[[int], None] = lambda count: None
) -> list[tuple[Fraction, int | None]]:
    """Return when to look, in seconds from the film's beginning, and in which shot.

    The middles of shots, spread over the film; of long shots several places. Films too
    long to be looked through get evenly spread times, in shots that nobody knows.
    """
    info = reader.info
    if (info.frame_count or 0) > _SCANNED and info.duration:
        parts = [info.duration * (2 * k + 1) / (2 * count) for k in range(count)]
        return [(part, None) for part in parts]
    return _in_shots(survey(reader, on_frame).shots, count)


def preview_pair(
    reader: Reader,
    colorizer: Colorizer,
    time: Fraction,
    shot: int | None = None,
    confidence: bool = False,
) -> Pair:
    """Return the frame shown at a time, upright and in its shape, before and after.

    With `confidence`, also how sure the network is of each place.

    Raises:
        ReadError: there is no frame at that time.
    """
    frame = _shown_at(reader, time)
    luma = _as_shown(frame, reader.info)
    grey = np.repeat(luma.numpy()[..., None], 3, axis=2)
    color = colorizer.colorize_image(luma.numpy())
    # In the film, titles stay neutral.
    color = grey + (color - grey) * picture_share(to_lightness(luma))
    sure = None
    if confidence:
        sure = uncertainty_map(colorizer.predict_uncertainty(luma).numpy())
    shown = float(frame.seconds - reader.info.start)
    return Pair(time_caption(shown, shot), _bytes(grey), _bytes(color), sure)


def write_sample(
    source: Path,
    target: Path | None,
    colorizer: Colorizer,
    seconds: Fraction,
    start: Fraction | None = None,
    smooth: int = RADIUS,
    overwrite: bool = False,
    on_event: OnEvent = lambda event: None,
) -> Finished:
    """Write a short piece of a film with a curtain that sweeps over it.

    Right of the curtain the film is in colour, left of it as it was. Without `target`
    it is NAME.sample.EXT beside the source, without `start` the piece is from the
    middle.

    Raises:
        VidcolorError: the film cannot be read, or the target not written.
    """
    with Reader(source) as reader:
        info = reader.info
        if start is None:
            start = max(Fraction(0), ((info.duration or seconds) - seconds) / 2)
        plan = plan_target(
            info,
            target or default_target(source, "sample"),
            explicit=target is not None,
            overwrite=overwrite,
        )
        span = start, start + seconds

        def paint(*, first: int, memory: Memory) -> Generator[Painted]:
            pace = pace_of(smooth)
            painted = painted_frames(
                reader, plan, colorizer, smooth, *span, pace, first, memory
            )
            return curtain(painted, plan.yuv.neutral)

        writer = Writer(plan, info, *span)
        settings = Settings(colorizer.size, colorizer.vividness, smooth, fast=False)
        return color_film(reader, writer, colorizer, paint, span, settings, on_event)


def write_sheet(
    target: Path, sheet: NDArray[np.uint8], film: Path | None = None
) -> None:
    """Write a sheet as PNG, JPEG, TIFF or WebP, by the target's suffix.

    Those may read it who may read the film, where one is given.

    Raises:
        WriteError: the suffix is none of these, or the file cannot be written.
    """
    write_still(target, Still(sheet), like=film)


def curtain(painted: Generator[Painted], neutral: int) -> Generator[Painted]:
    """Yield the frames, left of a line that wanders to and fro without colour."""
    first: Fraction | None = None
    with closing(painted):
        for item in painted:
            first = item.frame.seconds if first is None else first
            phase = (item.frame.seconds - first) % _SWEEP / _SWEEP
            share = 1 - abs(2 * phase - 1)  # 0, up to 1, and back
            column = round(item.cb.shape[1] * share)
            cb, cr = item.cb.copy(), item.cr.copy()
            cb[:, :column] = neutral
            cr[:, :column] = neutral
            yield replace(item, cb=cb, cr=cr)


def _shown_at(reader: Reader, time: Fraction) -> Frame:
    """Return the frame that is shown at a time: the last one that came until then."""
    info = reader.info
    if time < (info.duration or 0):
        for back in (1 / info.rate, _LONG_HELD, time):
            frame = _last(reader, max(Fraction(0), time - back), time)
            if frame is not None:
                return frame
    return next(reader.frames(time))


def _last(reader: Reader, begin: Fraction, time: Fraction) -> Frame | None:
    """Return the last frame of those from `begin` on that came until a time."""
    try:
        with closing(reader.frames(begin)) as frames:
            until = takewhile(lambda f: f.seconds - reader.info.start <= time, frames)
            return next(iter(deque(until, maxlen=1)), None)
    except ReadError:  # there is none
        return None


def _in_shots(shots: tuple[Shot, ...], count: int) -> list[tuple[Fraction, int | None]]:
    """Return times in evenly chosen shots, or several in each of few."""
    if len(shots) >= count:
        chosen = [len(shots) * (2 * k + 1) // (2 * count) for k in range(count)]
        return [((shots[n].start + shots[n].end) / 2, n + 1) for n in chosen]
    looks = [1] * len(shots)
    while sum(looks) < min(count, sum(shot.frames for shot in shots)):
        # The next look goes to the shot whose looks are furthest apart.
        n = max(range(len(shots)), key=lambda n: shots[n].frames / looks[n])
        looks[n] += 1
    return [
        (shot.start + (shot.end - shot.start) * (2 * k + 1) / (2 * looks[n]), n + 1)
        for n, shot in enumerate(shots)
        for k in range(looks[n])
    ]


def _as_shown(frame: Frame, info: FilmInfo) -> Tensor:
    """Return luma (h, w) as a viewer sees it: upright, in its shape, not too large."""
    luma = to_luma(frame.luma, info.yuv)
    height, width = luma.shape
    width = round(width * info.sar)
    scale = min(1.0, _LONG_SIDE / max(height, width))
    luma = shrink(luma, max(1, round(height * scale)), max(1, round(width * scale)))
    luma = to_grey(luma, info.yuv.rgb)
    return torch.rot90(luma, round(info.rotation / 90) % 4).contiguous()


def _bytes(picture: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(picture * 255).astype(np.uint8)
