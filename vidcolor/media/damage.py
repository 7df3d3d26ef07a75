"""What was lost while a film was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(slots=True)
class Damage:
    """An account that a reader keeps; complete when its frames are."""

    decoded: int = 0  # frames given out
    announced: int | None = None  # frames the file says it has; None: it does not say
    bad_packets: int = 0  # stretches of the file that gave no picture
    corrupt_frames: int = 0  # given out, but parts are guessed by the decoder
    bad_checksums: int = 0  # frames that are not what was once stored
    is_broken: bool = False  # the file itself, between its frames
    refitted: int = 0  # given out in another size, depth or range than they had
    refitted_from: str = ""  # what the first of them was, and when
    retimed: int = 0  # given out, with a timestamp that was missing or ran backwards
    hurried: int = 0  # of these, those that are shown in next to no time
    seams: Sequence[Fraction] = ()  # seconds by which each joined recording is moved
    gap_frames: int = 0  # missing between others, by their times
    gap_places: int = 0
    cut_off: str = ""  # how the end is missing
    read_error: str = ""

    def __bool__(self) -> bool:
        """Whether anything was lost; a mended timestamp is not a loss."""
        return bool(self.lines())

    @property
    def missing(self) -> int:
        """Frames that were announced and never came."""
        return max(0, (self.announced or 0) - self.decoded)

    @property
    def lost_frames(self) -> int:
        """Frames that never came, as far as announcements, packets and holes tell."""
        return max(self.missing, self.bad_packets, self.gap_frames)

    def lines(self) -> list[str]:
        """Return the account for people, a sentence each; empty if all is well."""
        lines = []
        if self.missing:
            lines.append(
                f"{self.decoded} of {self.announced} announced frames could be read"
            )
        if self.bad_packets:
            lines.append(
                f"{_count(self.bad_packets, 'damaged packet')} gave no picture"
            )
        if patched := self.corrupt_frames + self.bad_checksums:
            lines.append(f"{_count(patched, 'damaged frame')} patched by the decoder")
        if self.gap_frames and not self.missing:
            lines.append(
                f"about {_count(self.gap_frames, 'frame')} missing, "
                f"in {_count(self.gap_places, 'place')}"
            )
        if self.cut_off:
            lines.append(self.cut_off)
        if self.seams:
            lines.append(
                f"the clock starts anew in {_count(len(self.seams), 'place')}: what "
                "was recorded there goes on from what came before"
            )
        if self.hurried:
            lines.append(
                f"{_count(self.hurried, 'frame')} shown in next to no time: the clock "
                "ran backwards"
            )
        if self.refitted:
            lines.append(
                f"{_count(self.refitted, 'frame')} ({self.refitted_from}) brought to "
                "the size, depth and range of the others: their luma is not as it was"
            )
        if self.is_broken:
            lines.append("parts of the file are missing or damaged between frames")
        if self.read_error:
            lines.append(f"reading broke off: {self.read_error}")
        return lines


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
