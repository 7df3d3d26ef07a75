"""Chroma planes of one picture in two formats: the same colours."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Generator

from vidcolor.planes import chroma_planes
from vidcolor.yuv import Matrix, YuvFormat

GRID = YuvFormat(8, False, Matrix.BT709, 1, 1)


@pytest.mark.parametrize("woven", [False, True])
@pytest.mark.parametrize(
    "source",
    [GRID, replace(GRID, chroma_shift_x=0, chroma_shift_y=0)],
    ids=["4:2:0", "4:4:4"],
)
@pytest.mark.parametrize("target", [replace(GRID, depth=10), replace(GRID, depth=12)])
def test_colours_do_not_depend_on_the_target_s_depth(
    source: YuvFormat, target: YuvFormat, woven: bool
) -> None:
    random = Generator().manual_seed(0)
    codes = torch.randint(16, 236, (48, 64), generator=random).byte().numpy()
    ab = torch.randn(2, 12, 16, generator=random) * 30
    shallow = chroma_planes(codes, ab, source, GRID, woven)
    deep = chroma_planes(codes, ab, source, target, woven)
    for one, other in zip(shallow, deep, strict=True):
        assert one.shape == other.shape == (24, 32)
        away = other / (1 << (target.depth - 8)) - one.astype(np.float64)
        assert np.abs(away).max() < 0.7  # half a code of 8 bits, and of the other
