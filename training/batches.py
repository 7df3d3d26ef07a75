"""What the network is shown at a step: crops of photographs, worn, with true colours.

A step's batch depends on the seed, the step and the process only, so a run that was
stopped goes on with the very batches that it would have seen.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Generator, Tensor

from training.config import Config
from training.degrade import old_film
from training.draws import send
from training.hints import draw_hints
from training.pool import Pool
from vidcolor.lab import grey_to_lightness, rgb_to_lab
from vidcolor.yuv import Matrix
from vidcolor_models.film import STRIDE

_LUMA = torch.tensor([Matrix.BT601.weights, Matrix.BT709.weights])
_PHASES = 32 // STRIDE  # moves after which the network halves the picture as before


@dataclass(frozen=True, slots=True)
class Batch:
    """Views of pictures: the first N rows are one view of each, the next N another.

    A predicted pixel (y, x) of a second view shows what (y + dy, x + dx) of the first
    one does, where `shift` is (dy, dx), both 0 or more.
    """

    lightness: Tensor  # views*N, 1, H, W; 0..100
    hint_ab: Tensor  # views*N, 2, H, W
    hint_mask: Tensor  # views*N, 1, H, W
    ab: Tensor  # views*N, 2, H, W: the truth
    shift: tuple[int, int]


class Batches:
    """The batches of a run, by step."""

    def __init__(
        self, pictures: Pool, config: Config, rank: int = 0, ranks: int = 1
    ) -> None:
        self.pictures, self.config = pictures, config
        self.rank, self.ranks = rank, ranks

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of a step (from 0), the same whenever it is asked for."""
        config = self.config
        random = Generator().manual_seed(
            (config.seed * 1_000_003 + step) * self.ranks + self.rank
        )
        side = config.crops[step % len(config.crops)]
        dy, dx = _draw_shift(random) if config.views > 1 else (0, 0)
        rgb = self._crop(step, side + STRIDE * max(dy, dx), random)
        ab = rgb_to_lab(rgb)[:, 1:]
        places = [(0, 0)] + [(STRIDE * dy, STRIDE * dx)] * (config.views - 1)
        luma, hint_ab, hint_mask, ab = (
            torch.cat([part[..., y : y + side, x : x + side] for y, x in places])
            for part in (_luma(rgb, random), *draw_hints(ab, config.hints, random), ab)
        )
        lightness = grey_to_lightness(old_film(luma, random))
        return Batch(lightness, hint_ab, hint_mask, ab, (dy, dx))

    def _crop(self, step: int, size: int, random: Generator) -> Tensor:
        """Return squares of the step's pictures, some mirrored, (N, 3, size, size)."""
        numbers = self._numbers(step)
        low, high = self.config.scale
        scale = low * (high / low) ** torch.rand(len(numbers), generator=random)
        shape = self.pictures.sizes[numbers]
        side = torch.minimum((size / scale).round().long(), shape.amin(dim=1))
        room = shape - side[:, None] + 1
        corner = (torch.rand(room.shape, generator=random) * room).long()
        mirror = torch.rand(len(numbers), generator=random) < 0.5
        return self.pictures.squares(numbers, corner, side, mirror, size)

    def _numbers(self, step: int) -> Tensor:
        """Return which pictures come: each once an epoch, in an order of its own."""
        counts = [self.config.pixels // crop**2 for crop in self.config.crops]
        rounds, place = divmod(step, len(counts))
        first = (rounds * sum(counts) + sum(counts[:place])) * self.ranks
        first += self.rank * counts[place]
        total = len(self.pictures)
        numbers = [
            _order(total, self.config.seed, at // total)[at % total]
            for at in range(first, first + counts[place])
        ]
        return torch.tensor(numbers)


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> list[int]:
    random = Generator().manual_seed(seed * 7919 + epoch)
    order: list[int] = torch.randperm(count, generator=random).tolist()
    return order


def _draw_shift(random: Generator) -> tuple[int, int]:
    # Up or left would be the same two views in the other order, or mirrored.
    dy, dx = torch.randint(_PHASES, (2,), generator=random).tolist()
    return dy, dx


def _luma(rgb: Tensor, random: Generator) -> Tensor:
    """Return luma (N, 1, H, W) by one of the matrices in which films are stored."""
    matrix = _LUMA[torch.randint(len(_LUMA), (len(rgb),), generator=random)]
    return (rgb * send(matrix[..., None, None], rgb)).sum(dim=1, keepdim=True)
