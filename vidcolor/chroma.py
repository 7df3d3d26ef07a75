"""Chroma for a given luma: where ab becomes Cb and Cr, and luma stays what it is.

A film's luma Y' is never touched. For a pixel with luma Y' and wanted (a, b), there is
a lightness L for which lab_to_rgb(L, a, b) has exactly this luma; that colour's Cb and
Cr are taken. lab_to_rgb clips what sRGB cannot show, so such a colour gives up chroma,
never luma: at black and at white nothing is left of it. In a wider or brighter space
than sRGB it is the same, with that space's limits for sRGB's.
"""

from collections.abc import Sequence
from functools import lru_cache, partial, reduce
from threading import Lock
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.lab import grey_to_lightness, lab_to_linear
from vidcolor.levels import Levels
from vidcolor.light import from_linear_srgb, to_srgb
from vidcolor.rgb_space import SRGB, RgbSpace
from vidcolor.yuv import Matrix, Siting, YuvFormat

AB_REACH = 110.0  # ab beyond this is outside sRGB, and no network means it

_LUMA_STEPS, _AB_STEPS = 65, 45

_making = Lock()


class Taps(NamedTuple):
    """What of luma's lines, or columns, makes one of chroma's."""

    weights: NDArray[np.uint16]  # of lines next to each other
    step: int  # luma lines from one line of chroma to the next
    reach: int  # lines by which the first of the weights lies before luma's first

    def beyond(self, lines: int, size: int) -> int:
        """Return by how many so many chroma lines reach beyond luma's last."""
        return lines * self.step - size


def to_luma(codes: NDArray[np.generic], yuv: YuvFormat) -> Tensor:
    """Return luma (height, width) as float32, 0 at black and 1 at white.

    Codes below black or above white, which limited range allows, are clipped.
    """
    return scale_luma(torch.from_numpy(codes.astype(np.float32)), yuv)


def scale_luma(values: Tensor, yuv: YuvFormat) -> Tensor:
    """Make luma, as `to_luma` does, of codes that are float32 already, in place."""
    return values.sub_(yuv.black).div_(yuv.luma_span).clamp_(0, 1)


def to_grey(luma: Tensor, space: RgbSpace) -> Tensor:
    """Return the greys with this luma (height, width) as sRGB codes them, 0..1.

    What is brighter than the white of paper, as HDR allows, is white.
    """
    if space == SRGB:
        return luma
    return to_srgb(luma.expand(3, -1, -1), space)[0]


def to_lightness(luma: Tensor, space: RgbSpace = SRGB) -> Tensor:
    """Return L, 0..100, of the greys with this luma (height, width)."""
    return grey_to_lightness(to_grey(luma, space))


def luma_at_chroma(
    luma: NDArray[Any], yuv: YuvFormat, field: int | None = None
) -> NDArray[np.float32]:
    """Return luma (h, w) averaged to where the chroma samples of (H, W) are.

    `luma` may be codes or any other numbers. `field` says that these are the upper (0)
    or lower (1) lines of an interlaced picture, whose chroma has fields of its own.
    """
    height, width = luma.shape
    rows, columns = yuv.chroma_shape(height, width)
    y, x = chroma_taps(yuv, field)
    padded = cv2.copyMakeBorder(
        luma,
        y.reach,
        y.beyond(rows, height),
        x.reach,
        x.beyond(columns, width),
        cv2.BORDER_REPLICATE,
    )
    # Sums of 8 bits are quickest as integers.
    kind = np.uint16 if luma.dtype == np.uint8 else np.float32
    lines = _total([padded[n :: y.step][:rows] for n in _each(y)], kind)
    total = _total([lines[:, n :: x.step][:, :columns] for n in _each(x)], kind)
    mean = np.divide(total, y.weights.sum() * x.weights.sum(), dtype=np.float32)
    return np.asarray(mean, np.float32)


