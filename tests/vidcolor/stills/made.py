"""Pictures of noise, and what files say of pictures, for the tests beside this."""

import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from vidcolor.stills import Samples

Depth = type[np.uint8] | type[np.uint16]

EXACT: list[tuple[str, Depth]] = [
    (".png", np.uint8),
    (".png", np.uint16),
    (".tif", np.uint8),
    (".tiff", np.uint16),
    (".webp", np.uint8),
]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'


def noise(dtype: Depth, *shape: int) -> Samples:
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Ernemann"  # make
    found[0x8298] = "Anna"  # copyright
    found.get_ifd(0x8769).update({0x9003: "1926:07:01 12:00:00", 0x829A: 0.04})
    found.get_ifd(0x8825)[1] = "N"
    return found
