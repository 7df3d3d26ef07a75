import contextlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, ImageCms

from vidcolor import stills
from vidcolor.errors import ReadError, WriteError
from vidcolor.stills import STILL_SUFFIXES, Still, read_still, write_still

Depth = type[np.uint8] | type[np.uint16]

EXACT: list[tuple[str, Depth]] = [
    (".png", np.uint8),
    (".png", np.uint16),
    (".tif", np.uint8),
    (".tiff", np.uint16),
    (".webp", np.uint8),
]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY = SRGB[:16] + b"GRAY" + SRGB[20:]
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
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


def noise(dtype: Depth, *shape: int) -> stills.Samples:
    rng = np.random.default_rng(0)
    return rng.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def exif(orientation: int = 1) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = "Ernemann"  # make
    found[0x8298] = "Anna"  # copyright
    found.get_ifd(0x8769).update({0x9003: "1926:07:01 12:00:00", 0x829A: 0.04})
    found.get_ifd(0x8825)[1] = "N"
    return found


def chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


@pytest.mark.parametrize("has_alpha", [False, True])
@pytest.mark.parametrize(("suffix", "dtype"), EXACT)
def test_there_and_back_is_the_same_picture(
    tmp_path: Path,
    suffix: str,
    dtype: Depth,
    has_alpha: bool,
) -> None:
    path = tmp_path / f"a{suffix}"
    alpha = noise(dtype, 5, 7) if has_alpha else None
    assert write_still(path, Still(noise(dtype, 5, 7, 3), alpha)) == []
    back = read_still(path)
    assert back.rgb.dtype == dtype
    np.testing.assert_array_equal(back.rgb, noise(dtype, 5, 7, 3))
    assert (back.alpha is not None) == has_alpha
    if alpha is not None:
        np.testing.assert_array_equal(back.alpha, alpha)
    assert back.notes == ()


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_small_picture_comes_back(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    suffix, dtype = data.draw(st.sampled_from(EXACT))
    shape = data.draw(st.tuples(*[st.integers(1, 9)] * 2))
    rgb = data.draw(arrays(dtype, (*shape, 3)))
    alpha = data.draw(st.none() | arrays(dtype, shape))
    path = tmp_path_factory.mktemp("any") / f"a{suffix}"
    write_still(path, Still(rgb, alpha))
    back = read_still(path)
    np.testing.assert_array_equal(back.rgb, rgb)
    if alpha is not None:
        np.testing.assert_array_equal(back.alpha, alpha)


@pytest.mark.parametrize(("suffix", "dtype"), [*EXACT, (".jpg", np.uint8)])
def test_what_the_file_says_comes_back(
    tmp_path: Path, suffix: str, dtype: Depth
) -> None:
    path = tmp_path / f"a{suffix}"
    told = exif().tobytes()
    write_still(path, Still(noise(dtype, 8, 8, 3), None, SRGB, told, XMP, (300, 240)))
    back = read_still(path)
    assert back.icc == SRGB
    assert back.xmp == XMP.replace(b'"6"', b'"1"')
    if suffix != ".webp":
        assert back.dpi == pytest.approx((300, 240), abs=0.02)
    kept = Image.Exif()
    kept.load(back.exif or b"")
    assert kept[0x010F] == "Ernemann"
    assert kept[0x8298] == "Anna"
    assert kept.get_ifd(0x8769)[0x9003] == "1926:07:01 12:00:00"
    assert float(kept.get_ifd(0x8769)[0x829A]) == pytest.approx(0.04)
    assert kept.get_ifd(0x8825)[1] == "N"


def test_another_reader_sees_our_tiff(tmp_path: Path) -> None:
    rgb = noise(np.uint16, 300, 1001, 3)  # more than one strip
    path = tmp_path / "a.tif"
    write_still(path, Still(rgb, icc=SRGB, exif=exif().tobytes()))
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert len(page.dataoffsets) > 1
        assert page.tags["ExifTag"].value["DateTimeOriginal"] == "1926:07:01 12:00:00"
        assert page.iccprofile == SRGB
        np.testing.assert_array_equal(page.asarray(), rgb)


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


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_shallow_format_says_that_it_is(tmp_path: Path, suffix: str) -> None:
    deep = np.full((8, 8, 3), 40000, np.uint16)
    (loss,) = write_still(tmp_path / f"a{suffix}", Still(deep))
    assert "8 of its 16 bits" in loss
    np.testing.assert_array_equal(read_still(tmp_path / f"a{suffix}").rgb, 156)


def test_jpeg_says_that_it_loses_transparency(tmp_path: Path) -> None:
    grey = np.full((8, 8, 3), 90, np.uint8)
    (loss,) = write_still(tmp_path / "a.JPG", Still(grey, grey[..., 0]))
    assert "transparency" in loss
    back = read_still(tmp_path / "a.JPG")
    assert back.alpha is None
    np.testing.assert_array_equal(back.rgb, grey)


def test_jpeg_keeps_colour_at_full_size(tmp_path: Path) -> None:
    write_still(tmp_path / "a.jpg", Still(noise(np.uint8, 16, 16, 3)))
    with Image.open(tmp_path / "a.jpg") as image:
        assert [layer[1:3] for layer in getattr(image, "layer", [])] == [(1, 1)] * 3


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


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_an_animation_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    first.save(path, save_all=True, append_images=[second])
    with pytest.raises(ReadError, match="animation of 2"):
        read_still(path)


@pytest.mark.parametrize("dtype", [np.uint32, np.float32])
def test_samples_of_32_bits_are_refused(
    tmp_path: Path, dtype: type[np.uint32] | type[np.float32]
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), dtype))
    with pytest.raises(ReadError, match=r"a\.tif"):
        read_still(path)


