"""What can go wrong for a reason that a person can act on.

VidcolorError
├── ReadError      a file that cannot be read as film or picture
├── WriteError     a target that cannot be written
│   └── DoneError  it need not be: it is finished
└── OptionError    options that do not fit each other, the file or this machine
    └── UsageError   whatever the file and the machine

The models have their own: vidcolor_models.errors.ModelError. A mistake in our own
code is none of these: it raises what Python raises, and shows its traceback.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidcolor.media.verification.verify import Verification


class VidcolorError(Exception):
    """Base of all: the command line prints its message and exits with 1, or 2."""


class ReadError(VidcolorError):
    """A file that cannot be read as film or picture."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class WriteError(VidcolorError):
    """A target that cannot be written."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class DoneError(WriteError):
    """A target that need not be written: an earlier run of the job has finished it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "is done already")
        self.verification: Verification | None = None  # where it was asked for


class OptionError(VidcolorError):
    """Options that do not fit each other, the file or this machine."""


class UsageError(OptionError, ValueError):
    """Options that say nothing, or contradict each other: exit with 2."""


def is_memory_full(error: Exception) -> bool:
    """Whether an error says that the computer's own memory ran out."""
    # Torch and OpenCV have no error of their own for it.
    said = str(error)
    return (
        isinstance(error, MemoryError)
        or "DefaultCPUAllocator" in said
        or "Insufficient memory" in said
    )
