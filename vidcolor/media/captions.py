"""Captions as MP4 has them: plain text, and one at a time.

SubRip's may have markup, lie over each other, and not say how long they are shown.
"""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from av.packet import Packet

from vidcolor.media.span import Span

LONGEST = 60  # seconds that a caption is shown at most
_LAST = 5  # seconds that one is shown which nothing ends
# What players of SubRip act on: a few of HTML's tags, and overrides as SSA has them.
_MARKUP = re.compile(rb"</?(?:b|i|u|s|font)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caption:
    """Words in UTF-8, and the seconds from and until which they are shown."""

    words: bytes
    start: Fraction
    end: Fraction | None  # None: until the next one

    @classmethod
    def of(cls, packet: "Packet[Any]") -> "Caption":
        """Return what a packet of SubRip shows, without its markup."""
        start = (packet.pts or 0) * packet.time_base
        lasts = (packet.duration or 0) * packet.time_base
        words = _MARKUP.sub(b"", bytes(packet))
        return cls(words, start, start + lasts if lasts else None)

    def within(self, span: Span) -> "Caption":
        """Return it as much as it lies in a span."""
        start = self.start if span.begin is None else max(self.start, span.begin)
        if span.end is None or self.end is None:
            return replace(self, start=start)
        return replace(self, start=start, end=min(self.end, span.end))


class Turns:
    """Captions that take turns: those shown together are one, of all their lines.

    They are told in the order in which they begin.
    """

    def __init__(self) -> None:
        self._shown: list[Caption] = []
        self._now = Fraction(0)  # what was shown until then is said

    def add(self, caption: Caption) -> list[Caption]:
        """Take in a caption, and return what was shown until it begins."""
        before = self._until(caption.start)
        self._shown += [caption] if caption.words else []
        return before

    def rest(self) -> list[Caption]:
        """Return what is still to be shown."""
        ends = [caption.end or self._now + _LAST for caption in self._shown]
        return self._until(max(ends, default=self._now))

    def _until(self, time: Fraction) -> list[Caption]:
        turns = []
        while self._shown and self._now < time:
            ends = [min(caption.end or time, time) for caption in self._shown]
            words = b"\n".join(caption.words for caption in self._shown)
            turns.append(Caption(words, self._now, min(ends)))
            self._now = min(ends)
            self._shown = [c for c in self._shown if (c.end or time) > self._now]
        self._now = max(self._now, time)
        return turns
