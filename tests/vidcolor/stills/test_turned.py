from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image

from tests.vidcolor.stills.made import XMP, Depth, exif, noise
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


@pytest.mark.parametrize("orientation", TURNS)
def test_the_size_in_exif_turns_with_the_picture(
    tmp_path: Path, orientation: int
) -> None:
    told = exif(orientation)
    told.get_ifd(0x8769).update({40962: 6, 40963: 4})
    path = tmp_path / "a.jpg"
    Image.new("RGB", (6, 4)).save(path, exif=told)
    still = read_still(path)
    turned = Image.Exif()
    turned.load(still.exif or b"")
    inner = turned.get_ifd(0x8769)
    assert (inner[40963], inner[40962]) == still.rgb.shape[:2]


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_turns_nothing(
    tmp_path: Path, orientation: int
) -> None:
    path, seen = tmp_path / "a.png", noise(np.uint8, 4, 6, 3)
    write_still(path, Still(seen, exif=exif(orientation).tobytes()))
    np.testing.assert_array_equal(read_still(path).rgb, seen)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparency_turns_with_the_picture(tmp_path: Path, dtype: Depth) -> None:
    path, stored = tmp_path / "a.png", noise(dtype, 4, 6, 3)
    told = exif(6).tobytes()
    write_still(path, Still(stored, stored[..., 0], exif=told))
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, np.rot90(stored, -1))
    np.testing.assert_array_equal(still.alpha, still.rgb[..., 0])


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize(
    "form",
    [
        "<a tiff:Orientation='{}'/>",
        "<a><tiff:Orientation>{}</tiff:Orientation></a>",
    ],
)
def test_xmp_says_upright_however_it_is_put(
    tmp_path: Path, form: str, orientation: int
) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (8, 8)).save(path, xmp=form.format(orientation).encode())
    assert read_still(path).xmp == form.format(1).encode()


def test_xmp_of_a_tiff_is_not_said_again_in_exif(tmp_path: Path) -> None:
    path, told = tmp_path / "a.tif", Image.Exif()
    Image.new("L", (8, 8)).save(path, exif=exif(6), tiffinfo={700: XMP})
    still = read_still(path)
    assert still.xmp == XMP.replace(b'"6"', b'"1"')
    told.load(still.exif or b"")
    assert 700 not in told


def test_damaged_exif_is_told_and_costs_nothing_else(tmp_path: Path) -> None:
    path, seen = tmp_path / "a.png", noise(np.uint8, 4, 6, 3)
    write_still(path, Still(seen, exif=b"no EXIF at all"))
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, seen)
    assert still.exif is None
    assert still.notes == ("its EXIF data, which are damaged",)
