"""Ab blown up to the picture's size, with the picture's own luma as the guide.

A network's ab is small and soft: at an edge it changes over a few pixels, which the
picture's size turns into a halo. Luma says where the edge really is, so each pixel
takes its colour from those neighbours that are as light as itself: the joint bilateral
upsampling of Kopf et al. 2007, "Joint Bilateral Upsampling" (ACM TOG 26, 3).
"""

import math

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

_LIKENESS = 6.0  # in units of L: how much lightness may differ within one thing
_FLOOR = 1e-4  # what an unlike neighbour still weighs, where there is no like one
_GRAIN = 4.0  # in units of L: the deviation that says nothing of an edge
_SOFT = 3  # small pixels on each side of an edge over which ab may be smeared
_REACH = _SOFT + 2  # small pixels to where ab is to be trusted again


def spread(ab: Tensor, guide: Tensor) -> Tensor:
    """Return ab (2, H, W) at the guide's size, its edges where the guide has them.

    `guide` (H, W) is the lightness of the picture, 0..100; `ab` (2, h, w) shows the
    same picture. One colour everywhere stays that colour, and none comes out that is
    more colourful than its surroundings.
    """
    lightness = sample(guide, *ab.shape[1:])
    return upsample(sharpen(ab, lightness), lightness, guide)


def sample(guide: Tensor, height: int, width: int) -> Tensor:
    """Return the lightness (height, width) at the middles of so many pixels.

    Not averaged: a mean over an edge is the lightness of neither side, and a pixel
    that has it brings the colour of both to wherever something is as light.
    """
    calm = torch.from_numpy(cv2.medianBlur(guide.numpy(), 3))  # no grain, same edges
    return calm[_middles(guide.shape[0], height)][:, _middles(guide.shape[1], width)]


def sharpen(ab: Tensor, lightness: Tensor) -> Tensor:
    """Return ab (2, h, w) drawn back to the side of the edge that it came from.

    `lightness` (h, w), 0..100, is of the same size. Near an edge, ab is not trusted,
    and gives way to that of pixels as light further away from it; elsewhere it stays.
    """
    height, width = lightness.shape
    trust = _evenness(lightness)
    stack = torch.cat([ab * trust, trust[None], lightness[None]])
    stack = F.pad(stack[None], (_REACH,) * 4, mode="replicate")[0]
    total = ab.new_zeros(3, height, width)
    for dy in range(2 * _REACH + 1):
        for dx in range(2 * _REACH + 1):
            near = stack[:, dy : dy + height, dx : dx + width]
            distance = math.hypot(dy - _REACH, dx - _REACH) / _SOFT
            weight = _likeness(near[3], lightness).mul_(math.exp(-(distance**2) / 2))
            total.addcmul_(weight, near[:3])
    return torch.lerp(total[:2] / total[2], ab, trust)


def upsample(
    ab: Tensor, lightness: Tensor, guide: Tensor, rows: slice = slice(None)
) -> Tensor:
    """Return ab (2, H, W) for a picture with lightness `guide` (H, W), 0..100.

    `ab` (2, h, w) and its own `lightness` (h, w) may be of any size, and show the same
    picture. What comes out is a mean of what goes in; with `rows`, only these of it.
    """
    small = torch.cat([ab, lightness[None]])
    y, near_y = _places(guide.shape[0], ab.shape[1], guide.device)
    x, near_x = _places(guide.shape[1], ab.shape[2], guide.device)
    guide = guide[rows]
    y, near_y = [part[rows] for part in y], [part[rows] for part in near_y]
    weight_sum = torch.zeros_like(guide)
    ab_sum = guide.new_zeros(2, *guide.shape)
    for column in range(3):
        columns = small[:, :, near_x[column]]
        for row in range(3):
            near = columns[:, near_y[row]]
            weight = _likeness(near[2], guide).add_(_FLOOR)
            weight.mul_(y[row][:, None]).mul_(x[column])
            weight_sum += weight
            ab_sum.addcmul_(weight, near[:2])
    return ab_sum / weight_sum


def shrink(plane: Tensor, height: int, width: int) -> Tensor:
    """Return the plane (H, W) averaged down, or interpolated up, to (height, width)."""
    # OpenCV's box filter takes a third of the time of torch's antialiased resize.
    small = cv2.resize(plane.numpy(), (width, height), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small)


def _middles(large: int, small: int) -> Tensor:
    return ((torch.arange(small) + 0.5) * (large / small)).long()


def _places(
    large: int, small: int, device: torch.device
) -> tuple[list[Tensor], list[Tensor]]:
    """Return, for each of the three small pixels around a large one, weight and index.

    The weights are a quadratic B-spline's: smooth, of width 3, and adding up to 1.
    """
    at = (torch.arange(large, device=device) + 0.5) * (small / large) - 0.5
    middle = at.round()
    offset = at - middle
    weights = [(0.5 - offset) ** 2 / 2, 0.75 - offset**2, (0.5 + offset) ** 2 / 2]
    index = middle.long()
    return weights, [(index + step).clamp(0, small - 1) for step in (-1, 0, 1)]


def _evenness(lightness: Tensor) -> Tensor:
    """Return 1 where all within _SOFT pixels is as light, next to 0 beside an edge."""
    centred = lightness - lightness.mean()  # else the squares eat up the precision
    both = torch.stack([centred, centred**2])[None]
    padded = F.pad(both, (_SOFT,) * 4, mode="replicate")
    mean, mean_square = F.avg_pool2d(padded, 2 * _SOFT + 1, stride=1)[0]
    variance = (mean_square - mean**2).clamp(min=0)
    evenness: Tensor = (1 + variance / _GRAIN**2).square().reciprocal()
    return evenness


def _likeness(a: Tensor, b: Tensor) -> Tensor:
    scale = math.sqrt(0.5) / _LIKENESS
    # In place: this runs for every pixel of the film, many times.
    return (a - b).mul_(scale).square_().neg_().exp_()
