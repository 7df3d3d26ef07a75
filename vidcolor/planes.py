"""Chroma planes that belong to a picture's luma, made on the CPU."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import luma_at_chroma, scale_luma, to_chroma, to_codes
from vidcolor.upsample import spread
from vidcolor.yuv import YuvFormat

Planes = tuple[NDArray[Any], NDArray[Any]]  # codes of Cb and of Cr, (h, w) each
Codes = TypeVar("Codes", NDArray[Any], Tensor)


def chroma_planes(
    codes: NDArray[Any], ab: Tensor, source: YuvFormat, target: YuvFormat, woven: bool
) -> Planes:
    """Return Cb and Cr for luma codes (H, W) and ab (2, h, w) of the same picture.

    The two fields of a woven, that is interlaced, picture show two moments, and each
    has chroma lines of its own: they are painted as two pictures.
    """

    def chroma(codes: NDArray[Any], field: int | None = None) -> Tensor:
        mean = torch.from_numpy(luma_at_chroma(codes, target, field))
        luma = scale_luma(mean, source)
        wide = spread(ab, luma, target.rgb)
        return to_chroma(wide, luma, target.matrix, target.rgb)

    return to_codes(weave(chroma, codes, target) if woven else chroma(codes), target)


def weave(
    chroma: Callable[[Codes, int], Tensor], codes: Codes, target: YuvFormat
) -> Tensor:
    """Return Pb and Pr (2, h, w) of a picture by what each field of it has alone."""
    upper, lower = (chroma(codes[field::2], field) for field in (0, 1))
    woven = upper.new_empty(2, *target.chroma_shape(*codes.shape))
    for field, part in enumerate((upper, lower)):
        lines = woven[:, field::2]
        lines[:] = part[:, : lines.shape[1]]
    return woven
