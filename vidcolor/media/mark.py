"""The mark on a finished film that tells which job made it.

It stands where FFmpeg's own tools say who encoded a stream: in the picture's tag
`encoder`. AVI and MPEG-TS have no place for it.
"""

import hashlib
import json
from contextlib import closing
from pathlib import Path

from vidcolor.errors import ReadError
from vidcolor.media.job import Job
from vidcolor.media.opening import film_stream, open_source

_DIGITS = 16  # MP4 has 31 characters for all of it


def mark_of(job: Job) -> str:
    """Return the mark of the films that a job makes, and no other."""
    said = json.dumps(job, sort_keys=True).encode()
    return f"vidcolor {hashlib.sha256(said).hexdigest()[:_DIGITS]}"


def read_mark(path: Path) -> str:
    """Return who encoded a film's picture, by its own word; '' if nobody says."""
    try:
        with closing(open_source(path)) as container:
            stream = film_stream(container)
            tags = {} if stream is None else stream.metadata
    except ReadError:
        return ""
    return next((tags[name] for name in tags if name.lower() == "encoder"), "")
