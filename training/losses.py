"""What the network is punished for."""

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
    """Return the mean symmetric Kullback-Leibler divergence between two views.

    The first half of logits (2N, Q, h, w) are of one view of N pictures, the rest of
    another, whose pixel (y, x) shows what (y + dy, x + dx) of the first one shows;
    `shift` is (dy, dx), both 0 or more. What only one of them shows does not count.
    """
    (dy, dx), (height, width) = shift, logits.shape[-2:]
    first, second = logits.chunk(2)
    first = _rows(first[..., dy:, dx:]).log_softmax(dim=1)
    second = _rows(second[..., : height - dy, : width - dx]).log_softmax(dim=1)
    return ((first.exp() - second.exp()) * (first - second)).sum(dim=1).mean()


def _rows(maps: Tensor) -> Tensor:
    """Return (N, Q, h, w) as (N*h*w, Q): a view of what lies channels-last."""
    return maps.movedim(1, -1).flatten(0, 2)
