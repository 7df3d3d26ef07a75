"""What a job tells while it runs, to whoever shows it: a bar, a log, a program."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vidcolor import __version__

if TYPE_CHECKING:  # brings OpenCV along, and `--help` must be quick
    from vidcolor.media.verification.verify import Verification


@dataclass(frozen=True, slots=True)
class Started:
    """A file is about to be coloured, and this is what will become of it."""

    source: Path
    target: Path
    frames: int | None  # how many there will be, as far as the file says
    done: int  # how many of them are there already
    device: str
    notes: tuple[str, ...]  # what a person should know before the work starts
    warning: str | None = None  # what a person must know


@dataclass(frozen=True, slots=True)
class Progressed:
    """One more frame has been written."""

    source: Path
    frames: int  # so far, with those that were there already
    shot: int  # the current one, from 1


@dataclass(frozen=True, slots=True)
class Verifying:
    """One more frame of the result has been compared with the source's."""

    source: Path
    frames: int  # so far
    of: int | None  # as far as the file says


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the colours depend on, besides the film and the model."""

    size: int  # of the short side at the network, in pixels
    vividness: float
    smooth: int  # frames to come that have a say
    fast: bool

    def options(self) -> dict[str, str]:
        """Return the settings as text, by the names of their options."""
        return {
            "--size": str(self.size),
            "--vividness": f"{self.vividness:g}",
            "--smooth": str(self.smooth),
            "--fast": "on" if self.fast else "off",
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """A file is done: the account of it. docs/json.md says more of each field."""

    source: Path
    target: Path
    decoded: int  # frames that the source gave
    frames: int  # that were written
    done: int  # how many of them were there already
    lost_frames: int  # that damage took, as far as it can be told
    lost: tuple[str, ...]  # what damage took, a sentence each; empty if nothing
    shots: int
    notes: tuple[str, ...]  # what a person should know
    model: str
    sha256: str  # of the model's weights
    settings: Settings
    concessions: tuple[str, ...]  # that a lack of memory forced, a sentence each
    device: str
    seconds: float  # of work
    streams: tuple[dict[str, str], ...] = ()  # what each was, and what became of it
    encoder: str = ""  # FFmpeg's name; a photo has none
    pix_fmt: str = ""
    encoder_options: dict[str, str] = field(default_factory=dict)
    color_tags: dict[str, str] = field(default_factory=dict)  # of the result
    start: float | None = None  # of the part that was coloured, in seconds
    end: float | None = None
    verification: "Verification | None" = None  # where it was asked for
    version: str = __version__


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file needs no work: an earlier run of the same job has finished it."""

    source: Path
    target: Path
    verification: "Verification | None" = None  # where it was asked for


@dataclass(frozen=True, slots=True)
class Failed:
    """A file could not be coloured; the others go on."""

    source: Path
    problem: str


Event = Started | Progressed | Verifying | Finished | Skipped | Failed
OnEvent = Callable[[Event], None]
