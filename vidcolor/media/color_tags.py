"""The colour tags of a stream (ITU-T H.273 numbers), and what untagged pixels mean."""

from dataclasses import dataclass, replace

from vidcolor.yuv import Matrix

LIMITED, FULL = 1, 2
HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics
UNSPECIFIED = 2  # of matrix, transfer and primaries
_MATRICES = {
    1: Matrix.BT709,
    4: Matrix.BT601,  # FCC: its weights of red and blue differ by 0.001 and 0.004
    5: Matrix.BT601,
    6: Matrix.BT601,
    7: Matrix.BT709,  # SMPTE 240M: 0.0006 and 0.015
    9: Matrix.BT2020,
    10: Matrix.BT2020,
}
_NUMBERS = {Matrix.BT601: 6, Matrix.BT709: 1, Matrix.BT2020: 9}
_SD_LINES = 576


@dataclass(frozen=True, slots=True)
class ColorTags:
    """What a file says of its colours."""

    range: int = 0  # 0 unspecified, 1 limited, 2 full
    matrix: int = UNSPECIFIED
    trc: int = UNSPECIFIED
    primaries: int = UNSPECIFIED

    def matrix_for(self, height: int) -> Matrix:
        """Return the matrix, by the number of lines where none is named."""
        untagged = Matrix.BT601 if height <= _SD_LINES else Matrix.BT709
        return _MATRICES.get(self.matrix, untagged)

    def spelled_out(self, matrix: Matrix, *, full_range: bool) -> "ColorTags":
        """Return these tags with range and matrix said, whether or not they were."""
        number = self.matrix
        if _MATRICES.get(number) is not matrix or number in (4, 7, 10):
            number = _NUMBERS[matrix]
        return replace(self, range=FULL if full_range else LIMITED, matrix=number)
