"""Batch normalisation made part of the convolution before it, for predicting."""

from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def fold_norms(network: nn.Module) -> None:
    """Let convolutions do what the BatchNorm2d right after them does, in place.

    Once trained, it multiplies each channel and adds to it, as a convolution can do
    itself. The network answers as before; it can be trained no more.
    """
    for module in network.modules():
        if isinstance(module, nn.Sequential):
            for index in range(1, len(module)):
                layer, norm = module[index - 1], module[index]
                if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    module[index - 1] = fuse_conv_bn_eval(layer, norm)
                    module[index] = nn.Identity()
