"""What a network answers: the colour of each place, and how sure it is of it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Answer(NamedTuple):
    """Ab, and its standard deviation under the distribution that it is the mean of."""

    ab: Tensor  # N, 2, h, w
    uncertainty: Tensor  # N, 1, h, w; in units of ab, 0 or more


def likelihoods(logits: Tensor) -> Tensor:
    """Return the probability of each of Q bins from its logarithm (N, Q, h, w).

    With bins last, so that those of a place lie side by side in memory (channels-last).
    """
    return logits.movedim(1, -1).softmax(dim=-1).movedim(-1, 1)


def expected(probabilities: Tensor, bins: Tensor) -> Answer:
    """Return the mean of ab and the deviation from it: sqrt(E|ab|^2 - |E ab|^2).

    `probabilities` (N, Q, h, w) add up to 1 over the Q bins of ab, `bins` (Q, 2).
    """
    squares = bins.square().sum(dim=1, keepdim=True)
    # A row for each value: by columns, so narrow a matrix takes five times as long.
    values = torch.cat([bins, squares], dim=1).T.contiguous()
    # In float32 whatever the network ran in: the variance is a small difference.
    with torch.autocast(probabilities.device.type, enabled=False):
        moments = F.linear(probabilities.float().movedim(1, -1), values).movedim(-1, 1)
    ab, square = moments[:, :2], moments[:, 2:]
    variance = square - ab.square().sum(dim=1, keepdim=True)
    return Answer(ab, variance.clamp(min=0).sqrt())
