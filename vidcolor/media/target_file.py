"""The file that is written: checked first, private while it grows, then named."""

import os
import secrets
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


def temporary_name(target: Path) -> Path:
    """Return a hidden name beside the target that no other file has."""
    # The name is cut short, for a folder allows 255 bytes and the ending must fit.
    stem = target.stem[:40]
    name = f".{stem}.partial-{secrets.token_hex(4)}{target.suffix}"
    return target.absolute().with_name(name)


def create(path: Path) -> None:
    """Make an empty file that only its owner can read."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def sync(path: Path) -> None:
    """Have the file on the disk, so that a power cut cannot leave a name without it."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def share(path: Path, *, like: Path) -> None:
    """Let those read the result who could read the source."""
    path.chmod((like.stat().st_mode & 0o666) | 0o600)
