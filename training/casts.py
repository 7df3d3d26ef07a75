"""Colour casts: what grey things turn to, and hues of things everybody knows.

The known illness of networks that guess colours: brown people, tan roads, purple
shadows. Things are found by crude masks from the true colours, so that other things of
those colours are among them: sand and wood in skin, lakes and walls in sky.

Lab here is (3, H, W), L in 0..100. A figure is a sum and the weight it has, so that
those of many pictures can be added up and divided.
"""

import torch
from torch import Tensor

Sums = dict[str, tuple[float, float]]  # by the figure's name: sum, weight

NEUTRAL = 4.0  # chroma of a thing that counts as grey

_COLORED = 5.0  # chroma from which a hue is worth the name


def neutral_cast(truth: Tensor, result: Tensor) -> Sums:
    """Return chroma, a and b of the result where the truth is neutral, in ab units."""
    neutral = _chroma(truth) < NEUTRAL
    count = float(neutral.sum())
    a, b = result[1][neutral], result[2][neutral]
    return {
        "neutral_chroma": (float(torch.hypot(a, b).sum()), count),
        "neutral_a": (float(a.sum()), count),
        "neutral_b": (float(b.sum()), count),
    }


def hue_errors(rgb: Tensor, truth: Tensor, result: Tensor) -> Sums:
    """Return the angle in degrees, 0..180, between true and resulting ab, by thing.

    Weighed by the true chroma, over the pixels where the result has a chroma above 5;
    beside it, as `..._colored`, which share of the thing that is. `rgb` (3, H, W) in
    0..1 is that of the truth.
    """
    angle = _angle(truth[1:], result[1:])
    chroma, colored = _chroma(truth), _chroma(result) > _COLORED
    sums: Sums = {}
    for thing, mask in things(rgb, truth).items():
        sure = mask & colored
        weight = chroma[sure]
        sums[thing] = (float((angle[sure] * weight).sum()), float(weight.sum()))
        sums[f"{thing}_colored"] = (float(sure.sum()), float(mask.sum()))
    return sums


def things(rgb: Tensor, lab: Tensor) -> dict[str, Tensor]:
    """Return masks (H, W) of skin, sky and vegetation by their true colours."""
    hue = torch.rad2deg(torch.atan2(lab[2], lab[1])) % 360
    chroma = _chroma(lab)
    return {
        "skin": _skin(rgb) & (chroma > _COLORED) & (chroma < 40),
        "sky": _sky(lab[0], hue) & (chroma > _COLORED),
        "vegetation": (hue > 95) & (hue < 140) & (chroma > 10),
    }


def _skin(rgb: Tensor) -> Tensor:
    """Kovac, Peer & Solina 2003, "Human skin colour clustering for face detection".

    Their rule for daylight, in codes of 0..255. Oranges and red paint keep to it too,
    but are more colourful than people.
    """
    red, green, blue = rgb * 255
    spread = rgb.amax(dim=0) - rgb.amin(dim=0)
    bright = (red > 95) & (green > 40) & (blue > 20) & (spread * 255 > 15)
    skin: Tensor = bright & (red - green > 15) & (red > blue)
    return skin


def _sky(lightness: Tensor, hue: Tensor) -> Tensor:
    """Light and blue, in the upper half of the picture."""
    blue = (hue > 210) & (hue < 290) & (lightness > 45)
    blue[blue.shape[0] // 2 :] = False
    return blue


def _chroma(lab: Tensor) -> Tensor:
    return torch.hypot(lab[1], lab[2])


def _angle(first: Tensor, second: Tensor) -> Tensor:
    """Return the angle between vectors (2, H, W), 0..180, whichever way is shorter."""
    across = first[0] * second[1] - first[1] * second[0]
    along = (first * second).sum(dim=0)
    angle: Tensor = torch.rad2deg(torch.atan2(across, along)).abs()
    return angle
