"""What a job tells while it runs, to whoever shows it: a bar, a log, a program."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


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
class Finished:
    """A file is done: the account of it."""

    source: Path
    target: Path
    frames: int
    done: int  # how many of them were there already
    shots: int
    lost: tuple[str, ...]  # what damage took, a sentence each; empty if nothing
    notes: tuple[str, ...]
    streams: tuple[dict[str, str], ...]  # what each stream was, and what became of it
    seconds: float  # of work
    model: str
    sha256: str  # of the model's weights
    vividness: float
    settings: dict[str, str] = field(default_factory=dict)  # of the encoder


@dataclass(frozen=True, slots=True)
class Failed:
    """A file could not be coloured; the others go on."""

    source: Path
    problem: str


Event = Started | Progressed | Finished | Failed
OnEvent = Callable[[Event], None]
