"""Times so far apart that a container can tell them from each other."""

from fractions import Fraction
from math import floor


class Apart:
    """Moves the frames of a film, in seconds, that would come to one time.

    MPEG's streams may show two at once, which is less than the tick of a container
    whose times are rounded. None is for one that rounds nothing.
    """

    def __init__(self, tick: Fraction | None) -> None:
        self._tick = tick
        self._last: int | None = None

    def place(self, seconds: Fraction) -> Fraction:
        """Return the time of the next frame: a tick after the last one's at least."""
        if self._tick is None:
            return seconds
        ticks = floor(seconds / self._tick + Fraction(1, 2))
        if self._last is not None and ticks <= self._last:
            ticks = self._last + 1
            seconds = ticks * self._tick
        self._last = ticks
        return seconds
