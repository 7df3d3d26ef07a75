"""Weights with half the digits, made once: autocast would make them at every call."""

from torch import nn


def halve_weights(network: nn.Module) -> None:
    """Give convolutions and linear layers float16 weights, in place.

    Under autocast to float16 the network answers with the very same numbers as before;
    without, it does not work any more. What autocast leaves in float32 stays so.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.half()
