"""HDR10's static metadata: what screen a film was mastered on, and how bright it gets.

SMPTE ST 2086 and CTA-861.3. FFmpeg gives it with the pictures, and encoders take it as
options only.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import av

_FRACTIONS = struct.Struct("=20i2i")  # AVMasteringDisplayMetadata
_LIGHT = struct.Struct("=2I")  # AVContentLightMetadata
_CHROMATICITY, _LUMINANCE = 50_000, 10_000  # H.265's units: 0.00002, and 0.0001 cd/m2


@dataclass(frozen=True, slots=True)
class Mastering:
    """The screen's colours and light, and the film's; empty where it is not said."""

    colors: tuple[float, ...] = ()  # x and y of red, green, blue and white
    light: tuple[float, ...] = ()  # of the screen in cd/m2: darkest, brightest
    level: tuple[
        int, ...
    ] = ()  # of the film in cd/m2: brightest pixel, brightest frame

    @classmethod
    def of(cls, picture: av.VideoFrame) -> "Mastering":
        """Return what comes with a picture."""
        side = cast(Mapping[str, Any], picture.side_data)
        colors, light, level = (), (), ()
        if "MASTERING_DISPLAY_METADATA" in side:
            data = bytes(side["MASTERING_DISPLAY_METADATA"])
            *pairs, has_colors, has_light = _FRACTIONS.unpack(data[: _FRACTIONS.size])
            values = [
                a / (b or 1) for a, b in zip(pairs[::2], pairs[1::2], strict=True)
            ]
            colors = tuple(values[:8]) if has_colors else ()
            light = tuple(values[8:]) if has_light else ()
        if "CONTENT_LIGHT_LEVEL" in side:
            data = bytes(side["CONTENT_LIGHT_LEVEL"])
            level = _LIGHT.unpack(data[: _LIGHT.size])
        return cls(colors, light, level)

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.colors or self.level)

    def options(self, encoder: str) -> dict[str, str]:
        """Return it as parameters of an encoder; empty if there is no way to say it."""
        if encoder not in _NAMES:
            return {}
        display, level, is_fractional = _NAMES[encoder]
        said = {}
        if self.colors and self.light:
            said[display] = self._display(is_fractional)
        if self.level:
            said[level] = ",".join(map(str, self.level))
        return said

    def _display(self, is_fractional: bool) -> str:
        scale = 1 if is_fractional else _CHROMATICITY
        bright = 1 if is_fractional else _LUMINANCE
        red, green, blue, white = (
            f"({_number(x * scale)},{_number(y * scale)})"
            for x, y in zip(self.colors[::2], self.colors[1::2], strict=True)
        )
        darkest, brightest = (_number(value * bright) for value in self.light)
        return f"G{green}B{blue}R{red}WP{white}L({brightest},{darkest})"


# Of each encoder: the names, and whether it takes fractions in place of H.265's units.
_NAMES = {
    "libx264": ("mastering-display", "cll", False),
    "libx265": ("master-display", "max-cll", False),
    "libsvtav1": ("mastering-display", "content-light", True),
}


def _number(value: float) -> str:
    return f"{value:.5f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"
