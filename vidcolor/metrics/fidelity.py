"""How close a picture is to the true one: PSNR and SSIM, on RGB.

On RGB, not on luma: luma is kept exactly, so that by luma every result is perfect.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

_WHITE = 255
_RADIUS, _SIGMA = 5, 1.5  # of SSIM's window, in pixels
_C1, _C2 = (0.01 * _WHITE) ** 2, (0.03 * _WHITE) ** 2


def psnr(truth: NDArray[np.uint8], result: NDArray[np.uint8]) -> float:
    """Return the peak signal-to-noise ratio in dB over all three channels.

    Infinite for equal pictures. Both are RGB (H, W, 3).
    """
    return to_decibels(squared_error(truth, result))


def squared_error(truth: NDArray[np.uint8], result: NDArray[np.uint8]) -> float:
    """Return the mean squared error, in codes of 0..255, of RGB (H, W, 3)."""
    # Not in uint8, where 16 squared is 0: published code has fallen into that trap.
    return cv2.norm(truth, result, cv2.NORM_L2SQR) / truth.size


def to_decibels(error: float) -> float:
    """Return the PSNR of a mean squared error: infinite where there is none."""
    return math.inf if error == 0 else 10 * math.log10(_WHITE**2 / error)


def ssim(truth: NDArray[np.uint8], result: NDArray[np.uint8]) -> float:
    """Return the structural similarity of RGB (H, W, 3): 1 for equal pictures.

    Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural
    Similarity", with its Gaussian window of 11 x 11, on each channel; their mean. As
    there, windows lie inside the picture; only in one smaller than that they do not.
    """
    x, y = truth.astype(np.float32), result.astype(np.float32)
    mean_x, mean_y = _mean(x), _mean(y)
    # Summed so that in equal pictures it is twice the covariance to the last bit.
    variances = (_mean(x * x) - mean_x**2) + (_mean(y * y) - mean_y**2)
    covariance = _mean(x * y) - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2 * covariance + _C2) / (variances + _C2)
    similarity = luminance * structure
    if min(similarity.shape[:2]) > 2 * _RADIUS:
        similarity = similarity[_RADIUS:-_RADIUS, _RADIUS:-_RADIUS]
    return float(similarity.mean(dtype=np.float64))


def _mean(channels: NDArray[np.float32]) -> NDArray[np.float32]:
    size = 2 * _RADIUS + 1
    return np.asarray(cv2.GaussianBlur(channels, (size, size), _SIGMA), np.float32)
