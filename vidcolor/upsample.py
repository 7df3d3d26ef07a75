"""Ab blown up to the picture's size, with the picture's own luma as the guide.

A network's ab is small and soft: at an edge it changes over a few pixels, which the
picture's size turns into a halo. Luma says where the edge really is, so each pixel
takes its colour from those neighbours that are as light as itself: the joint bilateral
upsampling of Kopf et al. 2007, "Joint Bilateral Upsampling" (ACM TOG 26, 3). Neighbours
are weighed once for each small pixel and each of a few levels of lightness, and not for
each large one: the bilateral grid of Chen et al. 2007, "Real-time Edge-Aware Image
Processing with the Bilateral Grid" (ACM TOG 26, 3).
"""

from functools import lru_cache
from typing import Any, TypeVar

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import to_lightness
from vidcolor.levels import Levels
from vidcolor.rgb_space import SRGB, RgbSpace

_Plane = NDArray[np.float32]  # h, w
_Planes = NDArray[np.float32]  # ..., h, w
_Any = TypeVar("_Any", _Planes, Tensor)

# What is alike, and around. On a GPU, the same numbers make the same (gpu/planes.py).
LEVELS = 17  # of luma, evenly spaced: about LIKENESS from each to the next
LIKENESS = 6.0  # in units of L: how much lightness may differ within one thing
FLOOR = 1e-4  # what an unlike neighbour still weighs, where there is no like one
GRAIN = 4.0  # in units of L: the deviation that says nothing of an edge
SOFT = 3  # small pixels on each side of an edge over which ab may be smeared
REACH = 2 * SOFT + 2  # small pixels to where ab is to be trusted, on the other side too
AROUND = cv2.getGaussianKernel(2 * REACH + 1, SOFT)[:, 0].astype(np.float32)
SCARCE = 1e-2  # how much of all around counts as unlike, so that there is always some
NOISE = 2.0  # in units of ab: how far apart two colours may be by chance
# Little, so that ab keeps its detail: unlike neighbours weigh far less than even this.
NEXT = np.array([1, 18, 1], np.float32) / np.float32(20)

# Numbers so small that floats give up digits for them (below 1e-38), and what is made
# of them, take processors a hundred times as long: they made up half of this stage.
_NOTHING = np.float32(1e-12)

_TALLEST = 32000 // (LEVELS - 1)  # small pixels: OpenCV counts all levels' together
_FINEST = 256  # small pixels along the short side: a grid of more needs much memory


def spread(ab: Tensor, luma: Tensor, space: RgbSpace = SRGB) -> Tensor:
    """Return ab (2, H, W) at the size of luma (H, W), 0..1, its edges where luma's are.

    `ab` (2, h, w), of any size, shows the same picture. One colour everywhere stays
    that colour, and none comes out that is more colourful than its surroundings.
    """
    return upsample(to_grid(ab, luma, space), luma)


def to_grid(ab: Tensor, luma: Tensor, space: RgbSpace = SRGB) -> Levels:
    """Return the ab that each small pixel has for what is so light, at some levels.

    Of ab (2, h, w) and of the luma (H, W), 0..1, of the same picture. It is the pixel's
    own ab if it is so light itself, else that of its neighbours which are, rid of what
    was smeared over edges. Ab that is very fine is made coarser first.
    """
    ab = coarse(ab)
    place = sample(luma, *ab.shape[1:]).numpy() * (LEVELS - 1)
    levels = level_lightness(space).numpy()
    lightness = np.interp(place, np.arange(LEVELS), levels).astype(np.float32)
    like = np.exp(((levels[:, None, None] - lightness) / LIKENESS) ** 2 / -2)
    np.maximum(like, _NOTHING, out=like)
    sharp = _sharpened(ab.numpy(), lightness, place, like)
    total = _gathered(sharp, like + np.float32(FLOOR), NEXT)
    return Levels(total[:2] / total[2])


def upsample(grid: Levels, luma: Tensor, rows: slice = slice(None)) -> Tensor:
    """Return the ab (2, H, W) that a grid has for a picture with luma (H, W), 0..1.

    What comes out is a mean of what goes in; with `rows`, only these of it.
    """
    y = places(luma.shape[0], grid.height)[rows, None]
    x = places(luma.shape[1], grid.width)
    return grid.at(x, y, luma[rows].numpy() * (LEVELS - 1))


@lru_cache(maxsize=4)
def level_lightness(space: RgbSpace) -> Tensor:
    """Return L, 0..100, of the greys at the LEVELS of luma."""
    return to_lightness(torch.linspace(0, 1, LEVELS)[None], space)[0]


def coarse(ab: Tensor) -> Tensor:
    """Return ab (2, h, w), made coarser where it is too fine for a grid."""
    height, width = ab.shape[1:]
    times = max(min(height, width) / _FINEST, height / _TALLEST)
    if times <= 1:
        return ab
    size = round(height / times), round(width / times)
    return torch.stack([shrink(plane, *size) for plane in ab])


def sample(plane: Tensor, height: int, width: int) -> Tensor:
    """Return what a plane (H, W) has at the middles of so many pixels.

    Not averaged: a mean over an edge is the luma of neither side, and a pixel that has
    it brings the colour of both to wherever something is as light.
    """
    calm = torch.from_numpy(cv2.medianBlur(plane.numpy(), 3))  # no grain, same edges
    return calm[middles(plane.shape[0], height)][:, middles(plane.shape[1], width)]