@pytest.mark.parametrize("suffix", sorted(STILL_SUFFIXES))
def test_what_is_no_picture_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    with pytest.raises(ReadError, match=r"notes.*No such file"):
        read_still(path)
    path.write_bytes(b"")
    with pytest.raises(ReadError, match=r"notes.*is empty"):
        read_still(path)
    path.write_text("not a picture")
    with pytest.raises(ReadError, match=r"notes.*is not a PNG, JPEG, TIFF or WebP"):
        read_still(path)
    with pytest.raises(ReadError, match=str(tmp_path)):
        read_still(tmp_path)


@pytest.mark.parametrize(("suffix", "dtype"), [*EXACT, (".jpg", np.uint8)])
@pytest.mark.parametrize("part", [0.03, 0.3, 0.6, 0.9])
def test_a_cut_off_picture_is_not_read(
    tmp_path: Path,
    suffix: str,
    dtype: Depth,
    part: float,
) -> None:
    path = tmp_path / f"a{suffix}"
    write_still(path, Still(noise(dtype, 40, 40, 3), exif=exif().tobytes()))
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * part)])
    with pytest.raises(ReadError):
        read_still(path)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damage_never_ends_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    suffix, dtype = data.draw(st.sampled_from([*EXACT, (".jpg", np.uint8)]))
    path = tmp_path_factory.mktemp("damage") / f"a{suffix}"
    write_still(path, Still(noise(dtype, 9, 9, 3), exif=exif().tobytes(), icc=SRGB))
    raw = bytearray(path.read_bytes())
    places = st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, min_size=1, max_size=9)):
        raw[place] = value
    path.write_bytes(raw)
    with contextlib.suppress(ReadError):
        assert read_still(path).rgb.ndim == 3


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("L", (1, 1)).save(out, "PNG")
    size = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = out.getvalue()[:8] + chunk(b"IHDR", size) + out.getvalue()[33:]
    (tmp_path / "a.png").write_bytes(bomb)
    with pytest.raises(ReadError, match="more than 178956970 pixels"):
        read_still(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["a.gif", "a.bmp", "a", ".png"])
def test_a_target_must_be_named_as_a_picture(tmp_path: Path, name: str) -> None:
    with pytest.raises(WriteError, match=r"\.jpeg, \.jpg, \.png"):
        write_still(tmp_path / name, Still(noise(np.uint8, 4, 4, 3)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("suffix", "side"), [(".jpg", 65_501), (".webp", 16_384)])
def test_a_picture_too_large_for_its_format_leaves_nothing(
    tmp_path: Path, suffix: str, side: int
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text("what was there")
    with pytest.raises(WriteError, match="cannot be written as"):
        write_still(path, Still(np.zeros((1, side, 3), np.uint8)))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "what was there"


def test_a_failure_at_the_end_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(WriteError, match=r"a\.png"):
        write_still(tmp_path / "a.png", Still(noise(np.uint8, 4, 4, 3)))
    with pytest.raises(WriteError, match="No such file"):
        write_still(tmp_path / "no" / "a.png", Still(noise(np.uint8, 4, 4, 3)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_exif_too_long_for_jpeg_is_left_out(tmp_path: Path) -> None:
    told = exif()
    told[0x010E] = "x" * 70_000
    still = Still(noise(np.uint8, 4, 4, 3), exif=told.tobytes(), xmp=b"x" * 70_000)
    losses = write_still(tmp_path / "a.jpg", still)
    assert ["EXIF" in losses[0], "XMP" in losses[1]] == [True, True]
    assert write_still(tmp_path / "a.tif", still) == []
    back = read_still(tmp_path / "a.tif")
    assert back.xmp == still.xmp


def test_a_still_can_be_recoloured_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_still(path, Still(noise(np.uint8, 4, 4, 3), noise(np.uint8, 4, 4), SRGB))
    still = read_still(path)
    write_still(path, replace(still, rgb=255 - still.rgb))
    back = read_still(path)
    np.testing.assert_array_equal(back.rgb, 255 - still.rgb)
    np.testing.assert_array_equal(back.alpha, still.alpha)
    assert back.icc == SRGB
