"""Where weights lie on this computer, and whether they are what they should be."""

import hashlib
import os
from enum import StrEnum
from pathlib import Path

import platformdirs

from vidcolor_models.registry import Entry, entry_of

MAX_BYTES = 1 << 30  # of a weights file; the largest in the registry has 136 MB

_EMBEDDED = Path(__file__).parent / "weights"

# What browsers, captive portals and object stores send in place of a file.
_PAGES = (b"<!doctype", b"<html", b"<head", b"<?xml")


class State(StrEnum):
    """How it stands with a model's weights; the values are words for a table."""

    EMBEDDED = "embedded"  # in the package, and right
    FETCHED = "fetched"  # in the folder, and right
    MISSING = "missing"
    WRONG = "wrong checksum"
    UNREADABLE = "cannot be read"


def folder() -> Path:
    """Return where fetched weights are kept; it need not exist yet.

    The environment variable VIDCOLOR_MODELS overrides the system's usual place.
    """
    if chosen := os.environ.get("VIDCOLOR_MODELS"):
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("vidcolor", appauthor=False) / "models"


def weights_path(entry: Entry) -> Path:
    """Return where the entry's weights are, or would be once fetched."""
    return (_EMBEDDED if entry.url is None else folder()) / entry.weights


def check(name: str) -> State:
    """Return how it stands with a model's weights, having read all of them.

    Raises:
        UnknownModelError: no model has that name.
    """
    entry = entry_of(name)
    path = weights_path(entry)
    if not path.is_file():
        return State.MISSING
    try:
        right = sha256_of(path).startswith(entry.sha256)
    except OSError:
        return State.UNREADABLE
    if not right:
        return State.WRONG
    return State.EMBEDDED if entry.url is None else State.FETCHED


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_page(head: bytes) -> bool:
    """Say whether a file that begins so is a web page (or a store's XML answer)."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith(_PAGES)
