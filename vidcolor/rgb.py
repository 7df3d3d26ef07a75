"""A film's frames as sRGB, each by its own range, depth, matrix and chroma grid."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import to_grey, to_luma, to_rgb
from vidcolor.light import to_srgb
from vidcolor.media.picture import Frame, plane
from vidcolor.yuv import Siting, YuvFormat


def frame_to_rgb(frame: Frame, yuv: YuvFormat) -> NDArray[np.float32]:
    """Return the sRGB (H, W, 3), 0..1, of a frame as it is stored.

    Neither turned upright nor brought into shape. What sRGB cannot show, as HDR and
    wide gamut allow, is clipped.
    """
    luma = to_luma(frame.luma, yuv)
    if len(frame.picture.planes) < 3:  # grey, and perhaps alpha
        return np.repeat(to_grey(luma, yuv.rgb).numpy()[..., None], 3, axis=2)
    codes = np.stack([plane(frame.picture, index) for index in (1, 2)])
    chroma = torch.from_numpy(codes.astype(np.float32))
    chroma = ((chroma - yuv.neutral) / yuv.chroma_span).clamp_(-0.5, 0.5)
    height, width = luma.shape
    if frame.picture.interlaced_frame:
        wide = torch.empty(2, height, width)
        for field in (0, 1):
            lines = wide[:, field::2]
            lines[:] = chroma_at_luma(
                chroma[:, field::2], lines.shape[1], width, yuv, field
            )
    else:
        wide = chroma_at_luma(chroma, height, width, yuv)
    rgb = to_srgb(to_rgb(luma, wide, yuv.matrix), yuv.rgb)
    return rgb.permute(1, 2, 0).contiguous().numpy()


def chroma_at_luma(
    chroma: Tensor, height: int, width: int, yuv: YuvFormat, field: int | None = None
) -> Tensor:
    """Return chroma (2, h, w) interpolated to where the luma (H, W) is.

    `field` is as for `luma_at_chroma`.
    """
    step_y, step_x = 1 << yuv.chroma_shift_y, 1 << yuv.chroma_shift_x
    first_y = 0 if yuv.siting is Siting.TOPLEFT else (step_y - 1) / 2
    if field is not None and step_y == 2:
        first_y = 0.75 if field else 0.25
    first_x = 0 if yuv.siting is not Siting.CENTER else (step_x - 1) / 2
    chroma = _stretch(chroma, 1, height, step_y, first_y)
    return _stretch(chroma, 2, width, step_x, first_x)


def _stretch(chroma: Tensor, axis: int, size: int, step: int, first: float) -> Tensor:
    """Interpolate along an axis to `size`.

    Samples are `step` apart, the first one `first` after the first of luma.
    """
    if step == 1:
        return chroma
    last = chroma.shape[axis] - 1
    at = ((torch.arange(size) - first) / step).clamp(0, last)
    before = at.long()
    after = (before + 1).clamp(max=last)
    share = (at - before).view(-1, *[1] * (2 - axis))
    return torch.lerp(
        chroma.index_select(axis, before), chroma.index_select(axis, after), share
    )
