import struct
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, PngImagePlugin

from tests.vidcolor.stills.made import SRGB, chunk, noise
from vidcolor.stills import Still, read_still, write_still

GREY = SRGB[:16] + b"GRAY" + SRGB[20:]
RAMP = bytes(range(256))


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


@pytest.mark.parametrize("black", [False, True])
def test_one_clear_grey_of_16_bits_is_alpha(tmp_path: Path, black: bool) -> None:
    path = tmp_path / "a.png"
    grey = noise(np.uint16, 5, 7)
    grey[2, 3] *= not black
    clear = int(grey[2, 3])
    Image.fromarray(grey).save(path, transparency=clear)
    still = read_still(path)
    assert still.alpha is not None
    assert ((still.alpha == 0) == (grey == clear)).all()
    assert (still.rgb[..., 1] == grey).all()


def test_one_clear_colour_of_16_bits_is_alpha(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    rgb = noise(np.uint16, 5, 7, 3)
    write_still(path, Still(rgb))
    raw, clear = path.read_bytes(), rgb[2, 3].astype(">u2").tobytes()
    start = raw.index(b"IDAT") - 4
    path.write_bytes(raw[:start] + chunk(b"tRNS", clear) + raw[start:])
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, rgb)
    assert still.alpha is not None
    assert np.argwhere(still.alpha == 0).tolist() == [[2, 3]]


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_one_clear_colour_of_8_bits_is_alpha(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    image = Image.new("L", (8, 8), 200)
    image.putpixel((3, 2), 0)
    clear = (0, 0, 0) if mode == "RGB" else 0
    image.convert(mode).save(path, transparency=clear)
    still = read_still(path)
    assert still.alpha is not None
    assert np.argwhere(still.alpha == 0).tolist() == [[2, 3]]


def test_what_is_wholly_clear_has_no_alpha_to_take_out(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    rgb = np.zeros((4, 4, 4), np.uint16)
    rgb[2:] = 40000
    rgb[3, :, :3] = 50000  # more than alpha lets through
    tifffile.imwrite(path, rgb, photometric="rgb", extrasamples=["assocalpha"])
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb[:2], 0)
    np.testing.assert_array_equal(still.rgb[2:], 65535)


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


def test_inks_look_as_their_profile_says(tmp_path: Path) -> None:
    """One of inks that only make black what is black: the others are invisible."""
    path = tmp_path / "a.jpg"
    inks = Image.new("CMYK", (16, 8), (255, 255, 255, 0))
    inks.paste((0, 0, 0, 255), (8, 0, 16, 8))
    inks.save(path, quality=100, icc_profile=profile_of_inks())
    still = read_still(path)
    np.testing.assert_allclose(still.rgb[:, :8], 255, atol=2)
    np.testing.assert_allclose(still.rgb[:, 8:], 0, atol=2)
    assert still.icc is None
    inks.save(path, quality=100, icc_profile=b"no profile at all")
    assert read_still(path).rgb.max() <= 2  # as it is without one


def profile_of_inks() -> bytes:
    """Return a profile of CMYK in which lightness is what black leaves of it."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    same = struct.pack(">9i", *(65536 * (n % 4 == 0) for n in range(9)))
    corners = b"".join(bytes([255 * (n % 2 == 0), 128, 128]) for n in range(16))
    table = bytes([4, 3, 2, 0]) + same + 4 * RAMP + corners + 3 * RAMP
    tags = {b"desc": b"desc" + bytes(90), b"wtpt": white}
    tags[b"A2B0"] = b"mft1" + bytes(4) + table
    index, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        start = 132 + 12 * len(tags) + len(data)
        index += name + struct.pack(">II", start, len(content))
        data += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI", 128 + len(index + data), b"lcms", 0x02400000)
    head += b"prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28) + white[8:]
    return head + bytes(128 - len(head)) + index + data


def test_text_that_is_not_kept_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.new("L", (8, 8)).save(path, comment="Uncle Emil")
    assert read_still(path).notes == ("its comment",)
    info = PngImagePlugin.PngInfo()
    info.add_text("Title", "Uncle Emil")
    Image.new("L", (8, 8)).save(path, "PNG", pnginfo=info)
    assert read_still(path).notes == ("its text",)


@pytest.mark.parametrize(("gamma", "told"), [(1.0, ("its gamma",)), (1 / 2.2, ())])
def test_a_gamma_that_is_not_srgb_s_is_told(
    tmp_path: Path, gamma: float, told: tuple[str, ...]
) -> None:
    path = tmp_path / "a.png"
    info = PngImagePlugin.PngInfo()
    info.add(b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    Image.new("L", (8, 8)).save(path, pnginfo=info)
    assert read_still(path).notes == told


def test_xmp_that_is_none_does_not_cost_the_picture(tmp_path: Path) -> None:
    grey, path = noise(np.uint8, 8, 8), tmp_path / "a.tif"
    tifffile.imwrite(path, grey, extratags=[(700, 3, 1, 7, True)])
    still = read_still(path)
    assert still.xmp is None
    np.testing.assert_array_equal(still.rgb[..., 0], grey)


def test_iptc_data_are_told(tmp_path: Path) -> None:
    tiff, jpeg = tmp_path / "a.tif", tmp_path / "a.jpg"
    words = b"\x1c\x02\x05\0\x0aUncle Emil"  # object name
    tag = (33723, 7, len(words), words, True)
    tifffile.imwrite(tiff, noise(np.uint8, 8, 8), extratags=[tag])
    said = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(words)) + words
    segment = b"\xff\xed" + struct.pack(">H", 2 + len(said)) + said
    Image.new("L", (8, 8)).save(jpeg)
    raw = jpeg.read_bytes()
    jpeg.write_bytes(raw[:2] + segment + raw[2:])
    for path in (tiff, jpeg):
        assert read_still(path).notes == ("its IPTC data",)


def test_what_is_told_to_be_left_out_is_in_no_copy(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.tif", tmp_path / "b.tif"
    tags = [(33723, 7, 4, b"IPTC", True), (34377, 7, 4, b"8BIM", True)]
    profile = (34675, 7, len(GREY), GREY, True)
    tifffile.imwrite(path, noise(np.uint8, 8, 8), extratags=[*tags, profile])
    write_still(copy, read_still(path))
    with tifffile.TiffFile(copy) as file:
        assert not {33723, 34377, 34675} & set(file.pages.first.tags.keys())


def test_a_second_page_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    page = Image.new("L", (8, 8), 9)
    page.save(path, save_all=True, append_images=[page])
    still = read_still(path)
    assert "other 1 of its 2" in still.notes[0]
    np.testing.assert_array_equal(still.rgb, 9)
