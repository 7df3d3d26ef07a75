"""How different two colourings of a picture are to a network that knows ImageNet.

A perceptual loss (Johnson et al. 2016, arXiv 1603.08155) on EfficientNet-Lite2, at the
five sizes at which it looks at a picture.
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


class Perceptual(nn.Module):
    """EfficientNet-Lite2 without its classifier, which learns nothing more."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = load_features().encoder.requires_grad_(False)

    def forward(self, ab: Tensor, truth: Tensor, lightness: Tensor) -> Tensor:
        """Return how far ab (N, 2, h, w) looks from the true one (N, 2, H, W).

        Both are put to the lightness (N, 1, H, W). At each size, the mean absolute
        difference of the features over the mean absolute feature; then their sum.
        """
        ab = F.interpolate(ab, lightness.shape[-2:], mode="bilinear")
        with torch.no_grad():
            true = self._features(truth, lightness)
        return torch.stack(
            [
                (seen - wanted).abs().mean() / wanted.abs().mean()
                for seen, wanted in zip(
                    self._features(ab, lightness), true, strict=True
                )
            ]
        ).sum()

    def _features(self, ab: Tensor, lightness: Tensor) -> list[Tensor]:
        rgb = lab_to_rgb(torch.cat([lightness, ab], dim=1))
        features: list[Tensor] = self.encoder((rgb * 255 - 127) / 128)
        return features


def decoded(logits: Tensor, bins: Tensor, rarity: Tensor) -> Tensor:
    """Return ab (N, 2, h, w) of logits (N, Q, h, w), as the loss looks at it."""
    temperature = rarity.new_tensor(_TEMPERATURE)
    return annealed_mean(logits, _VIVIDNESS * rarity, temperature, bins).ab
