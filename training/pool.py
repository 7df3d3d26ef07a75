"""All pictures in the memory of the device, where a step's crops are cut at once."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor


class Pool:
    """Pictures (3, height, width) uint8, laid end to end in one row of bytes.

    Nothing is padded, whatever shapes come together: 18,000 pictures of 224 pixels
    take 3 GB.
    """

    def __init__(self, pictures: Sequence[Tensor], device: torch.device) -> None:
        self.sizes = torch.tensor([picture.shape[1:] for picture in pictures])
        lengths = 3 * self.sizes.prod(dim=1)
        self._starts = lengths.cumsum(dim=0) - lengths
        # A window may be wider than the picture that it is cut from, the last one too.
        spare = torch.zeros(int(self.sizes.max()), dtype=torch.uint8)
        rows = [picture.flatten() for picture in pictures]
        self._bytes = torch.cat([*rows, spare]).to(device)

    def __len__(self) -> int:
        return len(self.sizes)

    def __iter__(self) -> Iterator[Tensor]:
        for start, shape in zip(self._starts, self.sizes, strict=True):
            height, width = shape.tolist()
            yield self._bytes[start:][: 3 * height * width].view(3, height, width)

    def squares(
        self, numbers: Tensor, corner: Tensor, side: Tensor, mirror: Tensor, size: int
    ) -> Tensor:
        """Return squares of pictures as RGB (N, 3, size, size) in 0..1.

        Four tensors on the CPU say what to cut: which pictures (N), the y and x of the
        squares' corners (N, 2), their sides (N), all in whole pixels and inside the
        pictures, and which ones to mirror (N).
        """
        window = int(side.max())
        height, width = self.sizes[numbers].unbind(dim=1)
        first = self._starts[numbers] + corner[:, 0] * width + corner[:, 1]
        cuts = torch.stack([first, width, height * width, side, mirror.long()])
        cuts = cuts[..., None, None].to(self._bytes.device, non_blocking=True)
        first, width, plane, side, mirror = cuts
        windows = self._windows(first, width, plane, window).float() / 255
        down = _resizing(side, window, size)
        across = torch.where(mirror > 0, down.flip(1), down)
        # Rows of red, green and blue take turns, so that both products are plain ones.
        narrow = windows.flatten(1, 2) @ across.mT
        small = down @ narrow.view(len(down), window, 3 * size)
        return small.view(len(down), size, 3, size).movedim(2, 1)

    def _windows(
        self, first: Tensor, width: Tensor, plane: Tensor, side: int
    ) -> Tensor:
        """Return squares (N, side, 3, side) uint8: row by row, each in three colours.

        Their first bytes, and the lengths of a picture's row and plane, are
        (N, 1, 1). What is beyond a picture's edges may be anything.
        """
        rows = torch.arange(side, device=first.device)[:, None]
        planes = torch.arange(3, device=first.device)
        starts = first + rows * width + planes * plane
        spans = self._bytes.unfold(0, side, 1)  # a view: `side` bytes from each on
        return spans[starts.clamp(max=len(spans) - 1)]


def _resizing(side: Tensor, window: int, size: int) -> Tensor:
    """Return matrices (N, size, window) that make `side` (N, 1, 1) pixels `size`.

    A triangle filter, as wide as the larger of the two pixels, so that nothing
    aliases: what `interpolate(mode="bilinear", antialias=True)` does.
    """
    step = side / size
    middle = (torch.arange(size, device=side.device)[:, None] + 0.5) * step
    pixel = torch.arange(window, device=side.device)
    weights = (1 - (pixel + 0.5 - middle).abs() / step.clamp(min=1)).clamp(min=0)
    weights = weights * (pixel < side)
    return weights / weights.sum(dim=2, keepdim=True)
