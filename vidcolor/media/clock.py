"""Timestamps that always rise, for streams whose own do not."""

from dataclasses import dataclass


@dataclass(slots=True)
class Clock:
    """Mends the timestamps of one stream, in its own ticks."""

    step: int  # ticks from one picture or packet to the next, where it is not said
    second: int  # ticks a second
    last: int | None = None
    mended: int = 0
    restarts: int = 0  # where another recording was joined on
    _offset: int = 0

    def mend(self, ticks: int | None) -> int:
        """Return the timestamp, or the nearest that comes after the last one.

        A jump back by more than a second is a new recording joined to the last: what
        follows is moved to go on from there. A smaller one is a fault of one stamp.
        """
        if self.last is None:
            self.mended += ticks is None
            self.last = ticks or 0
            return self.last
        if ticks is None:
            ticks, self.mended = self.last + self.step, self.mended + 1
        else:
            ticks += self._offset
        if ticks < self.last - self.second:
            self._offset += self.last + self.step - ticks
            self.restarts += 1
            ticks, self.mended = self.last + self.step, self.mended + 1
        elif ticks <= self.last:
            ticks, self.mended = self.last + 1, self.mended + 1
        self.last = ticks
        return ticks
