"""Importing torch: most of what a command waits for before its first frame."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def all_kept() -> Iterator[None]:
    """Import what is imported inside for good: nobody looks for garbage in it.

    Modules stay until the end, yet the collector would look through torch's hundreds
    of thousands of objects again and again while they come, and once more at exit.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
