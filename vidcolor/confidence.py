"""How sure the network is of its colours, as a picture to look at."""

import cv2
import numpy as np
from numpy.typing import NDArray

SURE, UNSURE = 5.0, 20.0  # in units of ab: most of what the networks say lies between


def uncertainty_map(uncertainty: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return RGB (H, W, 3) of the standard deviation of ab (H, W), in its units.

    Dark blue is sure, yellow unsure: the colour map viridis, whose steps look equal to
    all eyes. The scale is fixed, so that frames and films can be compared.
    """
    share = np.clip((uncertainty - SURE) / (UNSURE - SURE), 0, 1)
    codes = np.rint(share * 255).astype(np.uint8)
    bgr = cv2.applyColorMap(codes, cv2.COLORMAP_VIRIDIS)
    return np.ascontiguousarray(bgr[..., ::-1])


def scale_bar(width: int, height: int) -> NDArray[np.uint8]:
    """Return the map's colours, from sure on the left to unsure, (height, width, 3)."""
    scale = np.linspace(SURE, UNSURE, width, dtype=np.float32)
    return uncertainty_map(np.tile(scale, (height, 1)))
