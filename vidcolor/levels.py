"""Planes at evenly spaced levels of light, to be read anywhere between them."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Plane = NDArray[np.float32]  # height, width

_LONGEST = 32000  # OpenCV counts columns and rows in 15 bits


class Levels:
    """Two values at places in a plane and at levels of light: (2, levels, h, w)."""

    def __init__(self, values: NDArray[np.float32]) -> None:
        _, self.count, self.height, self.width = values.shape
        # OpenCV knows no third axis: the levels are stacked, each below the one before,
        # and beside the values of each stands how much larger those of the next are.
        stacked = values.reshape(2, -1, self.width)
        first, growth = stacked[:, : -self.height], np.diff(values, axis=1)
        self._lines = cv2.merge([*first, *growth.reshape(first.shape)])

    def at(self, x: Plane, y: Plane, level: Plane) -> Tensor:
        """Return the values (2, H, W) at these columns, rows and levels.

        `level` is (H, W), and so are `x` and `y`, or broadcast to it. Interpolated
        linearly along all three; what is outside is drawn to the border.
        """
        x = np.broadcast_to(x, level.shape)
        for axis, length in enumerate(level.shape):
            if length > _LONGEST:
                middle = [length // 2]
                parts = zip(
                    *(
                        np.split(np.broadcast_to(part, level.shape), middle, axis)
                        for part in (x, y, level)
                    ),
                    strict=True,
                )
                return torch.cat([self.at(*part) for part in parts], axis + 1)
        # Just below the last level: the one before it is there to count from.
        share = np.clip(
            level, 0, np.nextafter(np.float32(self.count - 1), np.float32())
        )
        low = np.floor(share)
        share -= low
        low *= self.height
        low += np.clip(y, 0, self.height - 1)
        read = cv2.remap(
            self._lines, x, low, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return _summed(torch.from_numpy(read), torch.from_numpy(share))


def _summed(read: Tensor, share: Tensor) -> Tensor:
    """Return values (2, H, W), of what was read (H, W, 4): them, and their growth."""
    result = torch.empty(2, *share.shape)
    # NumPy takes half as long again for numbers that do not lie side by side.
    for channel, value in enumerate(result):
        torch.addcmul(read[..., channel], read[..., channel + 2], share, out=value)
    return result
