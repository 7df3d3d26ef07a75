"""Ab blown up to the picture's size, with the picture's own luma as the guide.

A network's ab is small and soft: at an edge it changes over a few pixels, which the
picture's size turns into a halo. Luma says where the edge really is, so each pixel
takes its colour from those neighbours that are as light as itself: the joint bilateral
upsampling of Kopf et al. 2007, "Joint Bilateral Upsampling" (ACM TOG 26, 3).
"""

import cv2
import torch
from torch import Tensor

_LIKENESS = 6.0  # in units of L: how much lightness may differ within one thing
_FLOOR = 1e-4  # what an unlike neighbour still weighs, where there is no like one


def sharpen(ab: Tensor, lightness: Tensor, radius: int = 3) -> Tensor:
    """Return ab (2, h, w) drawn back to the side of the edge that it came from.

    `lightness` (h, w), 0..100, is of the same size.
    """
    weight_sum = torch.zeros_like(lightness)
    ab_sum = torch.zeros_like(ab)
    stack = torch.cat([ab, lightness[None]])
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            near = _shift(stack, dy, dx)
            weight = _likeness(near[2], lightness)
            weight_sum += weight
            ab_sum += weight * near[:2]
    return ab_sum / weight_sum


def upsample(ab: Tensor, lightness: Tensor, guide: Tensor) -> Tensor:
    """Return ab (2, H, W) for a picture with lightness `guide` (H, W), 0..100.

    `ab` (2, h, w) and its own `lightness` (h, w) may have any size up to the guide's,
    and show the same picture. What comes out is a mean of what goes in: it is never
    more colourful than its surroundings, and one colour everywhere stays that colour.
    """
    small = torch.cat([ab, lightness[None]])
    y, near_y = _places(guide.shape[0], ab.shape[1], guide.device)
    x, near_x = _places(guide.shape[1], ab.shape[2], guide.device)
    weight_sum = torch.zeros_like(guide)
    ab_sum = guide.new_zeros(2, *guide.shape)
    for row in range(3):
        rows = small[:, near_y[row]]
        for column in range(3):
            near = rows[:, :, near_x[column]]
            weight = _likeness(near[2], guide) * (y[row][:, None] * x[column])
            weight_sum += weight
            ab_sum += weight * near[:2]
    return ab_sum / weight_sum


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


def _likeness(a: Tensor, b: Tensor) -> Tensor:
    return torch.exp(-(((a - b) / _LIKENESS) ** 2) / 2) + _FLOOR


def _shift(image: Tensor, dy: int, dx: int) -> Tensor:
    """Return the image (C, h, w) moved by (dy, dx), its border repeated."""
    height, width = image.shape[-2:]
    rows = (torch.arange(height, device=image.device) + dy).clamp(0, height - 1)
    columns = (torch.arange(width, device=image.device) + dx).clamp(0, width - 1)
    return image[:, rows][:, :, columns]


def shrink(plane: Tensor, height: int, width: int) -> Tensor:
    """Return the plane (H, W) averaged down, or interpolated up, to (height, width)."""
    # OpenCV's box filter takes a third of the time of torch's antialiased resize.
    small = cv2.resize(plane.numpy(), (width, height), interpolation=cv2.INTER_AREA)
    return torch.from_numpy(small)
