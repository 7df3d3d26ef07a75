"""What the network is shown at a step: crops of photographs, worn, with true colours.

A step's batch depends on the seed, the step and the process only, so a run that was
stopped goes on with the very batches that it would have seen.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.config import Config
from training.degrade import old_film
from training.hints import draw_hints
from vidcolor.lab import grey_to_lightness, rgb_to_lab

_LUMA = {"bt601": (0.299, 0.587, 0.114), "bt709": (0.2126, 0.7152, 0.0722)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Views of pictures: the first N rows are one view of each, the next N another."""

    lightness: Tensor  # views*N, 1, H, W; 0..100
    hint_ab: Tensor  # views*N, 2, H, W
    hint_mask: Tensor  # views*N, 1, H, W
    ab: Tensor  # N, 2, H, W: the truth, of all views


class Batches:
    """The batches of a run, by step."""

    def __init__(
        self,
        pictures: list[Tensor],
        config: Config,
        device: torch.device,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self.pictures, self.config, self.device = pictures, config, device
        self.rank, self.ranks = rank, ranks

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of a step (from 0), the same whenever it is asked for."""
        config = self.config
        random = Generator().manual_seed(
            (config.seed * 1_000_003 + step) * self.ranks + self.rank
        )
        crops = torch.stack(
            [self._crop(self.pictures[i], random) for i in self._numbers(step)]
        )
        rgb = crops.to(self.device)
        ab = rgb_to_lab(rgb)[:, 1:]
        views = [old_film(_luma(rgb, random), random) for _ in range(config.views)]
        hint_ab, hint_mask = draw_hints(ab, config.hints, random)
        return Batch(
            lightness=grey_to_lightness(torch.cat(views)),
            hint_ab=hint_ab.repeat(config.views, 1, 1, 1),
            hint_mask=hint_mask.repeat(config.views, 1, 1, 1),
            ab=ab,
        )

    def _numbers(self, step: int) -> list[int]:
        """Return which pictures come: each once an epoch, in an order of its own."""
        total = len(self.pictures)
        first = (step * self.ranks + self.rank) * self.config.pictures
        numbers = []
        for at in range(first, first + self.config.pictures):
            epoch, place = divmod(at, total)
            numbers.append(_order(total, self.config.seed, epoch)[place])
        return numbers

    def _crop(self, picture: Tensor, random: Generator) -> Tensor:
        """Return a square of a picture, maybe mirrored, (3, crop, crop) in 0..1."""
        low, high = self.config.scale
        draw = torch.rand(4, generator=random).tolist()
        scale = math.exp(math.log(low) + draw[0] * math.log(high / low))
        side = min(round(self.config.crop / scale), *picture.shape[-2:])
        y = int(draw[1] * (picture.shape[-2] - side + 0.999))
        x = int(draw[2] * (picture.shape[-1] - side + 0.999))
        square = picture[:, y : y + side, x : x + side].float() / 255
        if draw[3] < 0.5:
            square = square.flip(-1)
        return F.interpolate(
            square[None],
            (self.config.crop, self.config.crop),
            mode="bilinear",
            antialias=True,
        )[0]


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> list[int]:
    random = Generator().manual_seed(seed * 7919 + epoch)
    order: list[int] = torch.randperm(count, generator=random).tolist()
    return order


def _luma(rgb: Tensor, random: Generator) -> Tensor:
    """Return luma (N, 1, H, W) by one of the matrices in which films are stored."""
    name = "bt601" if torch.rand((), generator=random) < 0.5 else "bt709"
    weights = torch.tensor(_LUMA[name], device=rgb.device, dtype=rgb.dtype)
    return (rgb * weights.view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
