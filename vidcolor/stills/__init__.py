"""Photos in and out: PNG, JPEG, TIFF and WebP, with all that their files say."""

from vidcolor.stills.read import MAX_PIXELS, read_still
from vidcolor.stills.still import Samples, Still
from vidcolor.stills.write import STILL_SUFFIXES, write_still

__all__ = [
    "MAX_PIXELS",
    "STILL_SUFFIXES",
    "Samples",
    "Still",
    "read_still",
    "write_still",
]
