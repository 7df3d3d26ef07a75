"""Mistakes of whoever runs a command here, told in one line."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from vidcolor.errors import VidcolorError
from vidcolor_models.errors import ModelError


@contextmanager
def told() -> Iterator[None]:
    """End the program with one line where files, models or values are wrong.

    For what is read before the work: a mistake in the work keeps its traceback.
    """
    try:
        yield
    except (OSError, ValueError, ModelError, VidcolorError) as error:
        sys.exit(str(error))
