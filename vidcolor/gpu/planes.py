"""Chroma planes as `vidcolor.planes` makes them, in PyTorch's words: for any device.

Formula by formula what upsample.py, levels.py and chroma.py do with OpenCV and NumPy,
which say why; the numbers are theirs. Here both tables are volumes, which a GPU's
`grid_sample` reads between eight neighbours, and a blur is a matrix from either side.
"""

from collections.abc import Iterable
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import (
    AB_REACH,
    chroma_table,
    chroma_taps,
    round_chroma,
    scale_luma,
)
from vidcolor.planes import weave
from vidcolor.upsample import (
    AROUND,
    FLOOR,
    GRAIN,
    LEVELS,
    LIKENESS,
    NEXT,
    SCARCE,
    SOFT,
    level_lightness,
    middles,
    mixture,
    places,
)
from vidcolor.yuv import YuvFormat

_KEPT = 4  # sizes that are ready: a film has one, or two if its fields differ

_BOX = np.full(2 * SOFT + 1, 1 / (2 * SOFT + 1))


class Blur:
    """A blur of planes (..., h, w) whose borders are repeated."""

    def __init__(
        self, kernel: NDArray[Any], height: int, width: int, device: torch.device
    ) -> None:
        self._down = _blurring(kernel, height).to(device)
        self._across = _blurring(kernel, width).T.to(device)

    def __call__(self, planes: Tensor) -> Tensor:
        """Return the planes blurred."""
        blurred: Tensor = self._down @ planes @ self._across
        return blurred


def _blurring(kernel: NDArray[Any], size: int) -> Tensor:
    """Return the matrix (size, size) that blurs a line of so many pixels."""
    line, reach = np.arange(size)[:, None], len(kernel) // 2
    near = line + np.arange(-reach, reach + 1)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (line, near.clip(0, size - 1)), kernel)
    return torch.from_numpy(matrix).float()


class _Sizes:
    """What depends on the sizes of luma (H, W) and ab (h, w) alone, on a device."""

    def __init__(
        self, large: torch.Size, small: torch.Size, device: torch.device
    ) -> None:
        (height, width), (rows, columns) = large, small
        # The large pixels in the middle of each small one, and next to it: h, 3; w, 3.
        self.rows = _threes(height, rows).to(device)
        self.columns = _threes(width, columns).to(device)
        # Where the large pixels are among the small ones, from -1 to 1: H, 1; 1, W.
        self.y = _among(height, rows)[:, None].to(device)
        self.x = _among(width, columns)[None].to(device)
        self.around, self.box, self.next = (
            Blur(kernel, rows, columns, device) for kernel in (AROUND, _BOX, NEXT)
        )


def _threes(large: int, small: int) -> Tensor:
    three = middles(large, small)[:, None] + torch.arange(-1, 2)
    return three.clamp(0, large - 1)


def _among(large: int, small: int) -> Tensor:
    return torch.from_numpy(places(large, small)) * (2 / max(1, small - 1)) - 1


