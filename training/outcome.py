"""What comes out, to be learned from: how near to the truth, and how colourful it is.

The report's measures, as tensors that gradients go through. Pictures here are RGB
(3, N, h, w) in 0..1: the channels first.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from vidcolor.chroma import AB_REACH, chroma_table, to_rgb
from vidcolor.rgb_space import SRGB
from vidcolor.yuv import Matrix

_MATRIX = Matrix.BT601  # as the report sees photographs
_SLIGHT = 1e-4  # squared error of RGB that nobody sees: 40 dB


def compose(ab: Tensor, luma: Tensor) -> Tensor:
    """Return RGB of ab (N, 2, h, w) put to luma (N, h, w), 0..1, which it keeps."""
    a, b = (ab / AB_REACH).unbind(dim=1)
    place = torch.stack([b, a, 2 * luma - 1], dim=-1)
    volume = _volume(luma.device).expand(len(ab), -1, -1, -1, -1)
    chroma = F.grid_sample(
        volume, place[:, None], padding_mode="border", align_corners=True
    )[:, :, 0]
    return to_rgb(luma, chroma.movedim(1, 0), _MATRIX)


def gain(rgb: Tensor, truth: Tensor, luma: Tensor) -> Tensor:
    """Return by how many dB each picture is nearer to the truth than the grey one (N).

    Where there is hardly a colour to find, hardly any can be gained or lost.
    """
    error, grey = (
        (picture - truth).square().mean(dim=(0, 2, 3)) + _SLIGHT
        for picture in (rgb, luma)
    )
    return 10 * (grey / error).log10()


def colorfulness(rgb: Tensor) -> Tensor:
    """Return the colourfulness of each picture (N), as `vidcolor.metrics` does."""
    red, green, blue = 255 * rgb
    opponents = torch.stack([(red - green).abs(), ((red + green) / 2 - blue).abs()])
    spread = opponents.var(dim=(2, 3), correction=0).sum(dim=0)
    mean = opponents.mean(dim=(2, 3)).square().sum(dim=0)
    # The root's slope at 0 is infinite.
    return (spread + 1e-6).sqrt() + 0.3 * (mean + 1e-6).sqrt()


@lru_cache(maxsize=1)
def _volume(device: torch.device) -> Tensor:
    return chroma_table(_MATRIX, SRGB)[None].to(device)
