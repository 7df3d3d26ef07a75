"""What the network is punished for."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.bins import soft_encode


def classification(logits: Tensor, ab: Tensor, bins: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits (N, Q, h, w) with the true ab's bins.

    `ab` (N, 2, H, W) is averaged down to the prediction's size. Not rebalanced: that
    is left to decoding, where it costs less accuracy for the same colourfulness.
    """
    height, width = logits.shape[-2:]
    truth = soft_encode(F.adaptive_avg_pool2d(ab, (height, width)), bins)
    return F.cross_entropy(_rows(logits), _rows(truth))


def disagreement(logits: Tensor, shift: tuple[int, int]) -> Tensor:
    """Return how far two views' distributions are from their mean: 0 where they agree.

    The Kullback-Leibler divergence of the mean from each, averaged. The mean is held
    fixed, so that the two are drawn towards each other by equal and opposite gradients
    and cannot come to agree by saying nothing, as they do when each follows the other.
    The first half of logits (2N, Q, h, w) are of one view of N pictures, the rest of
    another, whose pixel (y, x) shows what (y + dy, x + dx) of the first one shows;
    `shift` is (dy, dx), both 0 or more. What only one of them shows does not count.
    """
    (dy, dx), (height, width) = shift, logits.shape[-2:]
    first, second = logits.chunk(2)
    views = [first[..., dy:, dx:], second[..., : height - dy, : width - dx]]
    logs = torch.stack([_rows(view).log_softmax(dim=1) for view in views])
    mean = logs.exp().mean(dim=0).detach()
    # Summed over the bins, averaged over views and pixels.
    return F.kl_div(logs, mean.expand_as(logs), reduction="none").sum(dim=2).mean()


def _rows(maps: Tensor) -> Tensor:
    """Return (N, Q, h, w) as (N*h*w, Q): a view of what lies channels-last."""
    return maps.movedim(1, -1).flatten(0, 2)
