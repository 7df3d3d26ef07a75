"""Reading a picture: a file's bytes in, a `Still` out, or a `ReadError`."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from vidcolor.errors import ReadError
from vidcolor.plain_file import check_plain_file, reason
from vidcolor.stills.exif import read_exif
from vidcolor.stills.icc import by_profile
from vidcolor.stills.samples import WAY_OUT, Refusal, samples_of, tiff_tag, upright
from vidcolor.stills.still import XMP_KEY, Still

# A file of a few bytes may announce a picture of any size. Scans of film have up to 200
# million pixels, and each takes 20 bytes while it is coloured.
MAX_PIXELS = 1 << 28
_MAX_BYTES = 1 << 32  # all that a TIFF can have

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_X_RESOLUTION = 282
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:=["']|>)\s*)[1-8]""")


def read_still(path: Path) -> Still:
    """Return the picture in a PNG, JPEG, TIFF or WebP file, whatever its name.

    Raises:
        ReadError: the file cannot be read, is damaged, is none of these, moves, or has
            more than `MAX_PIXELS` pixels or samples of more than 16 bits.
    """
    if check_plain_file(path).st_size > _MAX_BYTES:
        raise ReadError(path, "is larger than any photo")
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise ReadError(path, reason(exc)) from exc
    try:
        with _our_limit(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size and damage are looked at below
            return _decode(raw)
    except UnidentifiedImageError:
        raise ReadError(path, _unknown(raw)) from None
    except Image.DecompressionBombError:
        raise ReadError(path, f"has more than {MAX_PIXELS} pixels") from None
    except Refusal as exc:
        raise ReadError(path, str(exc)) from None
    # On damaged files Pillow raises nearly anything: struct.error, TypeError, KeyError.
    except Exception as exc:
        raise ReadError(path, f"is damaged: {_line(exc)}") from exc


@contextmanager
def _our_limit() -> Iterator[None]:
    """Let Pillow look at pictures as large as ours may be, and no larger."""
    usual = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # it bears with twice as many
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = usual


def _unknown(raw: bytes) -> str:
    """Return what to say of a file that Pillow takes for no picture of ours."""
    if raw.startswith((b"II", b"MM", b"\x89PNG")):
        return f"is damaged, or its samples are of a kind that is not read: {WAY_OUT}"
    return "is not a PNG, JPEG, TIFF or WebP picture"


def _line(error: Exception) -> str:
    """Return the first line of what an error says, or what it is."""
    return (str(error) or type(error).__name__).splitlines()[0]


def _decode(raw: bytes) -> Still:
    with Image.open(BytesIO(raw), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refusal(f"has more than {MAX_PIXELS} pixels")
        pages = getattr(image, "n_frames", 1)
        if pages > 1 and image.format in ("PNG", "WEBP"):
            raise Refusal(f"is an animation of {pages} pictures, not a photo")
        if image.format == "PNG":
            image.load()  # else whoever asks for EXIF does it, and bears with damage
        exif, orientation, notes = read_exif(image)
        xmp = image.info.get("xmp")
        xmp = xmp if isinstance(xmp, bytes) else None  # of another type: no XMP
        image.load()  # before OpenCV, which is silent about what is missing
        rgb, alpha = samples_of(raw, image)
        rgb, icc, space, words = by_profile(rgb, image)
        return Still(
            rgb=upright(rgb, orientation),
            alpha=None if alpha is None else upright(alpha, orientation),
            icc=icc,
            space=space,
            exif=exif,
            xmp=_XMP_ORIENTATION.sub(rb"\g<1>1", xmp) if xmp else None,
            dpi=_dpi(image) if _has_resolution(image, exif) else None,
            notes=(*notes, *words, *_left_behind(image, pages)),
        )


def _has_resolution(image: Image.Image, exif: bytes | None) -> bool:
    """Whether the file says how large the picture is; Pillow may make it up."""
    if image.format == "TIFF":
        return tiff_tag(image, _X_RESOLUTION) is not None
    if image.format not in ("JPEG", "MPO") or image.info.get("jfif_unit"):
        return True
    tags = Image.Exif()
    tags.load(exif or b"")
    return _X_RESOLUTION in tags


def _dpi(image: Image.Image) -> tuple[float, float] | None:
    across, down = (float(d) for d in image.info.get("dpi", (0, 0)))
    return (across, down) if 0 < across < 1e6 and 0 < down < 1e6 else None


def _left_behind(image: Image.Image, pages: int) -> list[str]:
    """Return what a `Still` has no place for."""
    info = image.info
    losses = {
        f"the other {pages - 1} of its {pages} pictures": pages > 1,
        "its inks (CMYK became RGB)": image.mode == "CMYK",
        "its gamma": abs(info.get("gamma", 1 / 2.2) - 1 / 2.2) > 0.01,
        "its text": getattr(image, "text", {}).keys() - {XMP_KEY},
        "its comment": info.get("comment"),
        "its IPTC data": info.get("photoshop") or tiff_tag(image, 33723),
    }
    return [what for what, lost in losses.items() if lost]
