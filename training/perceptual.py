"""How different two colourings of a picture are to a network that knows ImageNet.

A perceptual loss (Johnson et al. 2016, arXiv 1603.08155) on EfficientNet-Lite2, at the
four sizes at which it looks at a picture, and on what it says of the whole.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.frechet import load_features
from vidcolor.lab import lab_to_rgb
from vidcolor_models.film import annealed_mean

# How colours are decoded from the logits to be looked at. Sharper than this, hardly a
# bin but the likeliest would be told anything; and about as vivid as films come out.
_TEMPERATURE, _VIVIDNESS = 0.5, 1.4

_WEIGHTS = (1, 1, 1, 1, 3)  # from fine to coarse, and of the whole


class Perceptual(nn.Module):
    """EfficientNet-Lite2, which learns nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.network = load_features().requires_grad_(False)

    def forward(self, ab: Tensor, truth: Tensor, lightness: Tensor) -> Tensor:
        """Return how far ab (N, 2, h, w) looks from the true one (N, 2, H, W).

        Both are put to the lightness (N, 1, H, W).
        """
        ab = F.interpolate(ab, lightness.shape[-2:], mode="bilinear")
        rgb, true = (lab_to_rgb(torch.cat([lightness, c], dim=1)) for c in (ab, truth))
        return self.distance(rgb, true)

    def distance(self, rgb: Tensor, truth: Tensor) -> Tensor:
        """Return how far RGB (N, 3, H, W) in 0..1 looks from the truth.

        At each size, and of the whole, the mean absolute difference of the features
        over the mean absolute feature; then their weighted sum.
        """
        with torch.no_grad():
            true = self.network.look(truth)
        return torch.stack(
            [
                weight * (seen - wanted).abs().mean() / wanted.abs().mean()
                for weight, seen, wanted in zip(
                    _WEIGHTS, self.network.look(rgb), true, strict=True
                )
            ]
        ).sum()


def decoded(logits: Tensor, bins: Tensor, rarity: Tensor) -> Tensor:
    """Return ab (N, 2, h, w) of logits (N, Q, h, w), as the loss looks at it."""
    temperature = rarity.new_tensor(_TEMPERATURE)
    return annealed_mean(logits, _VIVIDNESS * rarity, temperature, bins).ab
