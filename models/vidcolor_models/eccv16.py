"""ECCV16: the first network to colour by classifying (Zhang et al. 2016).

"Colorful Image Colorization", arXiv 1603.08511. Eight stages of convolutions choose
among 313 bins of ab at a quarter of the picture's size. Layers sit where the official
checkpoint has them, so that it loads as it is.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidcolor_models.answer import Answer, expected, likelihoods

BINS = 313
_STRIDE = 8  # sides must be multiples of it on the way down
_AB = 110.0  # the checkpoint's unit of ab


class ECCV16(nn.Module):
    """Lightness to ab, with no way to give hints."""

    def __init__(self) -> None:
        super().__init__()
        self.model1 = _stage(1, 64, 64, stride=2)
        self.model2 = _stage(64, 128, 128, stride=2)
        self.model3 = _stage(128, 256, 256, 256, stride=2)
        self.model4 = _stage(256, 512, 512, 512)
        self.model5 = _stage(512, 512, 512, 512, dilation=2)
        self.model6 = _stage(512, 512, 512, 512, dilation=2)
        self.model7 = _stage(512, 512, 512, 512)
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, BINS, 1),
        )
        # The bins' places in ab, kept as if they were a convolution.
        self.model_out = nn.ParameterDict({"weight": torch.randn(2, BINS, 1, 1) / 2})

    def forward(self, lightness: Tensor) -> Answer:
        """Predict ab (N, 2, H, W) from lightness (N, 1, H, W) in 0..100.

        A size that is no multiple of 8 is filled up with its last row and column, and
        the answer is cut back.
        """
        height, width = lightness.shape[-2:]
        fill = (0, -width % _STRIDE, 0, -height % _STRIDE)
        x = F.pad((lightness - 50) / 100, fill, mode="replicate")
        for number in range(1, 9):
            x = self.get_submodule(f"model{number}")(x)
        bins = self.model_out["weight"].flatten(1).T * _AB
        small = torch.cat(expected(likelihoods(x), bins), dim=1)
        large = F.interpolate(
            small, scale_factor=4, mode="bilinear", align_corners=False
        )
        large = large[..., :height, :width]
        return Answer(large[:, :2], large[:, 2:])


def _stage(*channels: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Return 3x3 convolutions from each width to the next; the last one strides."""
    layers: list[nn.Module] = []
    steps = list(pairwise(channels))
    for index, (before, after) in enumerate(steps, start=1):
        step = stride if index == len(steps) else 1
        layers += [
            nn.Conv2d(before, after, 3, step, padding=dilation, dilation=dilation),
            nn.ReLU(),
        ]
    return nn.Sequential(*layers, nn.BatchNorm2d(channels[-1]))