def chroma_taps(yuv: YuvFormat, field: int | None = None) -> tuple[Taps, Taps]:
    """Return which lines, and which columns, of luma are where chroma samples are.

    `field` is as for `luma_at_chroma`.
    """
    step_y, step_x = 1 << yuv.chroma_shift_y, 1 << yuv.chroma_shift_x
    left = step_x > 1 and yuv.siting is not Siting.CENTER
    top = step_y > 1 and yuv.siting is Siting.TOPLEFT
    # A sample that sits on a luma sample is the mean of it and half of either
    # neighbour, which two means over `step`, a sample apart, make together.
    down = _kernel(step_y, top) if field is None else _field_kernel(step_y, field)
    return (
        Taps(down, step_y, top * step_y // 2),
        Taps(_kernel(step_x, left), step_x, left * step_x // 2),
    )


def to_chroma(
    ab: Tensor, luma: Tensor, matrix: Matrix, space: RgbSpace = SRGB
) -> Tensor:
    """Return Pb and Pr (2, h, w) in -0.5..0.5 for ab (2, h, w) at luma (h, w) in 0..1.

    Interpolated in a table. A slice of the RGB cube at one luma is convex, and so is
    the cube: what lies between colours that can be shown can be shown.
    """
    middle = (_AB_STEPS - 1) / 2
    places = ab.numpy() * np.float32(middle / AB_REACH)
    places += np.float32(middle)
    level = luma.numpy() * (_LUMA_STEPS - 1)
    return make_table(matrix, space).at(places[1], places[0], level)


def to_rgb(luma: Tensor, chroma: Tensor, matrix: Matrix) -> Tensor:
    """Return RGB (3, h, w) in 0..1 of luma (h, w) and Pb, Pr (2, h, w)."""
    red_weight, blue_weight = matrix.value
    blue = luma + 2 * (1 - blue_weight) * chroma[0]
    red = luma + 2 * (1 - red_weight) * chroma[1]
    green = (luma - red_weight * red - blue_weight * blue) / (
        1 - red_weight - blue_weight
    )
    return torch.stack([red, green, blue]).clamp(0, 1)


def to_codes(
    chroma: Tensor, yuv: YuvFormat
) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """Return the planes Cb and Cr of Pb and Pr (2, h, w): uint8, or uint16 above 8 bit.

    Rounded, and kept inside the range's limits.
    """
    if yuv.depth > 8:
        blue, red = round_chroma(chroma, yuv).numpy()
    else:  # OpenCV scales, rounds and stores in one go, in a fifth of the time
        half = yuv.chroma_span // 2
        blue, red = (
            cv2.convertScaleAbs(plane, None, yuv.chroma_span, yuv.neutral).clip(
                yuv.neutral - half, yuv.neutral + half
            )
            for plane in chroma.numpy()
        )
    return blue, red


def round_chroma(chroma: Tensor, yuv: YuvFormat) -> Tensor:
    """Return the codes of Pb and Pr (2, h, w), where these are, as `to_codes` does."""
    half = yuv.chroma_span // 2
    codes = (chroma * yuv.chroma_span).round_().add_(yuv.neutral)
    codes.clamp_(yuv.neutral - half, yuv.neutral + half)
    return codes.to(torch.uint8 if yuv.depth == 8 else torch.uint16)


def _each(taps: Taps) -> NDArray[np.intp]:
    """Return the lines that are added up, each as often as it counts."""
    return np.repeat(np.arange(len(taps.weights)), taps.weights)


def _total(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return reduce(partial(np.add, dtype=kind), parts)


def _kernel(step: int, on_sample: bool) -> NDArray[np.uint16]:
    mean = np.ones(step, np.uint16)
    return np.convolve(mean, mean[:2]) if on_sample else mean


def _field_kernel(step: int, field: int) -> NDArray[np.uint16]:
    """Return the weights of a field's lines in a chroma sample of 4:2:0 (H.262, 6.1).

    Both fields' samples lie between the lines, but a quarter from the nearer one, so
    that chroma's lines are evenly spaced in the picture as a whole.
    """
    if step != 2:
        return np.ones(step, np.uint16)
    upper = np.array([3, 1], np.uint16)
    return upper[::-1] if field else upper


def make_table(matrix: Matrix, space: RgbSpace) -> Levels:
    """Return the table that `to_chroma` looks into, made when it is first wanted."""
    with _making:  # several threads may want it, and one of them is to make it
        return _table(matrix, space)


@lru_cache(maxsize=4)
def _table(matrix: Matrix, space: RgbSpace) -> Levels:
    return Levels(chroma_table(matrix, space).numpy())


@lru_cache(maxsize=4)
def chroma_table(matrix: Matrix, space: RgbSpace) -> Tensor:
    """Return Pb and Pr at levels of luma, rows of a and columns of b: (2, L, A, B).

    They are evenly spaced: luma from 0 to 1, a and b from -AB_REACH to AB_REACH.
    """
    # In float64: what float32 keeps of that is the same whatever number of threads
    # torch works with, on which the last bit of its powers depends.
    ab = torch.linspace(-AB_REACH, AB_REACH, _AB_STEPS, dtype=torch.float64)
    levels = torch.linspace(0, 1, _LUMA_STEPS, dtype=torch.float64)
    luma, a, b = torch.meshgrid(levels, ab, ab, indexing="ij")
    weights = _luma_weights(matrix)
    # Wide enough for all three channels to be clipped at 0, or at the brightest that
    # PQ has (an L of 409), whatever a and b.
    low, high = torch.full_like(luma, -150.0), torch.full_like(luma, 600.0)
    for _ in range(20):  # halves 750 units of L to less than a 1000th
        middle = (low + high) / 2
        bright = (weights * _rgb(middle, a, b, space)).sum(dim=0) > luma
        high = torch.where(bright, middle, high)
        low = torch.where(bright, low, middle)
    rgb = _rgb((low + high) / 2, a, b, space)
    red_weight, blue_weight = matrix.value
    found = (weights * rgb).sum(dim=0)
    blue = (rgb[2] - found) / (2 * (1 - blue_weight))
    red = (rgb[0] - found) / (2 * (1 - red_weight))
    return torch.stack([blue, red]).float()


def _rgb(lightness: Tensor, a: Tensor, b: Tensor, space: RgbSpace) -> Tensor:
    shape = lightness.shape
    lab = torch.stack([lightness, a, b]).reshape(3, -1, 1)
    return from_linear_srgb(lab_to_linear(lab), space).reshape(3, *shape)


def _luma_weights(matrix: Matrix) -> Tensor:
    return torch.tensor(matrix.weights, dtype=torch.float64).view(3, 1, 1, 1)
