"""The colour tags of a stream (ITU-T H.273 numbers), and what untagged pixels mean."""

from dataclasses import dataclass, fields, replace

from vidcolor.rgb_space import Primaries, RgbSpace, Transfer
from vidcolor.yuv import Matrix

LIMITED, FULL = 1, 2
UNSPECIFIED = 2  # of matrix, transfer and primaries
XYZ = 10  # as primaries
_BT2020 = 9  # as matrix and as primaries
_TRANSFERS = {16: Transfer.PQ, 18: Transfer.HLG}
# Those of standard-definition television (4 to 7, 22) are taken for BT.709's, which
# differ less from them than the films so tagged do: players do the same.
_PRIMARIES = {
    8: Primaries.FILM,
    _BT2020: Primaries.BT2020,
    11: Primaries.DCI_P3,
    12: Primaries.DISPLAY_P3,
}
_NOT_FOR_SCREENS = {8: "linear", 9: "logarithmic", 10: "logarithmic"}
_NOT_FOR_SCREENS |= {17: "a cinema projector's (SMPTE ST 428-1)"}
_MATRICES = {
    1: Matrix.BT709,
    4: Matrix.BT601,  # FCC: its weights of red and blue differ by 0.001 and 0.004
    5: Matrix.BT601,
    6: Matrix.BT601,
    7: Matrix.BT709,  # SMPTE 240M: 0.0006 and 0.015
    9: Matrix.BT2020,
    10: Matrix.BT2020,  # constant luminance: of greys it is the same
}
_NUMBERS = {Matrix.BT601: 6, Matrix.BT709: 1, Matrix.BT2020: 9}
_WIDE = Matrix.BT2020
_SD_LINES = 576

# FFmpeg's names of the numbers, as ffprobe prints them.
_RANGE_NAMES = {LIMITED: "limited", FULL: "full"}
_MATRIX_NAMES = {0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m"}
_MATRIX_NAMES |= {7: "smpte240m", 8: "ycgco", 9: "bt2020nc", 10: "bt2020c"}
_TRC_NAMES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m"}
_TRC_NAMES |= {8: "linear", 9: "log100", 10: "log316", 11: "iec61966-2-4"}
_TRC_NAMES |= {12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10", 15: "bt2020-12"}
_TRC_NAMES |= {16: "smpte2084", 17: "smpte428", 18: "arib-std-b67"}
_PRIMARIES_NAMES = {1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m"}
_PRIMARIES_NAMES |= {7: "smpte240m", 8: "film", 9: "bt2020", 10: "smpte428"}
_PRIMARIES_NAMES |= {11: "smpte431", 12: "smpte432", 22: "ebu3213"}


@dataclass(frozen=True, slots=True)
class ColorTags:
    """What a file says of its colours."""

    range: int = 0  # 0 unspecified, 1 limited, 2 full
    matrix: int = UNSPECIFIED
    trc: int = UNSPECIFIED
    primaries: int = UNSPECIFIED

    def filled(self, other: "ColorTags") -> "ColorTags":
        """Return these tags, with what others say where these say nothing."""
        unsaid = {
            field.name: getattr(other, field.name)
            for field in fields(self)
            if getattr(self, field.name) == field.default
        }
        return replace(self, **unsaid)

    def matrix_for(self, height: int) -> Matrix:
        """Return the matrix, by the number of lines where none is named."""
        if self.matrix in _MATRICES:
            return _MATRICES[self.matrix]
        if self.rgb_space().primaries is Primaries.BT2020:
            return Matrix.BT2020
        return Matrix.BT601 if height <= _SD_LINES else Matrix.BT709

    def rgb_space(self) -> RgbSpace:
        """Return what the film's red, green and blue are; BT.709 unless it is said."""
        transfer = _TRANSFERS.get(self.trc, Transfer.SDR)
        primaries = self.primaries
        wide = transfer is not Transfer.SDR or _MATRICES.get(self.matrix) is _WIDE
        if primaries == UNSPECIFIED and wide:
            primaries = _BT2020
        return RgbSpace(_PRIMARIES.get(primaries, Primaries.BT709), transfer)

    @property
    def problem(self) -> str:
        """Why colours cannot be made for such light; empty if they can."""
        if self.trc in _NOT_FOR_SCREENS:
            return f"its light is coded as {_NOT_FOR_SCREENS[self.trc]}"
        return "its primaries are XYZ" if self.primaries == XYZ else ""

    def spelled_out(self, matrix: Matrix, *, full_range: bool) -> "ColorTags":
        """Return these tags with range and matrix said, whether or not they were."""
        number = self.matrix
        if _MATRICES.get(number) is not matrix or number in (4, 7, 10):
            number = _NUMBERS[matrix]
        return replace(self, range=FULL if full_range else LIMITED, matrix=number)

    def names(self) -> dict[str, str]:
        """Return what is said of range, matrix, transfer and primaries, in words."""
        return {
            "range": _RANGE_NAMES.get(self.range, "unknown"),
            "matrix": _MATRIX_NAMES.get(self.matrix, "unknown"),
            "transfer": _TRC_NAMES.get(self.trc, "unknown"),
            "primaries": _PRIMARIES_NAMES.get(self.primaries, "unknown"),
        }
