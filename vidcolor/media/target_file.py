"""The file that is written: checked before, and brought safely to the disk."""

import os
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from vidcolor.errors import WriteError
from vidcolor.plain_file import reason


def check_target(
    source: Path, target: Path, *, overwrite: bool, spared: Container[Path] = ()
) -> None:
    """Refuse a target that cannot or must not be written.

    `spared` are resolved paths of files that must stay.

    Raises:
        WriteError: it is the source, a folder, a device, one of the `spared`, or there
            without leave to overwrite; its folder is missing, or it cannot have this
            name.
    """
    try:
        problem = _problem(source, target, overwrite, spared)
    except (OSError, RuntimeError) as error:
        # The name is too long, its folder may not be looked at, or links go in circles.
        raise WriteError(target, reason(error)) from error
    if problem:
        raise WriteError(target, problem)


def _problem(
    source: Path, target: Path, overwrite: bool, spared: Container[Path]
) -> str:
    """Return why a target must not be written; '' for no reason."""
    folder = target.parent
    if not folder.is_dir():
        return f"there is no folder {folder}; make it first"
    if target.is_dir():
        return "is a folder; name a file in it"
    if target.exists() and source.exists() and target.samefile(source):
        return "is the film itself; name another target"
    if target.exists() and not target.is_file():
        return "is no file but a pipe or a device; name another target"
    if target.resolve() in spared:
        return (
            "is what another film became, or another film of this run; colour "
            f"{source} in a run of its own, with another -o"
        )
    if not overwrite and (target.exists() or target.is_symlink()):
        return "is there already; --overwrite replaces it"
    return ""


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
