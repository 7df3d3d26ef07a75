"""Decoded pictures as planes: which layouts there are, and what becomes of the others.

Everything a decoder gives is brought to planar, little-endian YUV or grey without
touching a luma code. Only RGB (and its like) has no luma yet and is converted.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import av
import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from vidcolor.yuv import Matrix, YuvFormat

Plane = NDArray[np.uint8] | NDArray[np.uint16]

LAYOUTS = {
    (1, 1): "420",
    (1, 0): "422",
    (0, 0): "444",
    (2, 0): "411",
    (0, 1): "440",
    (2, 2): "410",
}  # chroma_shift_x, chroma_shift_y

_SWS_MATRIX = {
    Matrix.BT601: Colorspace.ITU601,
    Matrix.BT709: Colorspace.ITU709,
    Matrix.BT2020: Colorspace.BT2020,
}


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A planar, little-endian layout of samples."""

    name: str  # FFmpeg's pixel format
    depth: int  # bits a sample, 8..16
    shift_x: int  # log2 of luma samples per chroma sample; 0 for grey
    shift_y: int
    has_chroma: bool
    has_alpha: bool
    full_range: bool  # what an untagged file in this format means


@dataclass(slots=True)
class Frame:
    """One picture, and when it is shown."""

    picture: av.VideoFrame  # planar YUV or grey, little-endian
    pts: int
    time_base: Fraction

    @property
    def seconds(self) -> Fraction:
        """The time on the file's own clock, which need not start at 0."""
        return self.pts * self.time_base

    @property
    def luma(self) -> Plane:
        """The luma codes (height, width), uint8 or uint16: a view, not to be written.

        It is good for as long as the frame has not been given to a writer.
        """
        view = plane(self.picture, 0)
        view.flags.writeable = False
        return view


def plane(picture: av.VideoFrame, index: int) -> Plane:
    """Return one plane (height, width) of a planar picture, without copying it."""
    memory = picture.planes[index]
    # format.components: the first is luma; all planes here have its depth.
    deep = picture.format.components[0].bits > 8
    samples: Plane
    if deep:
        samples = np.frombuffer(memoryview(memory), np.uint16)
    else:
        samples = np.frombuffer(memoryview(memory), np.uint8)
    return samples.reshape(memory.height, -1)[:, : memory.width]


def planar_format(pix_fmt: str) -> PictureFormat:
    """Return the planar layout that holds every luma code of a pixel format."""
    source = VideoFormat(pix_fmt, 64, 64)
    color = [c for c in source.components if not c.is_alpha]
    depth = min(16, max(8, *(c.bits for c in source.components)))
    if has_no_luma(source):
        return PictureFormat(yuv_name(0, 0, depth), depth, 0, 0, True, False, False)
    if len(color) == 1:
        name = "gray" if depth == 8 else f"gray{depth}le"
        return PictureFormat(name, depth, 0, 0, False, False, True)
    shifts = _shift(64, source.chroma_width(64)), _shift(64, source.chroma_height(64))
    # Only planar alpha is kept: packed alpha goes with the packing.
    alpha = pix_fmt.startswith("yuva")
    name = yuv_name(*shifts, depth, alpha=alpha)
    return PictureFormat(name, depth, *shifts, True, alpha, pix_fmt.startswith("yuvj"))


def yuv_name(shift_x: int, shift_y: int, depth: int, *, alpha: bool = False) -> str:
    """Return FFmpeg's name of a planar, little-endian YUV layout."""
    suffix = "" if depth == 8 else f"{depth}le"
    return f"yuv{'a' if alpha else ''}{LAYOUTS[shift_x, shift_y]}p{suffix}"


def to_planar(picture: av.VideoFrame, yuv: YuvFormat) -> av.VideoFrame:
    """Return the picture in its planar format; pixels without luma are converted."""
    name = picture.format.name
    wanted = planar_format(name).name
    if name.replace("yuvj", "yuv") == wanted:
        return picture
    if has_no_luma(picture.format):
        return picture.reformat(
            format=wanted,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=_SWS_MATRIX[yuv.matrix],
        )
    return picture.reformat(format=wanted)


