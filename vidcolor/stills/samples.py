"""The samples of a file that Pillow has opened, as RGB and alpha.

Pillow holds no colour of 16 bits: those samples go through OpenCV.
"""

from io import BytesIO
from typing import Any

import cv2
import numpy as np
from cv2.utils import logging
from numpy.typing import NDArray
from PIL import Image, ImageCms, TiffImagePlugin

from vidcolor.stills.still import Samples

_FLAT_MODES = {"1", "L", "P", "RGB", "YCbCr", "CMYK"}
_ALPHA_MODES = {"LA", "La", "PA", "RGBA", "RGBa"}
_DEEP_MODES = {"I;16", "I;16B", "RGB", "RGBA", "LA"}
_SAMPLE_CHUNKS = {b"IHDR", b"PLTE", b"tRNS", b"IDAT"}
_APART = 2  # a TIFF's planar configuration: each channel for itself
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


WAY_OUT = "save it as grey or RGB of 8 or 16 bits"


class Refusal(Exception):  # noqa: N818 (never leaves this package)
    """A sound picture of a kind that is not read."""


def samples_of(raw: bytes, image: Image.Image) -> tuple[Samples, Samples | None]:
    """Return the RGB and alpha of a picture that Pillow has loaded, as they lie.

    Raises:
        Refusal: its samples are of a kind that is not read.
    """
    return _deep(raw, image) if _is_deep(raw, image) else _flat(image)


def upright(samples: Samples, orientation: int) -> Samples:
    """Turn a picture as EXIF's orientation asks."""
    if orientation >= 5:
        samples = np.swapaxes(samples, 0, 1)
    across = -1 if orientation in (2, 3, 6, 7) else 1
    down = -1 if orientation in (3, 4, 7, 8) else 1
    return np.ascontiguousarray(samples[::down, ::across])


def tiff_tag(image: Image.Image, number: int) -> int | None:
    """Return the first value of a TIFF's tag."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return None
    value = image.tag_v2.get(number)
    return value[0] if isinstance(value, tuple) else value


def _is_deep(raw: bytes, image: Image.Image) -> bool:
    """Tell whether samples have 16 bits, which Pillow's modes do not."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(258, (1,)))) > 8
    return image.format == "PNG" and raw[24] == 16  # where its header has the depth


def _deep(raw: bytes, image: Image.Image) -> tuple[Samples, Samples | None]:
    """Return the 16-bit RGB and alpha of a PNG or TIFF that Pillow has found sound."""
    if image.mode not in _DEEP_MODES:
        raise Refusal(
            f"has samples that are neither grey nor RGB of 8 or 16 bits: {WAY_OUT}"
        )
    if tiff_tag(image, 284) == _APART and image.mode not in ("I;16", "I;16B"):
        raise Refusal(  # OpenCV would read it as if its channels were woven
            "keeps the channels of its 16-bit samples apart (planar): save it with "
            "them interleaved"
        )
    found = _by_opencv(_bare_png(raw) if image.format == "PNG" else raw)
    if found is None or found.dtype != np.uint16:
        raise Refusal(
            f"stores its 16-bit samples in a way that is not read here: {WAY_OUT}"
        )
    if found.ndim == 2:
        inverted = tiff_tag(image, 262) == 0  # white is zero; OpenCV does not turn it
        grey = np.asarray(65535 - found if inverted else found, np.uint16)
        return _thrice(grey), _keyed(found, image.info.get("transparency"))
    bgr = np.asarray(found, np.uint16)
    if bgr.shape[2] == 3:
        return bgr[..., ::-1], None
    rgb, alpha = bgr[..., 2::-1], bgr[..., 3]
    return (_divided(rgb, alpha) if tiff_tag(image, 338) == 1 else rgb), alpha


def _by_opencv(raw: bytes) -> NDArray[Any] | None:
    # It tells the terminal of damage, and goes on.
    usual = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        return cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    finally:
        logging.setLogLevel(usual)


def _bare_png(raw: bytes) -> bytes:
    """Return a PNG of nothing but samples: OpenCV believes what chunks say of lengths.

    One that is not there would have it take 4 GB.
    """
    parts, start = [raw[:8]], 8
    while start + 8 <= len(raw):
        end = start + 12 + int.from_bytes(raw[start : start + 4])
        if raw[start + 4 : start + 8] in _SAMPLE_CHUNKS and end <= len(raw):
            parts.append(raw[start:end])
        start = end
    return b"".join([*parts, _PNG_END])


def _flat(image: Image.Image) -> tuple[Samples, Samples | None]:
    """Return the 8-bit RGB and alpha of any picture that Pillow has loaded."""
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        both = np.asarray(image.convert("RGBA"), np.uint8)
        return both[..., :3], both[..., 3]
    if image.mode not in _FLAT_MODES:
        raise Refusal(
            f"has samples of a kind that is not read here ({image.mode}): {WAY_OUT}"
        )
    if image.mode == "CMYK":
        image = _cmyk_to_rgb(image)
    return np.asarray(image.convert("RGB"), np.uint8), None


def _keyed(grey: NDArray[Any], clear: int | None) -> NDArray[np.uint16] | None:
    """Return the alpha of a picture in which one grey is wholly transparent."""
    if clear is None:
        return None
    return np.where(grey == clear, 0, 65535).astype(np.uint16)


def _divided(rgb: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Take out the alpha that a TIFF has multiplied in."""
    whole = rgb.astype(np.float64) * 65535 / np.maximum(alpha, 1)[..., None]
    return np.clip(np.rint(whole), 0, 65535).astype(np.uint16)


def _cmyk_to_rgb(image: Image.Image) -> Image.Image:
    """Return an sRGB picture, by the inks' own profile where there is one."""
    try:
        inks = BytesIO(image.info["icc_profile"])
        srgb = ImageCms.createProfile("sRGB")
        found = ImageCms.profileToProfile(image, inks, srgb, outputMode="RGB")
    except (KeyError, ImageCms.PyCMSError):
        found = None
    return found or image.convert("RGB")


def _thrice(grey: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return np.repeat(grey[..., None], 3, axis=2)
