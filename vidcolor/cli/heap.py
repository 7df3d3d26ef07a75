"""The process's heap: memory that was freed is kept, for the next frame needs as much.

By default, glibc gives large blocks back to the system as soon as they are free. Each
frame then begins with pages that must be found and zeroed anew, which takes as long as
a stage of the pipeline.
"""

import ctypes
import sys

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8

_LARGE = 1 << 29  # bytes; a larger block is given back
_LARGEST = 1 << 25  # to older glibc


def keep_freed_memory() -> None:
    """Let freed memory wait to be used again; without glibc, do nothing.

    To be called before there are other threads. All use one heap from then on: what
    one has freed, another may take.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_TRIM_THRESHOLD, _LARGE)
        if not mallopt(_MMAP_THRESHOLD, _LARGE):
            mallopt(_MMAP_THRESHOLD, _LARGEST)
