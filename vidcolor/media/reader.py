"""Reads films: what is in the file, its frames in order, and what was lost."""

from collections.abc import Generator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from vidcolor.errors import ReadError
from vidcolor.media.clock import Clock, clock_end
from vidcolor.media.damage import Damage
from vidcolor.media.decoding import read_pictures
from vidcolor.media.gaps import Gaps
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import Frame, fit, is_in, to_planar
from vidcolor.media.probe import probe
from vidcolor.media.span import Span

_CUT_OFF = Fraction(1)  # seconds missing at the end that are more than rounding


class Reader:
    """A film that is read frame by frame; one frame is held at a time."""

    def __init__(self, path: Path, start: Fraction | None = None) -> None:
        """Open a film; `info` describes the first picture from `start` on.

        Raises:
            ReadError: the file cannot be opened, has no video, or none that decodes.
        """
        self.info: FilmInfo = probe(path, start)
        self.damage = Damage()

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: each run of frames opens the file and closes it."""

    def frames(
        self, start: Fraction | None = None, end: Fraction | None = None
    ) -> Generator[Frame]:
        """Yield frames in the order they are shown, their times strictly rising.

        `start` and `end` are seconds from the film's beginning (`info.start` on the
        file's own clock); the frame at `end` is not given. Each call starts anew and
        keeps a new account in `damage`. Frames of another size, depth or range than
        the film's are brought to it, and told there.

        Raises:
            ReadError: no frame comes; the file is changed meanwhile.
        """
        info = self.info
        whole = start is None and end is None
        damage = Damage(announced=info.announced_frames if whole else None)
        self.damage = damage
        span = Span.of(info, start, end)
        clock, gaps = _clock(info), Gaps(1 / info.rate)
        time, lasts = info.start, 1 / info.rate
        with closing(read_pictures(info, damage, span.begin)) as pictures:
            for picture in pictures:
                info.stamp.check(info.path)
                pts = clock.mend(picture.pts)
                damage.retimed, damage.hurried = clock.mended, clock.hurried
                damage.seams = [ticks * info.time_base for ticks in clock.offsets]
                time = pts * info.time_base
                lasts = max(1 / info.rate, picture.duration * info.time_base)
                if span.is_before(time):
                    continue
                if span.is_after(time):
                    break
                gaps.add(time)
                damage.decoded += 1
                damage.corrupt_frames += picture.is_corrupt
                yield Frame(self._alike(picture, time), pts, info.time_base)
            else:
                info.stamp.check(info.path)
                damage.cut_off = _cut_off(info, time, lasts)
            if gaps.are_losses(damaged=bool(damage)):
                damage.gap_frames, damage.gap_places = gaps.missing, gaps.places
        if damage.decoded == 0:
            raise ReadError(info.path, _no_frames(info, start, end))

    def _alike(self, picture: av.VideoFrame, time: Fraction) -> av.VideoFrame:
        """Return a picture as the film's others are."""
        info = self.info
        planar = to_planar(picture, info.yuv)
        if is_in(planar, info.format.name, info.yuv, info.width, info.height):
            return planar
        fitted, is_luma_kept = fit(
            planar, info.format.name, info.yuv, info.width, info.height
        )
        if not is_luma_kept:
            self.damage.refitted += 1
            self.damage.refitted_from = self.damage.refitted_from or (
                f"{picture.width}x{picture.height} {picture.format.name} "
                f"from {float(time - info.start):.3f} s on"
            )
        return fitted


def _clock(info: FilmInfo) -> Clock:
    step = max(1, round(1 / info.rate / info.time_base))
    second = max(1, round(1 / info.time_base))
    return Clock(step, second, end=clock_end(info.container))


def _cut_off(info: FilmInfo, last: Fraction, lasts: Fraction) -> str:
    announced = info.announced_end
    if announced is None or announced - last - lasts < _CUT_OFF:
        return ""
    return (
        f"the file ends at {float(last - info.start):.1f} s "
        f"of the {float(announced - info.start):.1f} s it announces"
    )


def _no_frames(info: FilmInfo, start: Fraction | None, end: Fraction | None) -> str:
    if start is None and end is None:
        return "has video, but not one frame of it can be decoded"
    lasts = "" if info.duration is None else f"; it lasts {float(info.duration):.3f} s"
    span = f"from {float(start or 0):.3f} s"
    span += "" if end is None else f" to {float(end):.3f} s"
    return f"has no frame {span}{lasts}"
