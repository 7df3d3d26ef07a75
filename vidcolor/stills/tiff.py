"""A picture as the bytes of a TIFF, of 8 or 16 bits: Pillow writes none of 16."""

import zlib
from io import BytesIO
from itertools import accumulate

import numpy as np
from PIL import Image, TiffImagePlugin

from vidcolor.stills.exif import LAYOUT
from vidcolor.stills.still import Samples, Still, stacked

_STRIP_BYTES = 1 << 20  # of a TIFF before compression: readers may take one at a time


def tiff_bytes(still: Still) -> bytes:
    """Return a TIFF in little-endian strips, deflated after horizontal differences."""
    samples = stacked(still)
    height, width, channels = samples.shape
    rows = max(1, _STRIP_BYTES // (width * channels * samples.itemsize))
    strips = [_strip(samples[y : y + rows]) for y in range(0, height, rows)]
    tags = _described(still)
    tags[256], tags[257] = width, height
    tags[258] = (samples.itemsize * 8,) * channels
    tags[259], tags[317] = 8, 2  # deflate, horizontal differences
    tags[262], tags[277] = 2, channels  # RGB
    tags[278] = rows
    tags[279] = tuple(len(strip) for strip in strips)
    # Counted from the tags' end: Pillow adds where that is.
    tags[273] = tuple(accumulate(tags[279][:-1], initial=0))
    if still.alpha is not None:
        tags[338] = 2  # not multiplied in
    out = BytesIO()
    tags.save(out)
    return out.getvalue() + b"".join(strips)


def _strip(samples: Samples) -> bytes:
    left = np.zeros_like(samples)
    left[:, 1:] = samples[:, :-1]
    difference = samples - left  # wraps around, as it should
    return zlib.compress(
        difference.astype(difference.dtype.newbyteorder("<")).tobytes()
    )


def _described(still: Still) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Return the tags of a TIFF that do not depend on its samples."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    exif = Image.Exif()
    exif.load(still.exif or b"")
    for tag in exif.keys() - LAYOUT:  # of a JPEG, they are not true here
        inner = exif.get_ifd(tag)
        tags[tag] = inner or exif[tag]
    if still.dpi:
        tags[282], tags[283], tags[296] = *still.dpi, 2  # inches
    for tag, value in ((700, still.xmp), (34675, still.icc)):
        if value:
            tags.tagtype[tag] = 7  # UNDEFINED
            tags[tag] = value
    return tags
