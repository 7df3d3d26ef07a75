"""Photos in and out: PNG, JPEG, TIFF and WebP, with all that their files say of them.

Pillow does what it can. It holds no colour of 16 bits: those samples go through OpenCV
on their way in and into PNG, and are written to TIFF here.
"""

import os
import re
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import accumulate
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import (
    Image,
    ImageCms,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
)

from vidcolor.errors import ReadError, WriteError

Samples = NDArray[np.uint8 | np.uint16]

# More than Pillow takes for an attack, and enough for a sheet of paper at 1200 dpi.
MAX_PIXELS = 2 * 89_478_485

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_FLAT_MODES = {"1", "L", "P", "RGB", "YCbCr", "CMYK"}
_ALPHA_MODES = {"LA", "La", "PA", "RGBA", "RGBa"}
_DEEP_MODES = {"I;16", "I;16B", "RGB", "RGBA", "LA"}

_ORIENTATION = 274
_EXIF_IFD, _EXIF_WIDTH, _EXIF_HEIGHT = 34665, 40962, 40963
# TIFF keeps its EXIF tags among those that say where the samples lie: what must not
# go along into another file.
_LAYOUT = {
    *range(254, 270),
    *(273, *range(277, 285), *range(288, 294), 296, 297, 301),
    *(*range(317, 348), *range(512, 533), 700, 33723, 34377, 34675, 37724),
}
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:=["']|>)\s*)[1-8]""")
_XMP_KEY = "XML:com.adobe.xmp"  # of the text in a PNG that is no text
_JPEG_SEGMENT = 65_000  # bytes of EXIF or XMP that fit into a JPEG
_STRIP_BYTES = 1 << 20  # of a TIFF before compression: readers may take one at a time


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """A picture, seen upright, and what its file says of it."""

    rgb: Samples  # height, width, 3; full range; a grey picture has its grey thrice
    alpha: Samples | None = None  # height, width; of rgb's type, not multiplied in
    icc: bytes | None = None  # the profile of an RGB space
    exif: bytes | None = None
    xmp: bytes | None = None
    dpi: tuple[float, float] | None = None  # across, down
    notes: tuple[str, ...] = ()  # what reading left out, to be put after "left out: "


def read_still(path: Path) -> Still:
    """Return the picture in a PNG, JPEG, TIFF or WebP file, whatever its name.

    Raises:
        ReadError: the file cannot be read, is damaged, is none of these, moves, or has
            more than `MAX_PIXELS` pixels or samples of more than 16 bits.
    """
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise ReadError(path, exc.strerror or str(exc)) from exc
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size and damage are looked at below
            return _decode(raw)
    except UnidentifiedImageError:
        problem = "is empty" if not raw else "is not a PNG, JPEG, TIFF or WebP picture"
        raise ReadError(path, problem) from None
    except Image.DecompressionBombError:
        raise ReadError(path, f"has more than {MAX_PIXELS} pixels") from None
    except _Refusal as exc:
        raise ReadError(path, str(exc)) from None
    # On damaged files Pillow raises nearly anything: struct.error, TypeError, KeyError.
    except Exception as exc:
        raise ReadError(path, f"is damaged: {exc}") from exc


def write_still(path: Path, still: Still) -> list[str]:
    """Write a picture in the format of the path's suffix; return what it left out.

    PNG, TIFF and WebP are without loss, JPEG is of quality 95 in 4:4:4. The path is
    replaced at the end, so that a failure leaves it as it was, and nothing beside it.

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
    _replace_file(path, data)
    return losses


class _Refusal(Exception):  # noqa: N818 (never leaves this file)
    """A sound picture of a kind that is not read."""


def _decode(raw: bytes) -> Still:
    with Image.open(BytesIO(raw), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise _Refusal(f"has more than {MAX_PIXELS} pixels")
        pages = getattr(image, "n_frames", 1)
        if pages > 1 and image.format in ("PNG", "WEBP"):
            raise _Refusal(f"is an animation of {pages} pictures, not a photo")
        exif, orientation, notes = _read_exif(image)
        xmp = image.info.get("xmp")
        image.load()  # before OpenCV, which is silent about what is missing
        rgb, alpha = _deep_samples(raw, image) if _is_deep(raw, image) else _flat(image)
        return Still(
            rgb=_upright(rgb, orientation),
            alpha=None if alpha is None else _upright(alpha, orientation),
            icc=_rgb_profile(image),
            exif=exif,
            xmp=_XMP_ORIENTATION.sub(rb"\g<1>1", xmp) if xmp else None,
            dpi=_dpi(image),
            notes=(*notes, *_left_behind(image, pages)),
        )


def _is_deep(raw: bytes, image: Image.Image) -> bool:
    """Tell whether samples have 16 bits, which Pillow's modes do not."""
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return int(max(image.tag_v2.get(258, (1,)))) > 8
    return image.format == "PNG" and raw[24] == 16  # where its header has the depth