def is_in(
    picture: av.VideoFrame, name: str, yuv: YuvFormat, width: int, height: int
) -> bool:
    """Whether a planar picture has this format, size and range."""
    return (
        picture.format.name.replace("yuvj", "yuv") == name
        and (picture.width, picture.height) == (width, height)
        and _is_full_range(picture, yuv) is yuv.full_range
    )


def fit(
    picture: av.VideoFrame, name: str, yuv: YuvFormat, width: int, height: int
) -> tuple[av.VideoFrame, bool]:
    """Return a planar picture in this format, size and range; and if luma is kept."""
    luma, full_range = plane(picture, 0), _is_full_range(picture, yuv)
    own = replace(yuv, depth=picture.format.components[0].bits, full_range=full_range)
    is_luma_kept = luma.shape == (height, width) and (own == yuv)
    result = picture.reformat(width, height, name)
    result.make_writable()
    if not is_luma_kept:
        light = (luma.astype(np.float32) - own.black) / own.luma_span
        fitted = cv2.resize(light, (width, height), interpolation=cv2.INTER_AREA)
        codes = np.rint(fitted * yuv.luma_span + yuv.black)
        luma = codes.clip(0, (1 << yuv.depth) - 1)
    plane(result, 0)[:] = luma
    return result, is_luma_kept


def with_chroma(
    picture: av.VideoFrame,
    pix_fmt: str,
    yuv: YuvFormat,
    cb: NDArray[np.integer],
    cr: NDArray[np.integer],
) -> av.VideoFrame:
    """Return the picture in another format with new chroma and the luma it had.

    Uses the picture up: its memory may be the result's. Time, field order and side
    data (captions, HDR) come along, which is why no new picture is made.

    Raises:
        ValueError: the chroma planes are not of the format's size.
    """
    result = picture
    if picture.format.name == pix_fmt:
        result.make_writable()  # the decoder still predicts from this memory
    else:
        luma = plane(picture, 0)
        depth = picture.format.components[0].bits
        result = picture.reformat(format=pix_fmt)
        result.make_writable()
        plane(result, 0)[:] = deepened(luma, depth, yuv)
    for index, chroma in ((1, cb), (2, cr)):
        target = plane(result, index)
        if target.shape != chroma.shape:
            raise ValueError(f"chroma must be {target.shape}, not {chroma.shape}")
        target[:] = chroma
    return result


def deepened(luma: Plane, depth: int, yuv: YuvFormat) -> Plane:
    """Return luma codes of one depth at a format's equal or greater depth.

    One to one: the original codes can be had back. Limited range is a shift by
    definition; in full range white must stay white.
    """
    if depth == yuv.depth:
        return luma
    if not yuv.full_range:
        return np.left_shift(luma, yuv.depth - depth, dtype=np.uint16)
    scale = ((1 << yuv.depth) - 1) / ((1 << depth) - 1)
    deep: Plane = np.rint(luma * scale).astype(np.uint16)
    return deep


def has_no_luma(source: VideoFormat) -> bool:
    """Whether such pixels (RGB, palettes, XYZ) must be converted to have luma."""
    return (
        source.is_rgb
        or source.has_palette
        or source.is_bayer
        or source.name.startswith("xyz")
    )


def _is_full_range(picture: av.VideoFrame, yuv: YuvFormat) -> bool:
    """Whether a picture has full range; it has the film's unless it says so."""
    if picture.color_range in (ColorRange.MPEG, ColorRange.JPEG):
        return picture.color_range == ColorRange.JPEG  # it outranks the format's name
    return yuv.full_range


def _shift(luma: int, chroma: int) -> int:
    return (luma // chroma).bit_length() - 1
