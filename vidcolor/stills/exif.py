"""EXIF, as it is true of a picture that has been turned upright."""

from PIL import Image

_ORIENTATION = 274
_EXIF_IFD, _EXIF_WIDTH, _EXIF_HEIGHT = 34665, 40962, 40963
# TIFF keeps its EXIF tags among those that say where the samples lie: what must not
# go along into another file.
LAYOUT = {
    *range(254, 270),
    *(273, *range(277, 285), *range(288, 294), 296, 297, 301),
    *(*range(317, 348), *range(512, 533), 700, *range(32995, 32999)),
    *(33723, 34377, 34675, 37724),
}


def read_exif(image: Image.Image) -> tuple[bytes | None, int, list[str]]:
    """Return EXIF as an upright picture has it, how the samples lie, and notes.

    The small picture inside EXIF goes: it would stay grey.
    """
    is_tiff = image.format == "TIFF"
    try:
        exif = Image.Exif()  # a copy, as Pillow looks at its own when it turns a TIFF
        exif.load(image.getexif().tobytes())
        orientation = exif.get(_ORIENTATION, 1)
        for tag in [tag for tag in exif if is_tiff and tag in LAYOUT]:
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
