"""Two films' frames side by side: which there are, their times, their luma."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2

from vidcolor.media.apart import Apart
from vidcolor.media.picture import Frame, Plane, deepened
from vidcolor.yuv import YuvFormat

_NONE = Fraction(0)  # seconds
# A flat grey in a frame's place has an error of once the frame's variance, a frame that
# has nothing to do with it one of about twice. The coarsest encoding of film stays far
# below (0.3 at a crf of 51), that of pure noise near the grey. In frames without
# contrast, errors of a 50th of the peak show nothing.
_UNLIKE = 1.5
_UNSEEN = 1 / 50


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame as it should be found in the result."""

    luma: Plane  # (height, width), codes at the result's depth
    seconds: Fraction  # on the result's clock


@dataclass(frozen=True, slots=True)
class PictureCheck:
    """What comparing the frames has shown; times are seconds of the result's clock."""

    frames: int  # that both films have
    missing: int  # that only the source has
    added: int  # that only the result has
    first_missing: float | None
    changed: int  # whose luma is not the source's, bit for bit
    first_changed: float | None
    unlike: int  # that do not show the source's picture: less like it than a flat grey
    first_unlike: float | None
    psnr: float | None  # dB, of luma; None: all of it is equal
    worst_psnr: float | None  # dB, of the one frame that is furthest off
    worst_time: float | None
    time_error: float  # the largest difference between a frame's two times
    time_error_at: float | None
    moved: float  # how much later all frames are alike; less than 0 is earlier


def shown(
    frames: Iterable[Frame],
    yuv: YuvFormat,
    shift: Fraction,
    tick: Fraction | None = None,
) -> Iterator[Shown]:
    """Yield a film's frames at a format's depth, their times less a shift.

    A container that rounds times to ticks has them at different ones.
    """
    apart = Apart(tick)
    for frame in frames:
        depth = frame.picture.format.components[0].bits
        seconds = apart.place(frame.seconds - shift)
        yield Shown(deepened(frame.luma, depth, yuv), seconds)


def pair(
    source: Iterator[Shown], result: Iterator[Shown], *, may_be_late: bool = False
) -> Iterator[tuple[Shown | None, Shown | None]]:
    """Yield the frames that belong together, and None beside one that stands alone.

    Frames belong together by their order. One is missing where the other film's frame
    is nearer in time to the next one than to it; unless its luma is clearly the one's,
    for then it is but shown at a wrong time. If the whole result `may_be_late`, it is
    by as much as its first frame. Four frames are held at most.
    """
    old, old_next = next(source, None), next(source, None)
    new, new_next = next(result, None), next(result, None)
    late = _NONE
    if may_be_late and old is not None and new is not None:
        late = max(_NONE, new.seconds - old.seconds)
    while old is not None or new is not None:
        if new is None or (old is not None and _is_nearer(new, old_next, old, -late)):
            yield old, None
            old, old_next = old_next, next(source, None)
        elif old is None or _is_nearer(old, new_next, new, late):
            yield None, new
            new, new_next = new_next, next(result, None)
        else:
            yield old, new
            old, old_next = old_next, next(source, None)
            new, new_next = new_next, next(result, None)


def compare(
    pairs: Iterable[tuple[Shown | None, Shown | None]], depth: int
) -> PictureCheck:
    """Return what a run of pairs has in common; `depth` is their bits a sample."""
    sums = _Tally((1 << depth) - 1)
    for old, new in pairs:
        sums.add(old, new)
    least, most = sums.delays or [(_NONE, 0.0)] * 2
    furthest = max(least, most, key=lambda delay: abs(delay[0]))
    return PictureCheck(
        frames=sums.frames,
        missing=sums.missing,
        added=sums.added,
        first_missing=sums.first_missing,
        changed=sums.changed,
        first_changed=sums.first_changed,
        unlike=sums.unlike,
        first_unlike=sums.first_unlike,
        psnr=luma_psnr(sums.error / max(1, sums.frames), depth),
        worst_psnr=luma_psnr(sums.worst[0], depth),
        worst_time=sums.worst[1],
        time_error=float(abs(furthest[0])),
        time_error_at=furthest[1] if furthest[0] else None,
        moved=float(max(least[0], _NONE) + min(most[0], _NONE)),
    )


def luma_psnr(error: float, depth: int) -> float | None:
    """Return the PSNR in dB of a mean squared error of codes, None where it is 0.

    The peak is the highest code, 2^depth - 1, in limited range too, as in FFmpeg's
    psnr filter. For a film the error is that of all its samples (pooled), which is not
    the mean of its frames' PSNR.
    """
    peak = (1 << depth) - 1
    return 10 * math.log10(peak**2 / error) if error else None


class _Tally:
    """Sums over the pairs so far."""

    def __init__(self, peak: int) -> None:
        self.unseen = (peak * _UNSEEN) ** 2
        self.frames = self.missing = self.added = self.changed = self.unlike = 0
        self.first_missing: float | None = None
        self.first_changed: float | None = None
        self.first_unlike: float | None = None
        self.error = 0.0  # mean squared errors of frames, summed: all are of one size
        self.worst: tuple[float, float | None] = 0.0, None
        self.delays: list[tuple[Fraction, float]] = []  # the least and the greatest

    def add(self, old: Shown | None, new: Shown | None) -> None:
        if old is None:
            self.added += 1
        elif new is None:
            if not self.missing:
                self.first_missing = float(old.seconds)
            self.missing += 1
        else:
            self.frames += 1
            self._add_time(old, new)
            self._add_luma(old, new)

    def _add_time(self, old: Shown, new: Shown) -> None:
        delays = [*self.delays, (new.seconds - old.seconds, float(old.seconds))]
        self.delays = [min(delays), max(delays)]

    def _add_luma(self, old: Shown, new: Shown) -> None:
        error, time = _error(old, new), float(old.seconds)
        if not error:
            return
        if error > self.unseen and error > _UNLIKE * float(old.luma.var()):
            if not self.unlike:
                self.first_unlike = time
            self.unlike += 1
        if not self.changed:
            self.first_changed = time
        self.changed += 1
        self.error += error
        if error > self.worst[0]:
            self.worst = error, time


def _is_nearer(one: Shown, other: Shown | None, than: Shown, moved: Fraction) -> bool:
    """Whether a frame, moved so, belongs to another rather than to a third."""
    if other is None:
        return False
    seconds = one.seconds + moved
    if abs(seconds - other.seconds) >= abs(seconds - than.seconds):
        return False
    return 2 * _error(one, than) >= _error(one, other)


def _error(one: Shown, other: Shown) -> float:
    """Return the mean squared difference of two frames' luma codes."""
    return cv2.norm(one.luma, other.luma, cv2.NORM_L2SQR) / one.luma.size
