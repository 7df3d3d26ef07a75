from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from tests.vidcolor.stills.made import EXACT, SRGB, XMP, Depth, exif, noise
from vidcolor.stills import Still, read_still, write_still


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
        # WebP has no alpha where nothing is transparent.
        opaque = np.full(shape, np.iinfo(dtype).max, dtype)
        found = opaque if back.alpha is None else back.alpha
        np.testing.assert_array_equal(found, alpha)


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
    assert back.notes == ()
    if suffix != ".webp":
        assert back.dpi == pytest.approx((300, 240), abs=0.02)
    kept = Image.Exif()
    kept.load(back.exif or b"")
    assert kept[0x010F] == "Ernemann"
    assert kept[0x8298] == "Anna"
    assert kept.get_ifd(0x8769)[0x9003] == "1926:07:01 12:00:00"
    assert float(kept.get_ifd(0x8769)[0x829A]) == pytest.approx(0.04)
    assert kept.get_ifd(0x8825)[1] == "N"


def test_a_still_can_be_recoloured_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write_still(path, Still(noise(np.uint8, 4, 4, 3), noise(np.uint8, 4, 4), SRGB))
    still = read_still(path)
    write_still(path, replace(still, rgb=255 - still.rgb))
    back = read_still(path)
    np.testing.assert_array_equal(back.rgb, 255 - still.rgb)
    np.testing.assert_array_equal(back.alpha, still.alpha)
    assert back.icc == SRGB


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("has_exif", [False, True])
def test_a_picture_without_a_resolution_gets_none(
    tmp_path: Path, suffix: str, has_exif: bool
) -> None:
    told = Image.Exif()
    if has_exif:
        told[0x010F] = "Ernemann"
    path, copy = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    Image.new("RGB", (8, 8)).save(path, exif=told)
    write_still(copy, read_still(path))
    for file in (path, copy):
        assert read_still(file).dpi is None
    with Image.open(copy) as image:
        assert 0x011A not in image.getexif()  # XResolution
        assert not image.info.get("jfif_unit")


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_a_resolution_in_exif_alone_is_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    told = Image.Exif()
    told[0x011A], told[0x011B], told[0x0128] = 300.0, 300.0, 2
    Image.new("RGB", (8, 8)).save(path, exif=told)
    dpi = read_still(path).dpi
    assert dpi is None if suffix == ".png" else dpi == pytest.approx((300, 300))


def test_two_pictures_without_a_resolution_have_none(tmp_path: Path) -> None:
    told, path = Image.Exif(), tmp_path / "a.jpg"
    told[0x010F] = "Ernemann"
    two = Image.new("RGB", (8, 8)), Image.new("RGB", (8, 8))
    two[0].save(path, "MPO", save_all=True, append_images=[two[1]], exif=told)
    assert read_still(path).dpi is None


def test_a_resolution_that_no_picture_has_is_none(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.png", tmp_path / "b.jpg"
    Image.new("RGB", (8, 8)).save(path, dpi=(5e7, 5e7))
    still = read_still(path)
    assert still.dpi is None
    assert write_still(copy, still) == []


@pytest.mark.parametrize("tags", [{284: 2}, {338: 2}, {266: 2}, {322: 16, 323: 16}])
def test_what_exif_says_of_another_file_s_layout_stays_behind(
    tmp_path: Path, tags: dict[int, int]
) -> None:
    told = Image.Exif()
    told[0x010F] = "Ernemann"
    for tag, value in tags.items():
        told[tag] = value
    path, target = tmp_path / "a.jpg", tmp_path / "b.tif"
    Image.fromarray(noise(np.uint8, 30, 40, 3)).save(path, exif=told)
    still = read_still(path)
    write_still(target, still)
    back = read_still(target)
    np.testing.assert_array_equal(back.rgb, still.rgb)
    kept = Image.Exif()
    kept.load(back.exif or b"")
    assert kept[0x010F] == "Ernemann"
