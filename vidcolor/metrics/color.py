"""How colourful a picture is: Hasler & Süsstrunk 2003, "Measuring Colourfulness in
Natural Images", and the variant that the tables of colorization papers use.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Return the colourfulness of RGB (H, W, 3), 0 for grey, as DDColor's paper has it.

    With absolute opponent differences, which is how the code behind the published
    tables computes it (piddnad/DDColor, basicsr/metrics).
    """
    return _colorfulness(np.abs(_opponents(rgb)))


def hasler_colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Return the colourfulness of RGB (H, W, 3), 0 for grey, as Hasler & Süsstrunk do.

    With signed differences: opposite colours add to it, where the variant's cancel.
    """
    return _colorfulness(_opponents(rgb))


def _opponents(rgb: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return twice red - green and twice yellow - blue (H, W, 2): whole numbers."""
    red, green, blue = cv2.split(rgb.astype(np.int16))
    return np.dstack([2 * (red - green), red + green - 2 * blue])


def _colorfulness(doubled: NDArray[np.int16]) -> float:
    means, deviations = cv2.meanStdDev(doubled)
    spread, mean = math.hypot(*deviations.ravel()), math.hypot(*means.ravel())
    return (spread + 0.3 * mean) / 2
