"""How a film's numbers mean light: bit depth, range, matrix and chroma grid."""

from dataclasses import dataclass
from enum import Enum

from vidcolor.rgb_space import SRGB, RgbSpace


class Matrix(Enum):
    """The weights of red and blue in luma (ITU-T H.273, MatrixCoefficients)."""

    BT601 = (0.299, 0.114)
    BT709 = (0.2126, 0.0722)
    BT2020 = (0.2627, 0.0593)

    @property
    def weights(self) -> tuple[float, float, float]:
        """Return the weights of red, green and blue, 1 in all."""
        red, blue = self.value
        return red, 1 - red - blue, blue


class Siting(Enum):
    """Where a chroma sample of 4:2:0 or 4:2:2 sits among its luma samples (H.273)."""

    LEFT = "left"
    CENTER = "center"
    TOPLEFT = "topleft"


@dataclass(frozen=True, slots=True)
class YuvFormat:
    """What is needed to turn code values into light, and colour into code values."""

    depth: int  # bits a sample, 8..16
    full_range: bool
    matrix: Matrix
    chroma_shift_x: int  # log2 of luma samples per chroma sample: 0, 1 or 2
    chroma_shift_y: int
    siting: Siting = Siting.LEFT
    rgb: RgbSpace = SRGB  # that the matrix makes luma and chroma of

    @property
    def black(self) -> int:
        """The luma code of black."""
        return 0 if self.full_range else 16 << (self.depth - 8)

    @property
    def luma_span(self) -> int:
        """Luma codes from black to white."""
        return (1 << self.depth) - 1 if self.full_range else 219 << (self.depth - 8)

    @property
    def chroma_span(self) -> int:
        """Chroma codes from the lowest to the highest."""
        return (1 << self.depth) - 1 if self.full_range else 224 << (self.depth - 8)

    @property
    def neutral(self) -> int:
        """The chroma code of grey."""
        return 1 << (self.depth - 1)

    def chroma_shape(self, height: int, width: int) -> tuple[int, int]:
        """Return the height and width of a chroma plane: odd sizes round up."""
        return -(-height >> self.chroma_shift_y), -(-width >> self.chroma_shift_x)