def _deep_samples(raw: bytes, image: Image.Image) -> tuple[Samples, Samples | None]:
    """Return the 16-bit RGB and alpha of a PNG or TIFF that Pillow has found sound."""
    if image.mode not in _DEEP_MODES:
        raise _Refusal("has samples that are neither grey nor RGB of 8 or 16 bits")
    found = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16:
        raise _Refusal("stores its 16-bit samples in a way that is not read here")
    if found.ndim == 2:
        inverted = _tag(image, 262) == 0  # white is zero; OpenCV does not turn it
        grey = np.asarray(65535 - found if inverted else found, np.uint16)
        return _thrice(grey), None
    bgr = np.asarray(found, np.uint16)
    if bgr.shape[2] == 3:
        return bgr[..., ::-1], None
    rgb, alpha = bgr[..., 2::-1], bgr[..., 3]
    return (_divided(rgb, alpha) if _tag(image, 338) == 1 else rgb), alpha


def _divided(rgb: NDArray[np.uint16], alpha: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Take out the alpha that a TIFF has multiplied in."""
    whole = rgb.astype(np.float64) * 65535 / np.maximum(alpha, 1)[..., None]
    return np.clip(np.rint(whole), 0, 65535).astype(np.uint16)


def _tag(image: Image.Image, number: int) -> int | None:
    """Return the first value of a TIFF's tag."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return None
    value = image.tag_v2.get(number)
    return value[0] if isinstance(value, tuple) else value


def _flat(image: Image.Image) -> tuple[Samples, Samples | None]:
    """Return the 8-bit RGB and alpha of any picture that Pillow has loaded."""
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        both = np.asarray(image.convert("RGBA"), np.uint8)
        return both[..., :3], both[..., 3]
    if image.mode not in _FLAT_MODES:
        raise _Refusal(f"has samples of a kind that is not read here ({image.mode})")
    if image.mode == "CMYK":
        image = _cmyk_to_rgb(image)
    return np.asarray(image.convert("RGB"), np.uint8), None


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


def _upright(samples: Samples, orientation: int) -> Samples:
    """Turn a picture as EXIF's orientation asks."""
    if orientation >= 5:
        samples = np.swapaxes(samples, 0, 1)
    across = -1 if orientation in (2, 3, 6, 7) else 1
    down = -1 if orientation in (3, 4, 7, 8) else 1
    return np.ascontiguousarray(samples[::down, ::across])


def _read_exif(image: Image.Image) -> tuple[bytes | None, int, list[str]]:
    """Return EXIF as an upright picture has it, how the samples lie, and notes.

    The small picture inside EXIF goes: it would stay grey.
    """
    is_tiff = image.format == "TIFF"
    try:
        exif = Image.Exif()  # a copy, as Pillow looks at its own when it turns a TIFF
        exif.load(image.getexif().tobytes())
        orientation = exif.get(_ORIENTATION, 1)
        for tag in [tag for tag in exif if is_tiff and tag in _LAYOUT]:
            del exif[tag]
        if _ORIENTATION in exif:
            exif[_ORIENTATION] = 1
        _turn_size(exif, orientation)
        data = exif.tobytes() if len(exif) else None
    except Exception:  # Pillow's reader of EXIF, too, raises nearly anything
        return None, 1, ["its EXIF data, which are damaged"]
    # OpenCV and Pillow both turn a TIFF on their own.
    turn = orientation if orientation in range(1, 9) and not is_tiff else 1
    return data, turn, []


def _turn_size(exif: Image.Exif, orientation: int) -> None:
    """Swap the width and height that EXIF repeats, where the picture is turned."""
    inner = exif.get_ifd(_EXIF_IFD)
    if orientation in (5, 6, 7, 8) and {_EXIF_WIDTH, _EXIF_HEIGHT} <= inner.keys():
        size = inner[_EXIF_WIDTH], inner[_EXIF_HEIGHT]
        inner[_EXIF_HEIGHT], inner[_EXIF_WIDTH] = size


def _rgb_profile(image: Image.Image) -> bytes | None:
    icc = image.info.get("icc_profile")
    return icc if icc and icc[16:20] == b"RGB " else None


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    across, down = (float(d) for d in image.info.get("dpi", (0, 0)))
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _left_behind(image: Image.Image, pages: int) -> list[str]:
    """Return what a `Still` has no place for."""
    info = image.info
    profile_lost = info.get("icc_profile") and not _rgb_profile(image)
    losses = {
        f"the other {pages - 1} of its {pages} pictures": pages > 1,
        "its inks (CMYK became RGB)": image.mode == "CMYK",
        "its colour profile, which is not for RGB": profile_lost,
        "its gamma": abs(info.get("gamma", 1 / 2.2) - 1 / 2.2) > 0.01,
        "its text": getattr(image, "text", {}).keys() - {_XMP_KEY},
        "its comment": info.get("comment"),
        "its IPTC data": info.get("photoshop") or _tag(image, 33723),
    }
    return [what for what, lost in losses.items() if lost]


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


def _stacked(still: Still) -> Samples:
    """Return RGB, or RGB and alpha, in one array."""
    if still.alpha is None:
        return still.rgb
    return np.dstack([still.rgb, still.alpha])


def _jpeg(still: Still) -> bytes:
    return _by_pillow(still, "JPEG", quality=95, subsampling=0, xmp=still.xmp or b"")


def _webp(still: Still) -> bytes:
    # exact: what is under full transparency is kept too.
    xmp = still.xmp or b""
    return _by_pillow(still, "WEBP", lossless=True, exact=True, xmp=xmp)


def _png(still: Still) -> bytes:
    info = PngImagePlugin.PngInfo()
    if still.xmp:
        info.add_itxt(_XMP_KEY, still.xmp.decode("utf-8", "replace"))
    if still.rgb.dtype == np.uint8:
        return _by_pillow(still, "PNG", pnginfo=info)
    order = [2, 1, 0] if still.alpha is None else [2, 1, 0, 3]
    deep = cv2.imencode(".png", _stacked(still)[..., order])[1].tobytes()
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
    image = Image.fromarray(_stacked(still))
    image.save(out, name, icc_profile=still.icc or b"", **options)
    return out.getvalue()


def _tiff(still: Still) -> bytes:
    """Return a TIFF in little-endian strips, deflated after horizontal differences."""
    samples = _stacked(still)
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
    for tag in exif:
        inner = exif.get_ifd(tag)
        tags[tag] = inner or exif[tag]
    if still.dpi:
        tags[282], tags[283], tags[296] = *still.dpi, 2  # inches
    for tag, value in ((700, still.xmp), (34675, still.icc)):
        if value:
            tags.tagtype[tag] = 7  # UNDEFINED
            tags[tag] = value
    return tags


def _replace_file(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as exc:
        raise WriteError(path, exc.strerror or str(exc)) from exc


_WRITERS: dict[str, tuple[str, Callable[[Still], bytes] | None]] = {
    ".png": ("PNG", _png),
    ".jpg": ("JPEG", _jpeg),
    ".jpeg": ("JPEG", _jpeg),
    ".tif": ("TIFF", _tiff),
    ".tiff": ("TIFF", _tiff),
    ".webp": ("WebP", _webp),
}

STILL_SUFFIXES = frozenset(_WRITERS)
