"""Timestamps that always rise, for streams whose own do not."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_HOUR = 3600  # seconds; no picture is shown for so long where a clock runs over
_MPEG = 1 << 33  # ticks of 1/90000 s: the clock of MPEG's streams runs 26.5 hours


@dataclass(slots=True)
class Clock:
    """Mends the timestamps of one stream, in its own ticks.

    A jump back by more than a second is a new recording joined to the last: what
    follows is moved to go on from there. So is a leap ahead over the end of a clock
    that has one: FFmpeg takes a jump back there for the clock running over.
    """

    step: int  # ticks from one picture or packet to the next, where it is not said
    second: int  # ticks a second
    is_strict: bool = True  # no two have the same time
    end: int | None = None  # ticks after which the stream's clock starts again
    seams: Sequence[int] = ()  # by how much another stream was moved, seam by seam
    last: int | None = None
    mended: int = 0
    hurried: int = 0  # of them, those whose own time had gone by
    offsets: list[int] = field(default_factory=list)  # ticks, from each seam on

    def mend(self, ticks: int | None) -> int:
        """Return the timestamp, or the nearest that comes after the last one."""
        if self.last is None:
            self.mended += ticks is None
            self.last = ticks or 0
            return self.last
        due = self.last + self.step
        is_new = False
        if ticks is not None and (is_new := self._is_new_recording(ticks)):
            self.offsets.append(self._offset_after(due - ticks))
        wanted = due if ticks is None else ticks + self._offset
        self.hurried += wanted < self.last
        self.last = max(wanted, self.last + self.is_strict)
        self.mended += ticks is None or is_new or self.last != wanted
        return self.last

    @property
    def _offset(self) -> int:
        return self.offsets[-1] if self.offsets else 0

    def _is_new_recording(self, ticks: int) -> bool:
        assert self.last is not None
        jump = ticks + self._offset - self.last
        before = self.last - self._offset
        ran_over = self.end is not None and before < self.end <= ticks
        if jump < -self.second or (ran_over and jump > _HOUR * self.second):
            return True
        # The end of sound may lie so far before the picture's that the jump is short.
        return jump < 0 and self._seam(self.last + self.step - ticks) is not None

    def _offset_after(self, own: int) -> int:
        seam = self._seam(own)
        return own if seam is None else seam

    def _seam(self, own: int) -> int | None:
        """Return the other stream's offset after the next seam, if there is one.

        With it the two stay in step: their ends differ, but hardly by some seconds from
        `own`, with which this stream would go on from where it ended.
        """
        place = len(self.offsets)
        if place >= len(self.seams) or abs(self.seams[place] - own) > 5 * self.second:
            return None
        return self.seams[place]


def clock_end(container: str) -> int | None:
    """Return where the clocks of a container (FFmpeg's name) start again, in ticks."""
    return _MPEG if container in ("mpegts", "mpeg") else None
