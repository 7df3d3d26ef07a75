"""A picture, and what its file says of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidcolor.rgb_space import SRGB, RgbSpace

Samples = NDArray[np.uint8 | np.uint16]

XMP_KEY = "XML:com.adobe.xmp"  # of the text in a PNG that is no text


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A picture, seen upright, and what its file says of it."""

    rgb: Samples  # height, width, 3; full range; a grey picture has its grey thrice
    alpha: Samples | None = None  # height, width; of rgb's type, not multiplied in
    icc: bytes | None = None  # the profile of an RGB space
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None  # across, down
    notes: tuple[str, ...] = ()  # what reading left out, to be put after "left out: "
    space: RgbSpace = SRGB  # that of the profile


def stacked(still: Still) -> Samples:
    """Return RGB, or RGB and alpha, in one array."""
    if still.alpha is None:
        return still.rgb
    return np.dstack([still.rgb, still.alpha])
