"""The running mean of the weights, which predicts better than they do."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


class Ema(Generic[Network]):
    """A copy of a network that follows it slowly (Polyak & Juditsky 1992)."""

    def __init__(self, network: Network, keep: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.keep = keep
        self.updates = 0

    @torch.no_grad()
    def update(self, network: Network) -> None:
        """Take a step towards the network; the first ones are longer."""
        self.updates += 1
        keep = min(self.keep, (1 + self.updates) / (10 + self.updates))
        # All numbers at once: one by one they would take a GPU hundreds of calls.
        torch._foreach_lerp_(_floats(self.network), _floats(network), 1 - keep)


def _floats(network: nn.Module) -> list[Tensor]:
    return [
        tensor for tensor in network.state_dict().values() if tensor.is_floating_point()
    ]
