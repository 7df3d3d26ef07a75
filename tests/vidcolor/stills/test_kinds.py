from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.vidcolor.stills.made import SRGB, noise
from vidcolor.stills import read_still, write_still

GREY = SRGB[:16] + b"GRAY" + SRGB[20:]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif"])
def test_a_profile_of_greys_is_not_put_on_colours(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.new("L", (8, 8), 77).save(path, icc_profile=GREY)
    still = read_still(path)
    assert still.icc is None
    assert "profile" in " ".join(still.notes)
    np.testing.assert_array_equal(still.rgb, 77)


@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_a_deep_grey_tiff_is_read(
    tmp_path: Path, byteorder: Literal["<", ">"], compression: str | None
) -> None:
    grey = noise(np.uint16, 5, 7)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey, byteorder=byteorder, compression=compression)
    np.testing.assert_array_equal(read_still(path).rgb, np.dstack([grey] * 3))


def test_white_may_be_zero_in_a_deep_tiff(tmp_path: Path) -> None:
    grey = noise(np.uint16, 5, 7)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, grey, photometric="miniswhite")
    np.testing.assert_array_equal(read_still(path).rgb[..., 0], 65535 - grey)


def test_a_deep_tiff_of_lzw_is_read(tmp_path: Path) -> None:
    rgb = noise(np.uint16, 5, 7, 3)
    packed = cv2.imencode(".tiff", rgb[..., ::-1], [cv2.IMWRITE_TIFF_COMPRESSION, 5])
    path = tmp_path / "a.tif"
    path.write_bytes(packed[1].tobytes())
    np.testing.assert_array_equal(read_still(path).rgb, rgb)


def test_what_says_how_samples_lie_does_not_go_into_a_tiff(tmp_path: Path) -> None:
    photo, target = tmp_path / "a.jpg", tmp_path / "b.tif"
    exif = Image.Exif()
    exif[32996] = 5  # kinds of samples, as SGI counts them
    exif[271] = "Ernemann"
    Image.new("RGB", (8, 8), (9, 99, 200)).save(photo, exif=exif)
    still = read_still(photo)
    write_still(target, still)
    np.testing.assert_array_equal(read_still(target).rgb, still.rgb)
    with Image.open(target) as image:
        assert image.getexif()[271] == "Ernemann"


def test_one_clear_grey_of_16_bits_is_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    grey = noise(np.uint16, 5, 7)
    clear = int(grey[2, 3])
    Image.fromarray(grey).save(path, transparency=clear)
    still = read_still(path)
    assert still.alpha is not None
    assert ((still.alpha == 0) == (grey == clear)).all()
    assert (still.rgb[..., 1] == grey).all()


def test_alpha_that_is_multiplied_in_is_taken_out(tmp_path: Path) -> None:
    rgb = np.full((4, 4, 4), 20000, np.uint16)
    rgb[..., 3] = 40000
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb, photometric="rgb", extrasamples=["assocalpha"])
    still = read_still(path)
    np.testing.assert_allclose(still.rgb, 32768, atol=1)
    np.testing.assert_array_equal(still.alpha, 40000)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA"])
def test_other_kinds_of_pixels_become_rgb(tmp_path: Path, mode: str) -> None:
    full = "RGBA" if mode.endswith("A") else "RGB"
    plain = Image.new(full, (8, 8), "white").convert(mode)
    path = tmp_path / ("a.tif" if mode == "PA" else "a.png")
    plain.save(path)
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, np.full((8, 8, 3), 255))
    assert (still.alpha is not None) == mode.endswith("A")


def test_cmyk_becomes_rgb_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    Image.new("CMYK", (8, 8), (0, 0, 0, 255)).save(path)
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, 0)
    assert "CMYK" in " ".join(still.notes)


def test_text_that_is_not_kept_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (8, 8)).save(path, comment="Uncle Emil")
    assert read_still(path).notes == ("its comment",)


def test_a_second_page_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    page = Image.new("L", (8, 8), 9)
    page.save(path, save_all=True, append_images=[page])
    still = read_still(path)
    assert "other 1 of its 2" in still.notes[0]
    np.testing.assert_array_equal(still.rgb, 9)
