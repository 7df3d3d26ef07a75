"""The file that is written: checked before, and brought safely to the disk."""

import os
from contextlib import suppress
from pathlib import Path

from vidcolor.errors import WriteError


def check_target(source: Path, target: Path, *, overwrite: bool) -> None:
    """Refuse a target that cannot or must not be written.

    Raises:
        WriteError: it is the source, a folder, or there without leave to overwrite; or
            its folder is missing.
    """
    folder = target.parent
    if not folder.is_dir():
        raise WriteError(target, f"there is no folder {folder}; make it first")
    if target.is_dir():
        raise WriteError(target, "is a folder; name a file in it")
    if target.exists() and source.exists() and target.samefile(source):
        raise WriteError(target, "is the film itself; name another target")
    if not overwrite and (target.exists() or target.is_symlink()):
        raise WriteError(target, "is there already; --overwrite replaces it")


def sync(path: Path) -> None:
    """Have the file on the disk, so that a power cut cannot leave a name without it."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Have the names in a folder on the disk, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def share(path: Path, *, like: Path) -> None:
    """Let those read the result who could read the source."""
    path.chmod((like.stat().st_mode & 0o666) | 0o600)
