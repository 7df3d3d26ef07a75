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
    height, width = log_probabilities.shape[-2:]
    truth = soft_encode(F.adaptive_avg_pool2d(ab, (height, width)), bins)
    views = log_probabilities.view(-1, *truth.shape)
    return -(truth * views).sum(dim=2).mean()


def disagreement(log_probabilities: Tensor, views: int) -> Tensor:
    """Return the mean symmetric Kullback-Leibler divergence between two views."""
    if views < 2:
        return log_probabilities.new_zeros(())
    first, second = log_probabilities.chunk(views)[:2]
    return ((first.exp() - second.exp()) * (first - second)).sum(dim=1).mean()
