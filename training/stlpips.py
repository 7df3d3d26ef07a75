"""ST-LPIPS: how unlike two pictures look to people, who forgive a shift of a pixel.

Ghildyal & Liu 2022, "Shift-tolerant Perceptual Similarity Metric", arXiv 2207.13686,
on AlexNet: each stride is preceded by a blur (Zhang 2019, arXiv 1904.11486), and the
squared distances of the features are weighed as people judged.

The weights come with the PyPI package `stlpips-pytorch`. Its code stays out: it imports
torchvision, IPython and torchsummary without naming them, uses none of them here, and
the torchvision of PyPI does not go with a torch made for CPUs.
"""

from importlib.resources import files

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.encoder import fill, read_weights

_WEIGHTS = files("stlpips_pytorch") / "weights" / "vST0.0" / "alex_shift_tolerant.pth"
_CHANNELS = (64, 192, 384, 256, 256)


class STLPIPS(nn.Module):
    """The distance between one picture and others of its size."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(1, 3, 1, 1))
        self.register_buffer("scale", torch.ones(1, 3, 1, 1))
        self.stages = nn.ModuleList(
            [
                nn.Sequential(nn.Conv2d(3, 64, 11, padding=2), _Blur(64), nn.ReLU()),
                nn.Sequential(*_halving(64), *_convolution(64, 192, 5)),
                nn.Sequential(*_halving(192), *_convolution(192, 384, 3)),
                nn.Sequential(*_convolution(384, 256, 3)),
                nn.Sequential(*_convolution(256, 256, 3)),
            ]
        )
        self.weights = nn.ModuleList(nn.Conv2d(c, 1, 1, bias=False) for c in _CHANNELS)

    def forward(self, truth: Tensor, others: Tensor) -> Tensor:
        """Return distances (N), 0 or more, of others (N, 3, H, W) from (1, 3, H, W).

        RGB in 0..1; sides of 32 pixels or more.
        """
        total = others.new_zeros(len(others))
        for ours, theirs, weight in zip(
            self._features(truth), self._features(others), self.weights, strict=True
        ):
            total += weight((ours - theirs).square()).mean(dim=(1, 2, 3))
        return total

    def _features(self, rgb: Tensor) -> list[Tensor]:
        x = (rgb * 2 - 1 - self.shift) / self.scale
        features = []
        for stage in self.stages:
            x = stage(x)
            features.append(F.normalize(x, dim=1, eps=1e-10))
        return features


def load_stlpips() -> STLPIPS:
    """Return the measure, ready to use, on the CPU."""
    network = STLPIPS().eval()
    fill(network, read_weights(str(_WEIGHTS)))
    return network


class _Blur(nn.Module):
    """A blur before every second pixel is taken."""

    kernel: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("kernel", torch.zeros(channels, 1, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (2, 2, 2, 2), mode="reflect")
        return F.conv2d(padded, self.kernel, stride=2, groups=len(self.kernel))


def _halving(channels: int) -> list[nn.Module]:
    return [nn.MaxPool2d(3, stride=1), _Blur(channels)]


def _convolution(before: int, after: int, kernel: int) -> list[nn.Module]:
    return [nn.Conv2d(before, after, kernel, padding=kernel // 2), nn.ReLU()]
