"""Titles, black and blank frames: pictures of nothing that has a colour.

A title is strokes on an even ground that is darker than they are. What a morphological
opening leaves of a picture is what is larger than its window: of a title the ground
alone, dark or, where a print has faded, at least even; of a scene, however dark, the
things in it. Letters that fill the picture have strokes as thick as a face in a crowd.
But they are of one lightness, and hardly anything is between that and the ground's.
What is blank and pale, such as clear leader, a flash or a fade's white end, would be
taken for sky.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.upsample import shrink

_Plane = NDArray[np.float32]  # h, w

_SHORT = 128  # pixels on the short side: grain is gone, strokes are not
_STROKE, _BOLD = 10, 19  # pixels: thicker ones are things, or are if they are not bold

# All that follows goes gradually: from the first to the second, colour comes or goes.
_DARK = 25.0, 35.0  # in units of L: how light the ground is
_EVEN = 16.0, 10.0  # in units of L: how much that varies; a photograph's does more
_PALE = 70.0, 60.0  # in units of L: what is lighter is paper, and no title's ground
_WRITTEN = 0.002, 0.006  # how much of the picture stands out, as strokes do
_HALFWAY = 0.6, 0.45  # of bold strokes: how much of them is no lighter than ...
_EDGE = 0.75  # ... three quarters of the way from the ground to the ink
_STANDS_OUT = 20.0  # in units of L: how much lighter a stroke is than the ground
_BLANK = 6.0, 3.0  # in units of L: how much a picture varies, but for its grain
_WHITE = 75.0, 85.0  # in units of L: how light it is; a grey sky's is less


def picture_share(lightness: Tensor) -> float:
    """Return 0 for titles and empty frames, 1 for scenes, of lightness (H, W), 0..100.

    In between, as a scene fades to black or to white.
    """
    scale = _SHORT / min(lightness.shape)
    height, width = (round(side * scale) for side in lightness.shape)
    small = shrink(lightness, height, width).numpy()
    ground, bold_ground = (_opened(small, size) for size in (_STROKE, _BOLD))
    bold = _boldness(small - bold_ground) * (1 - _share(small, bold_ground))
    return min(_share(small, ground), 1 - bold, 1 - _blankness(small))


def _opened(picture: _Plane, size: int) -> _Plane:
    window = np.ones((size, size), np.uint8)
    return np.asarray(cv2.morphologyEx(picture, cv2.MORPH_OPEN, window), np.float32)


def _share(picture: _Plane, ground: _Plane) -> float:
    """Return 0 for strokes on such a ground, or none, and 1 for a scene."""
    # Not the very lightest: a speck that is too large may not make a scene of it.
    dark, light = (float(level) for level in np.percentile(ground, (1, 99)))
    written = float((picture - ground > _STANDS_OUT).mean())
    title = _way(light - dark, _EVEN) * _way(light, _PALE) * _way(written, _WRITTEN)
    return _way(light, _DARK) * (1 - title)


def _blankness(picture: _Plane) -> float:
    """Return how surely a picture is pale and shows nothing."""
    smooth = cv2.blur(picture, (_BOLD, _BOLD))
    least, most = (float(level) for level in np.percentile(smooth, (1, 99)))
    return _way(most - least, _BLANK) * _way(least, _WHITE)


def _boldness(strokes: _Plane) -> float:
    """Return how surely what stands out so far from its ground is of one lightness."""
    out = strokes[strokes > _STANDS_OUT]
    if not out.size:
        return 0.0
    ink = np.percentile(out, 90)
    return _way(float((out < _EDGE * ink).mean()), _HALFWAY)


def _way(value: float, ends: tuple[float, float]) -> float:
    """Return how far a value is on the way between two ends, 0..1."""
    first, last = ends
    return min(max((value - first) / (last - first), 0.0), 1.0)
