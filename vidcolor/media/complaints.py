"""What FFmpeg says of a film's damage in its log and nowhere else.

Most of its complaints are of no consequence. Those heard here are proof: a checksum
that does not fit, and a Matroska file whose parts do not fit into each other.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import av

_PROOF = {"libav.ffv1", "libav.matroska,webm"}
_LIBRARY = logging.getLogger("libav")  # what PyAV hands FFmpeg's messages to


class Complaints(logging.Handler):
    """Listens while a film is read; `heard` counts what was proof of damage."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        super().__init__()
        self.heard = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count a message of FFmpeg's."""
        self.heard += record.name in _PROOF

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen meanwhile.

        A decoder whose threads are at work when it ends must be silent (as those of
        `open_source` are), and rest before it is freed: PyAV's log wants the
        interpreter's lock, which whoever frees a decoder holds.
        """
        propagated, _LIBRARY.propagate = _LIBRARY.propagate, False
        _LIBRARY.addHandler(self)
        av.logging.set_skip_repeated(False)
        av.logging.set_level(av.logging.ERROR)
        try:
            yield
        finally:
            av.logging.set_level(None)
            _LIBRARY.removeHandler(self)
            _LIBRARY.propagate = propagated
