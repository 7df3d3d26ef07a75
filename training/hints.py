"""Colour hints as users and neighbouring frames give them, drawn from the true colours.

Each function takes the true ab (N, 2, height, width) and returns hint ab, of the same
shape, and a mask (N, 1, height, width) in 0..1 that says where it holds.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.draws import cloud, send, uniform

Hints = tuple[Tensor, Tensor]

_LARGEST = 9  # pixels: the side of a point


def draw_hints(ab: Tensor, share: float, random: Generator) -> Hints:
    """Give a `share` of the pictures hints of one of the kinds, and the others none."""
    hint, mask = torch.zeros_like(ab), torch.zeros_like(ab[:, :1])
    kinds = (points, region, carried)
    dice = len(kinds) * torch.rand(len(ab), generator=random)
    for number, kind in enumerate(kinds):
        chosen = (dice.int() == number) & (dice.frac() < share)
        if chosen.any():
            rows = send(chosen.nonzero()[:, 0], ab)
            hint[rows], mask[rows] = kind(ab[rows], random)
    return hint, mask


def points(ab: Tensor, random: Generator) -> Hints:
    """Give a few square patches their mean colour.

    How many is drawn from a geometric distribution with p = 1/8, sides from 1 to 9
    pixels (SIGGRAPH17, arXiv 1705.02999, section 3.2).
    """
    count, _, height, width = ab.shape
    numbers = torch.empty(count, 1, 1, 1).geometric_(1 / 8, generator=random)
    most = int(numbers.max())
    draw = send(torch.rand(3, count, most, 1, 1, generator=random), ab)
    side = 1 + (draw[0] * min(_LARGEST, height, width)).long()
    step = torch.arange(_LARGEST, device=ab.device)
    y = (draw[1] * (height - side + 1)).long() + step[:, None]
    x = (draw[2] * (width - side + 1)).long() + step
    point = torch.arange(1, most + 1, device=ab.device).view(-1, 1, 1)
    used = (step[:, None] < side) & (step < side) & (point <= send(numbers, ab))
    # The places (N, most * 81) that points cover; one beyond the last stands for none.
    places = torch.where(used, y * width + x, height * width).flatten(1)
    values = _at(F.pad(ab.flatten(2), (0, 1)), places).view(count, 2, most, -1)
    means = values.sum(dim=3) / used.sum(dim=(2, 3)).clamp(min=1)[:, None]
    owner = torch.zeros(count, height * width + 1, dtype=torch.long, device=ab.device)
    owners = point.expand_as(used).flatten(1)
    owner = owner.scatter_reduce(1, places, owners, "amax")[:, :-1]  # 0: nobody's
    hint = _at(F.pad(means, (1, 0)), owner).view_as(ab)
    return hint, (owner > 0).to(ab).view(count, 1, height, width)


def region(ab: Tensor, random: Generator) -> Hints:
    """Give a thing, more or less, its mean colour: what is near a place and like it."""
    height, width = ab.shape[-2:]
    y, x = (torch.arange(side, device=ab.device) for side in (height, width))
    middle_y = (uniform(ab, random) * height).long()
    middle_x = (uniform(ab, random) * width).long()
    near = (y[:, None] - middle_y).abs() < height * uniform(ab, random, 0.1, 0.6)
    near = near & ((x - middle_x).abs() < width * uniform(ab, random, 0.1, 0.6))
    seed = _at(ab.flatten(2), (middle_y * width + middle_x).flatten(1))[..., None]
    away = (ab - seed).square().sum(dim=1, keepdim=True).sqrt()
    mask = (near & (away < uniform(ab, random, 8.0, 40.0))).to(ab)
    color = (ab * mask).sum(dim=(2, 3)) / mask.sum(dim=(2, 3))
    return color[..., None, None] * mask, mask


def carried(ab: Tensor, random: Generator) -> Hints:
    """Give nearly everything a colour that is a little wrong, with holes.

    As the previous frame's colours would be, carried along the motion: moved, blurred,
    faded, and not to be trusted everywhere.
    """
    height, width = ab.shape[-2:]
    soft = F.adaptive_avg_pool2d(ab, (-(-height // 4), -(-width // 4)))
    places = []  # x and y from -1 to 1, from one edge to the other
    for side, shape in ((width, (1, -1)), (height, (-1, 1))):
        even = (torch.arange(side, device=ab.device) * 2 + 1).view(shape) / side - 1
        pixels = uniform(ab, random, -3, 3)
        pixels = pixels + uniform(ab, random, 0, 1.5) * cloud(ab, random)
        places.append(even + pixels * 2 / side)
    grid = torch.cat(places, dim=1).movedim(1, -1)
    moved = F.grid_sample(soft, grid, padding_mode="border", align_corners=False)
    holes = (3 + 4 * cloud(ab, random)).clamp(0, 1)
    return moved * uniform(ab, random, 0.6, 1.1), holes * uniform(ab, random)


def _at(values: Tensor, places: Tensor) -> Tensor:
    """Return the values (N, C, P) at places (N, K), as (N, C, K)."""
    return values.gather(2, places[:, None].expand(-1, values.shape[1], -1))
