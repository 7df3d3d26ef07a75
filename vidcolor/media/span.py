"""The stretch of a film that is coloured, and how it lies on the result's clock."""

from dataclasses import dataclass
from fractions import Fraction

from vidcolor.media.info import FilmInfo


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds on the source's own clock; None is the film's own bound."""

    begin: Fraction | None = None
    end: Fraction | None = None

    @classmethod
    def of(cls, info: FilmInfo, start: Fraction | None, end: Fraction | None) -> "Span":
        """Return the span between two times that count from the film's beginning."""
        if info.start < 0:
            start = start or Fraction(0)  # MP4 shows nothing before 0: it is moved
        return cls(
            None if start is None else info.start + start,
            None if end is None else info.start + end,
        )

    @property
    def shift(self) -> Fraction:
        """What is taken from every time: a part starts at 0, a whole stays put."""
        return self.begin or Fraction(0)

    def is_cut(self, info: FilmInfo) -> bool:
        """Whether it begins later than the film."""
        return self.begin is not None and self.begin > info.start

    def is_before(self, seconds: Fraction) -> bool:
        """Whether this time lies before the span."""
        return self.begin is not None and seconds < self.begin

    def is_after(self, seconds: Fraction) -> bool:
        """Whether this time lies at the span's end or after it."""
        return self.end is not None and seconds >= self.end
