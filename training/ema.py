"""The running mean of the weights, which predicts better than they do."""

import copy

import torch
from torch import nn


class Ema:
    """A copy of a network that follows it slowly (Polyak & Juditsky 1992)."""

    def __init__(self, network: nn.Module, keep: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.keep = keep
        self.updates = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take a step towards the network; the first ones are longer."""
        self.updates += 1
        keep = min(self.keep, (1 + self.updates) / (10 + self.updates))
        ours = self.network.state_dict()
        for name, theirs in network.state_dict().items():
            if theirs.is_floating_point():
                ours[name].lerp_(theirs.to(ours[name]), 1 - keep)
            else:
                ours[name].copy_(theirs)
