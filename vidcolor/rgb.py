"""A film's frames as RGB, each by its own range, depth, matrix and chroma grid."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import to_luma, to_rgb
from vidcolor.media.picture import Frame, plane
from vidcolor.yuv import Siting, YuvFormat


def frame_to_rgb(frame: Frame, yuv: YuvFormat) -> NDArray[np.float32]:
    """Return the RGB (H, W, 3), 0..1, of a frame as it is stored.

    Neither turned upright nor brought into shape. HDR and wide gamut stay as coded.
    """
    luma = to_luma(frame.luma, yuv)
    if len(frame.picture.planes) < 3:  # grey, and perhaps alpha
        return np.repeat(luma.numpy()[..., None], 3, axis=2)
    codes = np.stack([plane(frame.picture, index) for index in (1, 2)])
    chroma = torch.from_numpy(codes.astype(np.float32))
    chroma = ((chroma - yuv.neutral) / yuv.chroma_span).clamp_(-0.5, 0.5)
    height, width = luma.shape
    rgb = to_rgb(luma, chroma_at_luma(chroma, height, width, yuv), yuv.matrix)
    return rgb.permute(1, 2, 0).contiguous().numpy()


def chroma_at_luma(chroma: Tensor, height: int, width: int, yuv: YuvFormat) -> Tensor:
    """Return chroma (2, h, w) interpolated to where the luma (H, W) is."""
    step_y, step_x = 1 << yuv.chroma_shift_y, 1 << yuv.chroma_shift_x
    chroma = _stretch(chroma, 1, height, step_y, yuv.siting is Siting.TOPLEFT)
    return _stretch(chroma, 2, width, step_x, yuv.siting is not Siting.CENTER)


def _stretch(chroma: Tensor, axis: int, size: int, step: int, on_luma: bool) -> Tensor:
    """Interpolate along an axis to `size`; samples are `step` apart.

    The first one is on the first luma sample, or else in the middle of `step` of them.
    """
    if step == 1:
        return chroma
    last = chroma.shape[axis] - 1
    first = 0.0 if on_luma else (step - 1) / 2
    at = ((torch.arange(size) - first) / step).clamp(0, last)
    before = at.long()
    after = (before + 1).clamp(max=last)
    share = (at - before).view(-1, *[1] * (2 - axis))
    return torch.lerp(
        chroma.index_select(axis, before), chroma.index_select(axis, after), share
    )
