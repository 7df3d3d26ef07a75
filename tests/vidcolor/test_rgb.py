from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vidcolor.chroma import luma_at_chroma
from vidcolor.media.picture import Frame, plane
from vidcolor.media.reader import Reader
from vidcolor.rgb import chroma_at_luma, frame_to_rgb
from vidcolor.yuv import Matrix, Siting, YuvFormat

ODD = Path(__file__).parents[3] / "shared" / "clips" / "odd"
LIMITED = YuvFormat(8, False, Matrix.BT709, 0, 0)


def frame(pix_fmt: str, *codes: int, size: tuple[int, int] = (5, 7)) -> Frame:
    """A frame whose planes are even, each of its code."""
    picture = av.VideoFrame(size[1], size[0], pix_fmt)
    for index, code in enumerate(codes):
        plane(picture, index)[:] = code
    return Frame(picture, 0, 1)  # type: ignore[arg-type]


def color(pix_fmt: str, yuv: YuvFormat, *codes: int) -> NDArray[np.float32]:
    rgb = frame_to_rgb(frame(pix_fmt, *codes), yuv)
    assert rgb.shape == (5, 7, 3)
    assert (rgb == rgb[0, 0]).all()
    return rgb[0, 0]


@pytest.mark.parametrize(
    ("pix_fmt", "yuv", "black", "white", "neutral"),
    [
        ("yuv444p", LIMITED, 16, 235, 128),
        ("yuv420p", YuvFormat(8, True, Matrix.BT601, 1, 1), 0, 255, 128),
        ("yuv422p10le", YuvFormat(10, False, Matrix.BT2020, 1, 0), 64, 940, 512),
        ("yuv411p", YuvFormat(8, False, Matrix.BT601, 2, 0), 16, 235, 128),
        ("gray", YuvFormat(8, True, Matrix.BT601, 0, 0), 0, 255, 0),
        ("gray16le", YuvFormat(16, True, Matrix.BT601, 0, 0), 0, 65535, 0),
    ],
)
def test_black_and_white_are_0_and_1(
    pix_fmt: str, yuv: YuvFormat, black: int, white: int, neutral: int
) -> None:
    chroma = [] if pix_fmt.startswith("gray") else [neutral, neutral]
    np.testing.assert_allclose(color(pix_fmt, yuv, black, *chroma), 0, atol=1e-6)
    np.testing.assert_allclose(color(pix_fmt, yuv, white, *chroma), 1, atol=1e-6)


def test_red_is_red_by_its_own_matrix() -> None:
    # Full red of BT.709 and BT.601 in limited range, as H.273 has it.
    for matrix, codes in (
        (Matrix.BT709, (63, 102, 240)),
        (Matrix.BT601, (81, 90, 240)),
    ):
        yuv = YuvFormat(8, False, matrix, 0, 0)
        red = color("yuv444p", yuv, *codes)
        np.testing.assert_allclose(red, [1, 0, 0], atol=0.01)


@pytest.mark.parametrize("siting", Siting)
@pytest.mark.parametrize("shifts", [(0, 0), (1, 0), (1, 1), (2, 0), (2, 2), (0, 1)])
def test_chroma_is_put_where_it_was_taken(
    siting: Siting, shifts: tuple[int, int]
) -> None:
    # A ramp is a ramp at any sampling, if the samples are where they are said to be.
    yuv = YuvFormat(8, False, Matrix.BT709, *shifts, siting)
    height, width = 26, 39
    down, across = torch.meshgrid(
        torch.arange(height) / 100, torch.arange(width) / 100, indexing="ij"
    )
    small = torch.stack(
        [
            torch.from_numpy(luma_at_chroma(ramp.contiguous().numpy(), yuv))
            for ramp in (down, across)
        ]
    )
    found = chroma_at_luma(small, height, width, yuv)
    inside = slice(8, -8)
    torch.testing.assert_close(found[0][inside, inside], down[inside, inside])
    torch.testing.assert_close(found[1][inside, inside], across[inside, inside])


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (3, 5), (9, 8)])
@pytest.mark.parametrize("siting", Siting)
def test_any_size_has_chroma_everywhere(size: tuple[int, int], siting: Siting) -> None:
    yuv = YuvFormat(8, False, Matrix.BT709, 1, 1, siting)
    small = torch.full((2, *yuv.chroma_shape(*size)), 0.25)
    torch.testing.assert_close(
        chroma_at_luma(small, *size, yuv), torch.full((2, *size), 0.25)
    )


@pytest.mark.skipif(not ODD.is_dir(), reason="the clips are not beside this checkout")
def test_one_picture_stored_in_four_ways_is_one_picture() -> None:
    pictures = []
    for path in sorted(ODD.glob("same_picture_*.mp4")):
        with Reader(path) as reader:
            first = next(reader.frames())
            pictures.append(frame_to_rgb(first, reader.info.yuv) * 255)
    assert len(pictures) == 4
    for other in pictures[1:]:
        # 1.1 as that folder's README gives it, 2.1 with the wrong matrix.
        assert np.abs(other - pictures[0]).mean() < 1.5
