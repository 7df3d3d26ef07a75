"""Colour hints as a network's input: SIGGRAPH17's three channels beside lightness."""

import torch
from torch import Tensor

REACH = 110.0  # the networks' unit of ab


def hint_channels(
    lightness: Tensor, hint_ab: Tensor | None, hint_mask: Tensor | None
) -> Tensor:
    """Return ab over its mask, and the mask, (N, 3, H, W); zeros without hints.

    `hint_ab` is (N, 2, H, W), `hint_mask` (N, 1, H, W), and `lightness` of that size.

    Raises:
        ValueError: one of the hints is given without the other.
    """
    if hint_ab is None and hint_mask is None:
        return torch.zeros_like(lightness).repeat(1, 3, 1, 1)
    if hint_ab is None or hint_mask is None:
        raise ValueError("hint_ab and hint_mask go together: give both or neither")
    return torch.cat([hint_ab / REACH * hint_mask, hint_mask], dim=1)
