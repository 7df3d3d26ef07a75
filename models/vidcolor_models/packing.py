"""Layers with their weights in the order in which oneDNN reads them, for predicting.

Torch brings them into that order at every call, which takes a quarter of the time that
a small picture does; asked in one thread, it leaves 1x1 convolutions to another library
that is slower still. What a rectifier after a convolution does is done on the way.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidcolor_models.film import SameConv2d

# oneDNN's names for rectifiers, and their parameters.
RECTIFIERS: dict[type[nn.Module], tuple[str, list[float]]] = {
    nn.ReLU: ("relu", []),
    nn.ReLU6: ("hardtanh", [0.0, 6.0]),
}


_packing = Lock()  # several threads may bring a first picture


def is_supported() -> bool:
    """Say whether this PyTorch has oneDNN, and what it takes to pack for it."""
    # Underscored, but there since PyTorch 2.0: compiled networks call the same.
    names = [
        "_convolution_pointwise",
        "_reorder_convolution_weight",
        "_linear_pointwise",
        "_reorder_linear_weight",
    ]
    there = all(hasattr(torch.ops.mkldnn, name) for name in names)
    return bool(torch.backends.mkldnn.is_available()) and there  # type: ignore[no-untyped-call]


class PackedConv2d(nn.Module):
    """A convolution whose weights are packed when the first picture comes.

    How, depends on that picture's size; others are answered as well, but less quickly.
    """

    def __init__(self, conv: nn.Conv2d, rectifier: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = conv
        self.activation = RECTIFIERS[type(rectifier)] if rectifier else ("none", [])
        self.ahead = _zeros_ahead(conv)
        self.packed: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) as the convolution and the rectifier do."""
        conv, (activation, values) = self.conv, self.activation
        x, padding = padded(conv, x, self.ahead)
        geometry = padding, conv.stride, conv.dilation, conv.groups
        if self.packed is None:
            self._pack(x, geometry)
        result: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self.packed, conv.bias, *geometry, activation, values, ""
        )
        return result

    def _pack(self, x: Tensor, geometry: tuple[Any, ...]) -> None:
        with _packing:
            if self.packed is None:  # still, now that no other thread is at it
                reorder = torch.ops.mkldnn._reorder_convolution_weight
                weight = F.pad(self.conv.weight, (self.ahead, 0, self.ahead, 0))
                self.packed = reorder(weight.contiguous(), *geometry, x.shape)
                del self.conv.weight  # once is enough: they are half a network's memory


class PackedLinear(nn.Module):
    """A linear layer whose weights are packed."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.bias = linear.bias
        weight = linear.weight.detach()
        self.packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., C) to (..., C')."""
        result: Tensor = torch.ops.mkldnn._linear_pointwise(
            x, self.packed, self.bias, "none", [], ""
        )
        return result


def _zeros_ahead(conv: nn.Conv2d) -> int:
    """Return how many rows, and columns, of zeros are put before a filter.

    A halving convolution of an even picture wants one more of padding below and right,
    which oneDNN cannot do and torch does by copying: longer than the convolution takes.
    With a row and a column of zeros before the filter, it is the same on all sides.
    """
    return int(isinstance(conv, SameConv2d) and conv.stride == (2, 2))


def padded(conv: nn.Conv2d, x: Tensor, ahead: int = 0) -> tuple[Tensor, Sequence[int]]:
    """Return x as the convolution pads it itself, and what oneDNN is to pad.

    `ahead` rows and columns of zeros stand before the filter.
    """
    if isinstance(conv, SameConv2d):
        return conv.pad(x, ahead)
    assert not isinstance(conv.padding, str)
    return x, conv.padding
