"""Colour hints as users and neighbouring frames give them, drawn from the true colours.

Each function takes the true ab (N, 2, height, width) and returns hint ab, of the same
shape, and a mask (N, 1, height, width) in 0..1 that says where it holds.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

Hints = tuple[Tensor, Tensor]


def draw_hints(ab: Tensor, share: float, random: Generator) -> Hints:
    """Give a `share` of the pictures hints of either kind, and the others none."""
    dice = torch.rand(ab.shape[0], 1, 1, 1, generator=random).to(ab)
    points_ab, points_mask = points(ab, random)
    carried_ab, carried_mask = carried(ab, random)
    first = dice < share / 2
    second = (dice >= share / 2) & (dice < share)
    mask = points_mask * first + carried_mask * second
    return torch.where(first, points_ab, carried_ab), mask


def points(ab: Tensor, random: Generator) -> Hints:
    """Give a few square patches their mean colour.

    How many is drawn from a geometric distribution with p = 1/8, sides from 1 to 9
    pixels (SIGGRAPH17, arXiv 1705.02999, section 3.2).
    """
    count, _, height, width = ab.shape
    hint, mask = torch.zeros_like(ab), torch.zeros_like(ab[:, :1])
    numbers = torch.empty(count).geometric_(1 / 8, generator=random).int().tolist()
    for index, number in enumerate(numbers):
        for _ in range(number):
            side = int(torch.randint(1, 10, (), generator=random))
            y = int(torch.randint(max(height - side, 0) + 1, (), generator=random))
            x = int(torch.randint(max(width - side, 0) + 1, (), generator=random))
            patch = (index, slice(None), slice(y, y + side), slice(x, x + side))
            hint[patch] = ab[patch].mean(dim=(-2, -1), keepdim=True)
            mask[patch] = 1
    return hint, mask


def carried(ab: Tensor, random: Generator) -> Hints:
    """Give nearly everything a colour that is a little wrong, with holes.

    As the previous frame's colours would be, carried along the motion: moved, blurred,
    faded, and not to be trusted everywhere.
    """
    count, _, height, width = ab.shape
    small = F.interpolate(ab, scale_factor=0.25, mode="area")
    soft = F.interpolate(small, (height, width), mode="bilinear")
    dy, dx = torch.randint(-3, 4, (2,), generator=random).tolist()
    moved = soft.roll((dy, dx), (-2, -1))
    fading = 0.6 + 0.5 * torch.rand(count, 1, 1, 1, generator=random).to(ab)
    holes = torch.randn(count, 1, 4, 4, generator=random).to(ab)
    holes = F.interpolate(holes, (height, width), mode="bilinear")
    trust = torch.rand(count, 1, 1, 1, generator=random).to(ab)
    return moved * fading, (holes * 4 + 3).clamp(0, 1) * trust
