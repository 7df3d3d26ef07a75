"""3x3 convolutions with a quarter of the multiplications, for predicting on a CPU.

Winograd's F(4x4, 3x3) (Lavin & Gray 2015, arXiv 1509.09308): a tile of 4x4 results
comes of 6x6 inputs, which are transformed, multiplied by the transformed filter place
by place (over all channels: a matrix product for each of the 36 places), and
transformed back. The answer is the same but for rounding, 1e-5 of it.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vidcolor_models.packing import PackedConv2d

_TILE, _REACH = 4, 6  # results of a tile in a row, and the inputs that they come of
_PLACES = _REACH**2

# The paper's B^T, G and A^T (its section 5.2 and Winograd's points 0, 1, -1, 2, -2).
_INPUT = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
]
_FILTER: list[list[float]] = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
_OUTPUT = [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
]

_WIDE = 256  # channels; with fewer, transforming takes longer than it spares


def pays(conv: nn.Conv2d) -> bool:
    """Say whether a convolution can be done so, and is quicker then."""
    return (
        conv.kernel_size == (3, 3)
        and conv.stride == (1, 1)
        and conv.padding == conv.dilation
        and conv.dilation[0] == conv.dilation[1]
        and conv.groups == 1
        and min(conv.in_channels, conv.out_channels) >= _WIDE
    )


class WinogradConv2d(nn.Module):
    """A convolution that `pays`, and the ReLU after it if it is `rectified`."""

    to_places: Tensor
    to_results: Tensor

    def __init__(self, conv: nn.Conv2d, rectified: bool = False) -> None:
        super().__init__()
        self.dilation = conv.dilation[0]
        self.rectified = rectified
        self.bias = conv.bias
        weight = conv.weight.detach().flatten(2).movedim(2, 0).flatten(1)  # 9, C' * C
        filters = _both_ways(_FILTER) @ weight
        filters = filters.view(_PLACES, conv.out_channels, conv.in_channels)
        self.products = nn.ModuleList(_product(matrix) for matrix in filters)
        self.register_buffer("to_places", _both_ways(_INPUT))
        self.register_buffer("to_results", _both_ways(_OUTPUT))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C', H, W), channels last."""
        tiles = self._tiles(x)
        places = self.to_places @ tiles.reshape(_PLACES, -1)
        places = places.view(_PLACES, 1, -1, 1, x.shape[1]).movedim(-1, 2)
        products = [
            product(place).movedim(1, -1)
            for product, place in zip(self.products, places, strict=True)
        ]
        results = self.to_results @ torch.stack(products).view(_PLACES, -1)
        results = results.view(_TILE, _TILE, *tiles.shape[2:-1], -1)
        return self._picture(results)[..., : x.shape[2], : x.shape[3]]

    def _tiles(self, x: Tensor) -> Tensor:
        """Return overlapping tiles (6, 6, N, rows, phases, columns, phases, C).

        Of pixels whose rows, and whose columns, differ by the dilation, each phase has
        its own.
        """
        step = self.dilation
        height, width = x.shape[2:]
        rows, columns = (-(-side // (_TILE * step)) for side in (height, width))
        below = (_TILE * rows + 1) * step - height
        right = (_TILE * columns + 1) * step - width
        x = F.pad(x, (step, right, step, below))
        count, channels, height, width = x.shape
        x = x.view(count, channels, height // step, step, width // step, step)
        tiles = x.unfold(2, _REACH, _TILE).unfold(4, _REACH, _TILE)
        return tiles.permute(6, 7, 0, 2, 3, 4, 5, 1)

    def _picture(self, results: Tensor) -> Tensor:
        """Return (N, C', H, W) of (4, 4, N, rows, phases, columns, phases, C')."""
        ordered = results.permute(2, 3, 0, 4, 5, 1, 6, 7)
        picture = ordered.flatten(4, 6).flatten(1, 3)
        if self.bias is not None:
            picture += self.bias
        return (picture.relu_() if self.rectified else picture).movedim(-1, 1)


def _both_ways(matrix: Sequence[Sequence[float]]) -> Tensor:
    """Return what a matrix does to the rows and columns of a square, as one matrix."""
    one = torch.tensor(matrix, dtype=torch.float32)
    return torch.kron(one, one)


def _product(matrix: Tensor) -> PackedConv2d:
    """Return what multiplies all channels of a place by a matrix (C', C)."""
    after, before = matrix.shape
    conv = nn.Conv2d(before, after, 1, bias=False, device="meta")
    conv.weight = nn.Parameter(matrix[..., None, None], requires_grad=False)
    return PackedConv2d(conv)
