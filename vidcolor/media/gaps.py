"""Finds holes in the time of a film that is steady but for them.

Most containers do not say how many frames there should be. Where a stretch of the file
is unreadable, all there is to see is a hole between two frames.
"""

from dataclasses import dataclass
from fractions import Fraction

_ROUNDING = Fraction(2, 1000)  # seconds; Matroska rounds times to milliseconds
_FEW = 3


@dataclass(slots=True)
class Gaps:
    """Counts the holes; `usual` is the seconds from one frame to the next."""

    usual: Fraction
    places: int = 0
    missing: int = 0  # frames that would fit into the holes
    frames: int = 0  # seen
    uneven: int = 0  # steps that are neither usual nor a hole
    _last: Fraction | None = None

    def add(self, time: Fraction) -> None:
        """Take note of the next frame's time in seconds."""
        last, self._last = self._last, time
        self.frames += 1
        if last is None:
            return
        steps = round((time - last) / self.usual)
        if abs(time - last - max(1, steps) * self.usual) > _ROUNDING:
            self.uneven += 1
        elif steps > 1:
            self.places += 1
            self.missing += steps - 1

    def are_losses(self, *, damaged: bool) -> bool:
        """Whether the holes are lost frames; uneven films have holes by nature.

        `damaged` says that the file is known to be; then less is proof enough.
        """
        if self.uneven:
            return False
        # A hole that is longer than all the rest is how the film was made.
        return damaged or (self.places <= _FEW <= self.missing <= self.frames)