class Painting:
    """Chroma planes of one film's pictures, all tensors on one device.

    `source` is how luma is coded, `target` how chroma shall be.
    """

    def __init__(
        self, source: YuvFormat, target: YuvFormat, device: torch.device
    ) -> None:
        self._source, self._target, self._device = source, target, device
        self._table = chroma_table(target.matrix, target.rgb).to(device)
        self._lightness = level_lightness(target.rgb).to(device)
        self._sizes = lru_cache(_KEPT)(_Sizes)

    def planes(self, codes: Tensor, ab: Tensor, woven: bool) -> Tensor:
        """Return codes of Cb and Cr (2, h, w) for luma codes (H, W) and `coarse` ab.

        As `vidcolor.planes.chroma_planes` does.
        """

        def chroma(codes: Tensor, field: int | None = None) -> Tensor:
            luma = scale_luma(self._luma_at_chroma(codes.float(), field), self._source)
            a, b = self._spread(ab, luma)
            return _read(self._table, b / AB_REACH, a / AB_REACH, 2 * luma - 1)

        target = self._target
        found = weave(chroma, codes, target) if woven else chroma(codes)
        return round_chroma(found, target)

    def _luma_at_chroma(self, codes: Tensor, field: int | None) -> Tensor:
        height, width = codes.shape
        rows, columns = self._target.chroma_shape(height, width)
        y, x = chroma_taps(self._target, field)
        border = x.reach, x.beyond(columns, width), y.reach, y.beyond(rows, height)
        padded = F.pad(codes[None], border, mode="replicate")[0]
        # Sums of whole numbers, which have no error in float32.
        down, across = y.weights.tolist(), x.weights.tolist()
        lines = _total(w * padded[n :: y.step][:rows] for n, w in enumerate(down))
        total = _total(
            w * lines[:, n :: x.step][:, :columns] for n, w in enumerate(across)
        )
        mean: Tensor = total / (sum(down) * sum(across))
        return mean

    def _spread(self, ab: Tensor, luma: Tensor) -> Tensor:
        """Return ab (2, H, W) at the size of luma (H, W)."""
        sizes = self._sizes(luma.shape, ab.shape[1:], self._device)
        return _read(self._grid(ab, luma, sizes), sizes.x, sizes.y, 2 * luma - 1)

    def _grid(self, ab: Tensor, luma: Tensor, sizes: _Sizes) -> Tensor:
        """Return the ab (2, LEVELS, h, w) of what is so light, around each pixel."""
        near = luma[sizes.rows[:, None, :, None], sizes.columns[None, :, None]]
        place = near.flatten(2).median(dim=2).values * (LEVELS - 1)
        low = place.long().clamp(max=LEVELS - 2)
        share = place - low
        levels = self._lightness
        lightness = torch.lerp(levels[low], levels[low + 1], share)
        like = torch.exp(((levels[:, None, None] - lightness) / LIKENESS) ** 2 / -2)
        trust = _evenness(lightness, sizes.box)
        weights = torch.cat([like, torch.ones_like(like[:1])]) * trust
        around = sizes.around(_weighed(ab, weights))
        same = torch.lerp(_at(around, low), _at(around, low + 1), share)
        own = torch.lerp(_at(like[None], low), _at(like[None], low + 1), share)
        other = around[:, -1] * (1 + SCARCE) - same / own
        back = mixture(ab, same, other) * (1 - trust)
        sharp = torch.lerp(ab, same[:2] / same[2], back)
        planes = sizes.next(_weighed(sharp, like + FLOOR))
        grid: Tensor = planes[:2] / planes[2]
        return grid


def _read(volume: Tensor, x: Tensor, y: Tensor, z: Tensor) -> Tensor:
    """Return the values (2, H, W) of a volume (2, d, h, w) at places from -1 to 1.

    Those are the middles of its first and of its last values.
    """
    at = torch.stack([x.expand_as(z), y.expand_as(z), z], dim=-1)
    found = F.grid_sample(
        volume[None], at[None, None], padding_mode="border", align_corners=True
    )
    return found[0, :, 0]


def _at(planes: Tensor, level: Tensor) -> Tensor:
    """Return those (3, h, w) of planes (3, LEVELS, h, w) that are at levels (h, w)."""
    return planes.gather(1, level.expand(len(planes), 1, -1, -1))[:, 0]


def _weighed(ab: Tensor, weight: Tensor) -> Tensor:
    """Return ab (2, h, w) times each weight (LEVELS, h, w), and the weights."""
    return torch.cat([ab, torch.ones_like(ab[:1])])[:, None] * weight


def _evenness(lightness: Tensor, box: Blur) -> Tensor:
    centred = lightness - lightness.mean()
    variance = (box(centred**2) - box(centred) ** 2).clamp(min=0)
    return 1 / (1 + variance / GRAIN**2) ** 2


def _total(parts: Iterable[Tensor]) -> Tensor:
    return reduce(torch.add, parts)
