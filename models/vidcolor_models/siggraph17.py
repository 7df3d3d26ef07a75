"""SIGGRAPH17: a network that takes hints (Zhang et al. 2017).

"Real-Time User-Guided Image Colorization with Learned Deep Priors", arXiv 1705.02999.
A U-Net over lightness, ab that is given, and a mask of where it is given. Layers sit
where the official checkpoint has them, so that it loads as it is.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidcolor_models.answer import Answer, expected, likelihoods
from vidcolor_models.hints import REACH, hint_channels

BINS = 529  # of the second head: a grid of step 10 over -110..110, 23 by 23
_STRIDE = 8  # sides must be multiples of it, for the shortcuts to meet what they join


class SIGGRAPH17(nn.Module):
    """Lightness, and hints where there are any, to ab."""

    bins: Tensor  # BINS, 2; not in the checkpoint

    def __init__(self) -> None:
        super().__init__()
        self.model1 = _stage(4, 64, 64)
        self.model2 = _stage(64, 128, 128)
        self.model3 = _stage(128, 256, 256, 256)
        self.model4 = _stage(256, 512, 512, 512)
        self.model5 = _stage(512, 512, 512, 512, dilation=2)
        self.model6 = _stage(512, 512, 512, 512, dilation=2)
        self.model7 = _stage(512, 512, 512, 512)
        self.model8up = _double(512, 256)
        self.model3short8 = _shortcut(256, 256)
        self.model8 = nn.Sequential(nn.ReLU(), *_stage(256, 256, 256))
        self.model9up = _double(256, 128)
        self.model2short9 = _shortcut(128, 128)
        self.model9 = nn.Sequential(nn.ReLU(), *_stage(128, 128))
        self.model10up = _double(128, 128)
        self.model1short10 = _shortcut(64, 128)
        self.model10 = nn.Sequential(
            nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.LeakyReLU(0.2)
        )
        # A second head, a classifier that training needed. It is asked only how sure it
        # is, which is the same whichever of a and b its bins count first.
        self.model_class = nn.Sequential(nn.Conv2d(256, BINS, 1))
        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())
        # On the CPU even while the rest is built hollow: no file fills it.
        axis = torch.arange(-REACH, REACH + 1, 10, device="cpu")
        self.register_buffer("bins", torch.cartesian_prod(axis, axis), persistent=False)

    def forward(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Answer:
        """Predict ab (N, 2, H, W) from lightness (N, 1, H, W) in 0..100.

        `hint_ab` (N, 2, H, W) holds where `hint_mask` (N, 1, H, W) is 1 and is ignored
        where it is 0. A size that is no multiple of 8 is filled up with its last row
        and column, and the answer is cut back. Ab comes from a regression, which is
        never unsure; the uncertainty is that of the classifier beside it.

        Raises:
            ValueError: one of the hints is given without the other.
        """
        height, width = lightness.shape[-2:]
        fill = (0, -width % _STRIDE, 0, -height % _STRIDE)
        grey = F.pad((lightness - 50) / 100, fill, mode="replicate")
        hints = F.pad(hint_channels(lightness, hint_ab, hint_mask), fill)
        ab, logits = self._heads(torch.cat([grey, hints], dim=1))
        uncertainty = F.interpolate(
            expected(likelihoods(logits), self.bins).uncertainty,
            scale_factor=4,
            mode="bilinear",
            align_corners=False,
        )
        return Answer(
            ab[..., :height, :width] * REACH, uncertainty[..., :height, :width]
        )

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Map (N, 4, H, W) to ab in -1..1 and logits (N, BINS, H/4, W/4)."""
        first = self.model1(x)
        second = self.model2(_halve(first))
        third = self.model3(_halve(second))
        x = self.model4(_halve(third))
        x = self.model7(self.model6(self.model5(x)))
        x = self.model8(self.model8up(x) + self.model3short8(third))
        logits: Tensor = self.model_class(x)
        x = self.model9(self.model9up(x) + self.model2short9(second))
        x = self.model10(self.model10up(x) + self.model1short10(first))
        ab: Tensor = self.model_out(x)
        return ab, logits


def _stage(*channels: int, dilation: int = 1) -> nn.Sequential:
    """Return 3x3 convolutions from each width to the next, normalised at the end."""
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [
            nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.BatchNorm2d(channels[-1]))


def _double(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(before, after, 4, stride=2, padding=1))


def _shortcut(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1))


def _halve(x: Tensor) -> Tensor:
    """Keep every second row and column, as the original does instead of pooling."""
    return x[..., ::2, ::2]
