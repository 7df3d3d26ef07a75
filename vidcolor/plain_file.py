"""Only plain files are read: opening a pipe would wait, and a device need not end."""

import errno
import stat
from os import stat_result
from pathlib import Path

from vidcolor.errors import ReadError


def check_plain_file(path: Path) -> stat_result:
    """Return what is known of a file with something in it, or say what is wrong.

    Raises:
        ReadError: it is not there, is no file, or is empty.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise ReadError(path, reason(error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(path, "is a folder, not a film or photo")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(path, "is no file but a pipe or a device: save it as a file")
    if status.st_size == 0:
        raise ReadError(path, "is empty (0 bytes)")
    return status


def reason(error: Exception) -> str:
    """Return what an error of the operating system or FFmpeg says, without its path."""
    if getattr(error, "errno", None) == errno.ENAMETOOLONG:
        return "the name is too long; choose a shorter one, for a result with -o"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[0].lower() + text[1:]
