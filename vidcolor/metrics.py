"""How right and how colourful a picture is."""

import math

import numpy as np
from numpy.typing import NDArray


def psnr(truth: NDArray[np.uint8], result: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB over all three channels.

    Infinite for equal pictures. Both are RGB (H, W, 3).
    """
    error = np.mean((truth.astype(np.float64) - result) ** 2)
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def colorfulness(rgb: NDArray[np.uint8]) -> float:
    """Return the colourfulness of RGB (H, W, 3), 0 for grey, as DDColor's paper has it.

    Hasler & Süsstrunk 2003 with absolute opponent differences, which is how the code
    behind the published tables computes it (piddnad/DDColor, basicsr/metrics).
    """
    red, green, blue = rgb.astype(np.float64).transpose(2, 0, 1)
    red_green = np.abs(red - green)
    yellow_blue = np.abs((red + green) / 2 - blue)
    spread = math.hypot(red_green.std(), yellow_blue.std())
    mean = math.hypot(red_green.mean(), yellow_blue.mean())
    return spread + 0.3 * mean