def shrink(plane: Tensor, height: int, width: int) -> Tensor:
    """Return the plane (H, W) averaged down, or interpolated up, to (height, width)."""
    # OpenCV's box filter takes a third of the time of torch's antialiased resize.
    small = cv2.resize(plane.numpy(), (width, height), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small)


def shrink_codes(codes: NDArray[Any], height: int, width: int) -> NDArray[np.float32]:
    """Return codes (H, W) averaged or interpolated to (height, width)."""
    # Halved while it can be: OpenCV does that many times as fast as anything else, and
    # what rounding adds is less than the codes' own.
    while (
        codes.shape[0] >= 2 * height
        and codes.shape[1] >= 2 * width
        and not any(side % 2 for side in codes.shape)
    ):
        half = codes.shape[1] // 2, codes.shape[0] // 2
        codes = cv2.resize(codes, half, interpolation=cv2.INTER_AREA)
    numbers = codes.astype(np.float32)
    # Less than halved, every pixel has its say between two as well, and far sooner.
    close = codes.shape[0] < 2 * height and codes.shape[1] < 2 * width
    way = cv2.INTER_LINEAR if close else cv2.INTER_AREA
    small = cv2.resize(numbers, (width, height), interpolation=way)
    return np.asarray(small, np.float32)


def middles(large: int, small: int) -> Tensor:
    """Return which of the large pixels lie in the middles of the small ones."""
    return ((torch.arange(small) + 0.5) * (large / small)).long()


def places(large: int, small: int) -> _Plane:
    """Return where the large pixels are among the small ones, not outside of them."""
    at = (np.arange(large, dtype=np.float32) + 0.5) * (small / large) - 0.5
    return np.asarray(np.clip(at, 0, small - 1), np.float32)


def mixture(ab: _Any, same: _Any, other: _Any) -> _Any:
    """Return (h, w), 0..1: how surely ab (2, h, w) is a mixture of two colours.

    Those of `same` and `other`, (3, h, w), ab in sums and their weights. One that lies
    on the straight line between them is; but not if it is nearly all `other`, since
    smear brings half of that at most: there, things differ in light and not in colour.
    """
    own = same[:2] / same[2]
    across, off = other[:2] / other[2] - own, ab - own
    along = (off * across).sum(0).clip(0)
    length = (across**2).sum(0) + NOISE**2
    straight = along**2 / (length * ((off**2).sum(0) + 1e-3))  # cosine, squared
    surely: _Any = straight * (4 - 4 * along / length).clip(0, 1)
    return surely


def _sharpened(ab: _Planes, lightness: _Plane, place: _Plane, like: _Planes) -> _Planes:
    """Return ab (2, h, w) without what was smeared over edges from the other side.

    What is as light around (`same`) and what is not (`other`) have each a colour, told
    where no edge is near. Near one, a mixture of the two becomes `same` again; ab that
    is none stays, as it does away from edges.
    """
    trust = _evenness(lightness)
    weights = np.concatenate([like, np.ones_like(like[:1])]) * trust
    around = _gathered(ab, weights, AROUND)
    same = _between(around, place)
    own = _between(like, place)  # not 1: a level is not quite as light as the pixel
    other = around[:, -1] * np.float32(1 + SCARCE) - same / own
    back = mixture(ab, same, other) * (1 - trust)
    sharp = ab + (same[:2] / same[2] - ab) * back
    return np.asarray(sharp, np.float32)


def _between(planes: _Planes, place: _Plane) -> _Planes:
    """Return what planes (..., LEVELS, h, w) have at places (h, w) among the levels."""
    low = np.minimum(place.astype(np.intp), LEVELS - 2)
    share = (place - low).astype(np.float32)
    # One number a pixel: two for its place and one for its level take twice as long.
    flat = planes.reshape(*planes.shape[:-3], -1)
    at = low * low.size + np.arange(low.size).reshape(low.shape)
    below, above = flat.take(at, axis=-1), flat.take(at + low.size, axis=-1)
    between: _Planes = below + (above - below) * share
    return between


def _gathered(ab: _Planes, weight: _Planes, kernel: _Plane) -> _Planes:
    """Return sums (3, LEVELS, h, w) around each pixel: weighed ab, and the weights.

    Of ab (2, h, w) times each weight (LEVELS, h, w), blurred along both axes; borders
    are repeated.
    """
    count, height, width = weight.shape
    reach = len(kernel) // 2
    # One below the other they are one picture, which OpenCV blurs in one go.
    tall = np.empty((3, count, height + 2 * reach, width), np.float32)
    inside = slice(reach, reach + height)
    np.multiply(ab[:, None], weight, out=tall[:2, :, inside])
    tall[2, :, inside] = weight
    tall[..., :reach, :] = tall[..., inside, :][..., :1, :]
    tall[..., reach + height :, :] = tall[..., inside, :][..., -1:, :]
    lines = tall.reshape(-1, width)
    blurred = cv2.sepFilter2D(
        lines, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(blurred.reshape(tall.shape)[..., inside, :], np.float32)


def _evenness(lightness: _Plane) -> _Plane:
    """Return 1 where all within SOFT pixels is as light, next to 0 beside an edge."""
    centred = lightness - lightness.mean()  # else the squares eat up the precision
    side = (2 * SOFT + 1,) * 2
    mean = cv2.blur(centred, side, borderType=cv2.BORDER_REPLICATE)
    square = cv2.blur(centred**2, side, borderType=cv2.BORDER_REPLICATE)
    variance = np.maximum(square - mean**2, 0)
    evenness: _Plane = 1 / (1 + variance / GRAIN**2) ** 2
    return evenness
