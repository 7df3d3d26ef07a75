"""Titles and black frames: pictures of nothing that has a colour.

A title is strokes on a dark ground. What a morphological opening leaves of a picture
is what is larger than its window: of a title the ground alone, and so it is dark all
over; of a scene, however dark, the things in it.
"""

import cv2
import numpy as np
from torch import Tensor

from vidcolor.upsample import shrink

_SHORT = 64  # pixels on the short side: grain is gone, strokes are not
_STROKE = 9  # pixels: thicker ones are things
_DARK, _LIT = 25.0, 35.0  # in units of L; on the way to black, colour goes in between


def picture_share(lightness: Tensor) -> float:
    """Return 0 for titles and black frames, 1 for scenes, of lightness (H, W), 0..100.

    In between, as a scene fades to black.
    """
    scale = _SHORT / min(lightness.shape)
    height, width = (round(side * scale) for side in lightness.shape)
    window = np.ones((_STROKE, _STROKE), np.uint8)
    small = shrink(lightness, height, width).numpy()
    ground = cv2.morphologyEx(small, cv2.MORPH_OPEN, window)
    # Not the very lightest: a speck that is too large may not make a scene of it.
    light = float(np.percentile(ground, 99))
    return min(max((light - _DARK) / (_LIT - _DARK), 0.0), 1.0)
