"""Titles, black and blank frames: pictures of nothing that has a colour.

A title is strokes on an even ground that is darker than they are. What a morphological
opening leaves of a picture is what is larger than its window: of a title the ground
alone, dark or, where a print has faded, at least even; of a scene, however dark, the
things in it. What is blank and pale, such as clear leader, a flash or a fade's white
end, would be taken for sky.
"""

import cv2
import numpy as np
from torch import Tensor

from vidcolor.upsample import shrink

_SHORT = 64  # pixels on the short side: grain is gone, strokes are not
_STROKE = 9  # pixels: thicker ones are things

# All that follows goes gradually: from the first to the second, colour comes or goes.
_DARK = 25.0, 35.0  # in units of L: how light the ground is
_EVEN = 16.0, 10.0  # in units of L: how much that varies; a photograph's does more
_PALE = 70.0, 60.0  # in units of L: what is lighter is paper, and no title's ground
_WRITTEN = 0.002, 0.006  # how much of the picture stands out, as strokes do
_STANDS_OUT = 20.0  # in units of L: how much lighter that is than the ground
_BLANK = 6.0, 3.0  # in units of L: how much a picture varies, but for its grain
_WHITE = 75.0, 85.0  # in units of L: how light it is; a grey sky's is less


def picture_share(lightness: Tensor) -> float:
    """Return 0 for titles and empty frames, 1 for scenes, of lightness (H, W), 0..100.

    In between, as a scene fades to black or to white.
    """
    scale = _SHORT / min(lightness.shape)
    height, width = (round(side * scale) for side in lightness.shape)
    window = np.ones((_STROKE, _STROKE), np.uint8)
    small = shrink(lightness, height, width).numpy()
    ground = cv2.morphologyEx(small, cv2.MORPH_OPEN, window)
    # Not the very lightest: a speck that is too large may not make a scene of it.
    dark, light = (float(level) for level in np.percentile(ground, (1, 99)))
    written = float((small - ground > _STANDS_OUT).mean())
    title = _way(light - dark, _EVEN) * _way(light, _PALE) * _way(written, _WRITTEN)
    smooth = cv2.blur(small, (_STROKE, _STROKE))
    least, most = (float(level) for level in np.percentile(smooth, (1, 99)))
    blank = _way(most - least, _BLANK) * _way(least, _WHITE)
    return _way(light, _DARK) * (1 - title) * (1 - blank)


def _way(value: float, ends: tuple[float, float]) -> float:
    """Return how far a value is on the way between two ends, 0..1."""
    first, last = ends
    return min(max((value - first) / (last - first), 0.0), 1.0)
