"""Interlaced film: two moments in one frame, each with the colours of its own."""

from fractions import Fraction

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.vidcolor.media.made import flagged
from vidcolor.chroma import luma_at_chroma, to_lightness, to_luma
from vidcolor.media.picture import Frame, plane
from vidcolor.pipeline import Geometry, Painted, paint
from vidcolor.rgb import chroma_at_luma, frame_to_rgb
from vidcolor.smooth import Prediction
from vidcolor.upsample import shrink
from vidcolor.yuv import Matrix, YuvFormat

YUV = YuvFormat(8, False, Matrix.BT709, 1, 1)
HEIGHT, WIDTH = 144, 192


def scene(x: int) -> NDArray[np.uint8]:
    """Return luma of a light bar that stands at x, on dark ground.

    Without corners: what rounds those off tells the colours of both sides apart less.
    """
    luma = np.full((HEIGHT, WIDTH), 60, np.uint8)
    luma[:, x : x + 80] = 190
    return luma


def woven(upper: NDArray[np.uint8], lower: NDArray[np.uint8], order: str) -> Frame:
    """Return a frame of the even lines of one picture and the odd ones of another."""
    picture = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    picture.pts, picture.time_base = 0, Fraction(1, 25)
    plane(picture, 0)[0::2] = upper[0::2]
    plane(picture, 0)[1::2] = lower[1::2]
    for index in (1, 2):
        plane(picture, index)[:] = 128
    return Frame(flagged(picture, order), 0, Fraction(1, 25))


def painted(frame: Frame) -> Painted:
    """Return the frame with what is light in red and what is dark in green."""
    lightness = shrink(to_lightness(to_luma(frame.luma, YUV)), 32, 48)
    ab = torch.stack([(lightness - 50) * 1.5, torch.zeros_like(lightness)])
    (item,) = paint(
        [(frame, Prediction(ab, torch.zeros(32, 48), True, None))],
        YUV,
        YUV,
        Geometry(),
    )
    return item


@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("moved", [4, 8])
def test_each_field_has_the_colours_of_its_own_moment(order: str, moved: int) -> None:
    upper, lower = scene(40), scene(40 + moved)
    both = painted(woven(upper, lower, order))
    for field, luma in ((0, upper), (1, lower)):
        alone = painted(woven(luma, luma, order))
        assert np.array_equal(both.cr[field::2], alone.cr[field::2])
    assert not np.array_equal(both.cr[0::2], both.cr[1::2])


def test_fields_of_frames_that_are_not_interlaced_are_one_picture() -> None:
    # The chroma of such a frame lies between the lines of both.
    assert painted(woven(scene(40), scene(48), "prog")).cr.std() > 0


@pytest.mark.parametrize("field", [0, 1])
@pytest.mark.parametrize("height", [24, 25])
def test_a_field_s_chroma_is_put_where_it_was_taken(field: int, height: int) -> None:
    ramp = (torch.arange(height) / 100)[:, None].expand(height, 16)
    small = torch.from_numpy(luma_at_chroma(ramp.numpy(), YUV, field))
    found = chroma_at_luma(small.expand(2, -1, -1), height, 16, YUV, field)
    torch.testing.assert_close(found[0][4:-4], ramp[4:-4])


def test_both_fields_chroma_together_is_evenly_spaced() -> None:
    # H.262, figure 6-2: what makes the chroma of a woven frame steady to look at.
    ramp = torch.arange(48.0)[:, None].expand(48, 8)
    rows = torch.empty(24)
    for field in (0, 1):
        rows[field::2] = torch.from_numpy(
            luma_at_chroma(ramp[field::2].numpy(), YUV, field)
        )[:, -1]
    torch.testing.assert_close(rows.diff(), torch.full((23,), 2.0))


def test_fields_are_seen_in_their_own_colours() -> None:
    frame = woven(scene(40), scene(40), "tff")
    for field, code in ((0, 118), (1, 138)):
        plane(frame.picture, 2)[field::2] = code
    red = frame_to_rgb(frame, YUV)[..., 0]
    # Red is luma and 1.5748 times Pr (BT.709), far from where it would be clipped.
    difference = 1.5748 * (138 - 118) / 224
    assert red[1::2][:, 0] - red[0::2][:, 0] == pytest.approx(difference, abs=1e-3)
