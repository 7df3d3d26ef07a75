"""The bins of ab that the network chooses from, and how rare each is.

As in ECCV16 (arXiv 1603.08511, section 2.2): a grid of step 10 over what sRGB can
show; rebalancing weights from the smoothed distribution over the training pictures.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from vidcolor.lab import rgb_to_lab

STEP = 10.0
SIGMA = 5.0  # of the Gaussian that spreads a colour over the bins around it
UNIFORM = 0.5  # share of the uniform distribution in the rebalancing weights

_CELLS = 12  # of the grid on either side of grey: sRGB reaches to 108


def gamut_bins(samples: int = 96) -> Tensor:
    """Return the centres (Q, 2) of all grid cells that sRGB colours fall into."""
    axis = torch.linspace(0, 1, samples)
    rgb = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"))
    ab = rgb_to_lab(rgb.reshape(3, -1, 1))[1:, :, 0]
    a, b = ((ab / STEP).round() + _CELLS).long()
    seen = torch.zeros(2 * _CELLS + 1, 2 * _CELLS + 1, dtype=torch.bool)
    seen[a, b] = True  # a sort, as in torch.unique, would take seconds
    return (seen.nonzero() - _CELLS) * STEP


def soft_encode(ab: Tensor, bins: Tensor) -> Tensor:
    """Return the share of each bin (N, Q, H, W) in colours ab (N, 2, H, W).

    A Gaussian around the colour. ECCV16 keeps its five nearest bins; the others hold
    next to nothing, and a softmax over all is quicker than finding the five.
    """
    pixels = ab.movedim(1, -1)
    # |ab - bin|^2 = |ab|^2 - 2 ab.bin + |bin|^2; the first is the same for all bins.
    near = pixels @ bins.T - (bins**2).sum(dim=1) / 2
    return (near / SIGMA**2).softmax(dim=-1).movedim(-1, 1)


def log_rarity(pictures: Iterable[Tensor], bins: Tensor) -> Tensor:
    """Return the log of the rebalancing weight of each bin (Q), mean weight 1.

    Grey, the most frequent by far, is weighed as the colours next to it (ours, not
    ECCV16's): bold decoding would else tint what the network takes for grey.

    The pictures (3, height, width) are uint8, and on the device of the bins.
    """
    counts = torch.zeros(len(bins), dtype=torch.float64)
    for picture in pictures:
        small = picture[None, :, ::8, ::8].float() / 255
        counts += soft_encode(rgb_to_lab(small)[:, 1:], bins).sum(dim=(0, 2, 3)).cpu()
    prior = counts / counts.sum()
    weight = 1 / ((1 - UNIFORM) * prior + UNIFORM / len(bins))
    rarity = (weight / (prior * weight).sum()).log().float()
    chroma = bins.norm(dim=1)
    rarity[chroma == 0] = rarity[chroma == STEP].mean()
    return rarity
