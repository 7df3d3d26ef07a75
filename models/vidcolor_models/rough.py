"""Convolutions in whole numbers of 8 bits, for predicting on CPUs made for them.

Processors with VNNI multiply four of these in the time of one float. Each channel of
what comes in, and each filter, is counted in steps of its own, 127 to its largest
value; sums are exact. What is lost is half a step of each value.
"""

import torch
from torch import Tensor, nn

from vidcolor_models.packing import is_supported, padded

_MOST = 127  # steps on either side of 0
_MIDDLE = 128  # what 0 is as an unsigned byte
_LEAST = 1e-6  # a step, where all is 0


def is_quick() -> bool:
    """Say whether this processor, with this PyTorch, gains by it."""
    there = hasattr(torch.cpu, "_is_vnni_supported") and hasattr(
        torch.ops.onednn, "qconv_pointwise"
    )
    return is_supported() and there and bool(torch.cpu._is_vnni_supported())


class RoughConv2d(nn.Module):
    """A convolution, without groups, and the ReLU after it if it is `rectified`."""

    def __init__(self, conv: nn.Conv2d, rectified: bool = False) -> None:
        super().__init__()
        self.conv = conv
        self.activation = "relu" if rectified else "none"

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) as the convolution does, each picture in steps of its own.

        A picture's answer does not depend on which others it is asked with.
        """
        return torch.cat([self._answer(picture) for picture in torch.split(x, 1)])

    def _answer(self, x: Tensor) -> Tensor:
        x, padding = padded(self.conv, x)
        geometry = self.conv.stride, padding, self.conv.dilation, self.conv.groups
        step = x.abs().amax(dim=(0, 2, 3)).div_(_MOST).clamp_(min=_LEAST)
        codes = torch.addcmul(  # half a step more, for bytes are cut off, not rounded
            x.new_tensor(_MIDDLE + 0.5), x, (1 / step)[:, None, None]
        ).byte()
        # The channels' steps become part of the filters, which are counted anew.
        filters = self.conv.weight * step[:, None, None]
        own = filters.abs().amax(dim=(1, 2, 3)).div_(_MOST).clamp_(min=_LEAST)
        whole = (filters / own[:, None, None, None]).round_().char()
        packed = torch.ops.onednn.qconv_prepack(
            whole, own, 1.0, _MIDDLE, *geometry, x.shape
        )
        zero = torch.zeros(len(own), dtype=torch.int32)
        result: Tensor = torch.ops.onednn.qconv_pointwise(
            codes,
            1.0,
            _MIDDLE,
            packed,
            own,
            zero,
            self.conv.bias,
            *geometry,
            1.0,
            0,
            torch.float32,
            self.activation,
            [],
            "",
        )
        return result
