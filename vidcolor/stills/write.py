"""Writing a picture in the format of its name, and saying what that cannot hold.

Pillow does what it can. It holds no colour of 16 bits: PNG's samples then come from
OpenCV, and TIFF is written by our own hand.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from vidcolor.errors import WriteError
from vidcolor.plain_file import reason
from vidcolor.stills.still import XMP_KEY, Samples, Still, stacked
from vidcolor.stills.tiff import tiff_bytes

_JPEG_SEGMENT = 65_000  # bytes of EXIF or XMP that fit into a JPEG


def write_still(path: Path, still: Still, like: Path | None = None) -> list[str]:
    """Write a picture in the format of the path's suffix; return what it left out.

    PNG, TIFF and WebP are without loss, JPEG is of quality 95 in 4:4:4. The path is
    replaced at the end, so that a failure leaves it as it was, and nothing beside it.
    Those may read it who may read the file `like`; without one, whoever may usually.

    Raises:
        WriteError: the suffix is not of `STILL_SUFFIXES`, the format cannot hold the
            picture, or the file cannot be written.
    """
    name, encode = _WRITERS.get(path.suffix.lower(), ("", None))
    if encode is None:
        known = ", ".join(sorted(STILL_SUFFIXES))
        raise WriteError(path, f"is not named as a picture is; use one of {known}")
    fitting, losses = _fit(still, name)
    try:
        data = encode(fitting)
    except (OSError, ValueError, cv2.error) as exc:
        raise WriteError(path, f"cannot be written as {name}: {exc}") from exc
    _replace_file(path, data, like)
    return losses


def _fit(still: Still, name: str) -> tuple[Still, list[str]]:
    """Return what of a picture a format can hold, and names for what it cannot."""
    losses = []
    if still.rgb.dtype == np.uint16 and name in ("JPEG", "WebP"):
        losses.append(f"8 of its 16 bits a sample, which {name} cannot hold")
        alpha = None if still.alpha is None else _shallow(still.alpha)
        still = replace(still, rgb=_shallow(still.rgb), alpha=alpha)
    if still.alpha is not None and name == "JPEG":
        losses.append("its transparency, which JPEG cannot hold")
        still = replace(still, alpha=None)
    if len(still.exif or b"") > _JPEG_SEGMENT and name == "JPEG":
        losses.append("its EXIF data, which are too long for JPEG")
        still = replace(still, exif=None)
    if len(still.xmp or b"") > _JPEG_SEGMENT and name == "JPEG":
        losses.append("its XMP data, which are too long for JPEG")
        still = replace(still, xmp=None)
    if still.dpi and name == "WebP":
        losses.append("its resolution, which WebP cannot hold")
    return still, losses


def _shallow(samples: Samples) -> NDArray[np.uint8]:
    return ((samples.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _jpeg(still: Still) -> bytes:
    return _by_pillow(still, "JPEG", quality=95, subsampling=0, xmp=still.xmp or b"")


def _webp(still: Still) -> bytes:
    # exact: what is under full transparency is kept too.
    xmp = still.xmp or b""
    return _by_pillow(still, "WEBP", lossless=True, exact=True, xmp=xmp)


def _png(still: Still) -> bytes:
    info = PngImagePlugin.PngInfo()
    if still.xmp:
        info.add_itxt(XMP_KEY, still.xmp.decode("utf-8", "replace"))
    if still.rgb.dtype == np.uint8:
        return _by_pillow(still, "PNG", pnginfo=info)
    order = [2, 1, 0] if still.alpha is None else [2, 1, 0, 3]
    deep = cv2.imencode(".png", stacked(still)[..., order])[1].tobytes()
    # Pillow's chunks for one pixel are this picture's too, but for the samples.
    pixel = replace(still, rgb=np.zeros((1, 1, 3), np.uint8), alpha=None)
    donor = _by_pillow(pixel, "PNG", pnginfo=info)
    header = 33  # signature and IHDR
    return deep[:header] + donor[header : donor.rindex(b"IDAT") - 4] + deep[header:]


def _by_pillow(still: Still, name: str, **options: object) -> bytes:
    if still.exif:
        options["exif"] = still.exif
    if still.dpi:
        options["dpi"] = still.dpi
    out = BytesIO()
    image = Image.fromarray(stacked(still))
    image.save(out, name, icc_profile=still.icc or b"", **options)
    return out.getvalue()


def _replace_file(path: Path, data: bytes, like: Path | None) -> None:
    """Write a file that nobody else can read until it is whole."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".vidcolor-", dir=path.parent)
        part = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                os.fsync(descriptor)
            part.chmod(_mode(like))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise WriteError(path, reason(exc)) from exc


def _mode(like: Path | None) -> int:
    """Return a new file's permissions."""
    if like is not None:
        return (like.stat().st_mode & 0o666) | 0o600
    usual = os.umask(0o077)  # there is no way to ask without setting it
    os.umask(usual)
    return 0o666 & ~usual


_WRITERS: dict[str, tuple[str, Callable[[Still], bytes] | None]] = {
    ".png": ("PNG", _png),
    ".jpg": ("JPEG", _jpeg),
    ".jpeg": ("JPEG", _jpeg),
    ".tif": ("TIFF", tiff_bytes),
    ".tiff": ("TIFF", tiff_bytes),
    ".webp": ("WebP", _webp),
}

STILL_SUFFIXES = frozenset(_WRITERS)
