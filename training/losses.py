"""What the network is punished for."""

import torch.nn.functional as F
from torch import Tensor

from training.bins import soft_encode


def classification(log_probabilities: Tensor, ab: Tensor, bins: Tensor) -> Tensor:
    """Return the mean cross-entropy of (N, Q, h, w) with the true ab's bins.

    `ab` (M, 2, H, W) is averaged down to the prediction's size; N is a multiple of M,
    one group of M for each view. Not rebalanced: that is left to decoding, where it
    costs less accuracy for the same colourfulness.
    """
    small = F.adaptive_avg_pool2d(ab, log_probabilities.shape[-2:])
    truth = soft_encode(small, bins)
    views = log_probabilities.unflatten(0, (-1, len(ab)))
    return -(truth * views).sum(dim=2).mean()


def disagreement(log_probabilities: Tensor, views: int) -> Tensor:
    """Return the mean symmetric Kullback-Leibler divergence between two views."""
    if views < 2:
        return log_probabilities.new_zeros(())
    first, second = log_probabilities.unflatten(0, (views, -1))[:2]
    return ((first.exp() - second.exp()) * (first - second)).sum(dim=1).mean()
