"""Tells that a film changes while it is read: it is replaced, cut, or still growing.

Its index and what was read before would then be another film's. The number of the file
(inode) is not looked at: what is moved into its place has another time, and some
network drives number their files anew every time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from vidcolor.errors import ReadError
from vidcolor.media.opening import reason


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file's folder says of its content."""

    size: int  # bytes
    mtime_ns: int  # nanoseconds

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the stamp that a file has now.

        Raises:
            ReadError: it is not there, or nobody says.
        """
        try:
            status = path.stat()
        except (OSError, ValueError) as error:
            raise ReadError(path, reason(error)) from error
        return cls(status.st_size, status.st_mtime_ns)

    def check(self, path: Path) -> None:
        """Raise unless the file still has this stamp.

        Raises:
            ReadError: it has not.
        """
        now = Stamp.of(path)
        if now.size > self.size:
            raise ReadError(path, "grows while it is read: wait until it is whole")
        if now != self:
            raise ReadError(path, "was changed while it was read: begin again")
