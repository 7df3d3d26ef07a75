from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.vidcolor.stills.made import XMP, exif, noise
from vidcolor.stills import STILL_SUFFIXES, Still, read_still, write_still

TURNS: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    1: lambda seen: seen,  # what the file holds, for each way to hold it
    2: lambda seen: seen[:, ::-1],
    3: lambda seen: seen[::-1, ::-1],
    4: lambda seen: seen[::-1],
    5: lambda seen: seen.swapaxes(0, 1),
    6: lambda seen: np.rot90(seen, 1),
    7: lambda seen: np.rot90(seen, 2).swapaxes(0, 1),
    8: lambda seen: np.rot90(seen, -1),
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("suffix", sorted(STILL_SUFFIXES))
def test_a_turned_picture_comes_upright(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    seen = np.zeros((16, 24, 3), np.uint8)
    seen[:8, :8], seen[8:, 16:] = 255, 120  # greys, as JPEG and WebP blur colours
    path = tmp_path / f"a{suffix}"
    stored = np.ascontiguousarray(TURNS[orientation](seen))
    Image.fromarray(stored).save(path, quality=100, exif=exif(orientation), xmp=XMP)
    still = read_still(path)
    np.testing.assert_allclose(still.rgb.astype(int), seen, atol=30)
    told = Image.Exif()
    told.load(still.exif or b"")
    assert told[0x0112] == 1
    assert told[0x010F] == "Ernemann"
    assert b'"6"' not in (still.xmp or b"")


@pytest.mark.parametrize("orientation", TURNS)
def test_a_deep_turned_picture_comes_upright(tmp_path: Path, orientation: int) -> None:
    seen = noise(np.uint16, 4, 6, 3)
    stored = np.ascontiguousarray(TURNS[orientation](seen))  # type: ignore[arg-type]
    tiff, png = tmp_path / "a.tif", tmp_path / "a.png"
    tag = (274, "H", 1, orientation, True)
    tifffile.imwrite(tiff, stored, photometric="rgb", extratags=[tag])
    write_still(png, Still(stored, exif=exif(orientation).tobytes()))
    np.testing.assert_array_equal(read_still(tiff).rgb, seen)
    np.testing.assert_array_equal(read_still(png).rgb, seen)


def test_the_size_in_exif_turns_with_the_picture(tmp_path: Path) -> None:
    told = exif(6)
    told.get_ifd(0x8769).update({40962: 6, 40963: 4})
    path = tmp_path / "a.jpg"
    Image.new("RGB", (6, 4)).save(path, exif=told)
    turned = Image.Exif()
    turned.load(read_still(path).exif or b"")
    assert turned.get_ifd(0x8769)[40962] == 4
    assert turned.get_ifd(0x8769)[40963] == 6
