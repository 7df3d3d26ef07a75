"""What a picture's red, green and blue are: primaries (H.273) and transfer.

The names alone, without torch; what they mean as light is in `light`.
"""

from dataclasses import dataclass
from enum import Enum


class Transfer(Enum):
    """How light is coded."""

    SDR = "SDR"  # sRGB's curve, which stands for BT.709's and its like too
    PQ = "PQ"
    HLG = "HLG"


@dataclass(frozen=True, slots=True)
class Curve:
    """Another way to code light."""

    light: tuple[float, ...]  # 0..1, of codes evenly spaced from 0 to 1; never falling


Chromaticities = tuple[tuple[float, float], ...]  # x, y of red, green, blue and white


class Primaries(Enum):
    """Chromaticities (x, y) of red, green, blue and white (H.273, table 2)."""

    BT709 = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), (0.3127, 0.3290))
    FILM = ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), (0.310, 0.316))
    BT2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290))
    DCI_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351))
    DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290))


@dataclass(frozen=True, slots=True)
class RgbSpace:
    """What a picture's red, green and blue are, and how they are coded."""

    primaries: Primaries | Chromaticities = Primaries.BT709
    transfer: Transfer | Curve = Transfer.SDR


SRGB = RgbSpace()
