"""Random numbers for a batch on any device.

Those of which a picture needs a few are drawn on the CPU, so that a run is the same on
all devices; whole fields of them are drawn where they are used.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def uniform(
    like: Tensor, random: Generator, low: float = 0.0, high: float = 1.0
) -> Tensor:
    """Return a number for each of the pictures in `like`, (N, 1, 1, 1)."""
    numbers = torch.rand(len(like), 1, 1, 1, generator=random)
    return send(low + (high - low) * numbers, like)


def normal(like: Tensor, random: Generator, height: int, width: int) -> Tensor:
    """Return a field (N, 1, height, width) of deviation 1 for each of the pictures."""
    seed = int(torch.randint(2**62, (), generator=random))
    shape = (len(like), 1, height, width)
    own = Generator(like.device).manual_seed(seed)
    return torch.randn(shape, generator=own, device=like.device, dtype=like.dtype)


def cloud(like: Tensor, random: Generator) -> Tensor:
    """Return soft hills and valleys, of deviation about 1, for each of the pictures."""
    return F.interpolate(
        normal(like, random, 4, 4), like.shape[-2:], mode="bicubic", align_corners=True
    )


def send(numbers: Tensor, like: Tensor) -> Tensor:
    """Return numbers of the CPU on the device of `like`, without waiting for it."""
    return numbers.to(like.device, non_blocking=True)
