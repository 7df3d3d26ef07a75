import os
import stat
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.vidcolor.stills.made import SRGB, exif, noise
from vidcolor.errors import WriteError
from vidcolor.stills import Still, read_still, write_still


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


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_a_shallow_format_says_that_it_is(tmp_path: Path, suffix: str) -> None:
    deep = np.full((8, 8, 3), 40000, np.uint16)
    (loss,) = write_still(tmp_path / f"a{suffix}", Still(deep))
    assert "8 of its 16 bits" in loss
    np.testing.assert_array_equal(read_still(tmp_path / f"a{suffix}").rgb, 156)


def test_a_shallow_format_keeps_deep_transparency(tmp_path: Path) -> None:
    path, deep = tmp_path / "a.webp", noise(np.uint16, 8, 8, 3)
    write_still(path, Still(deep, deep[..., 0]))
    back = read_still(path)
    assert back.alpha is not None
    for found, truth in ((back.rgb, deep), (back.alpha, deep[..., 0])):
        assert np.abs(found - truth / 257).max() <= 0.5


def test_xmp_that_is_no_utf8_does_not_cost_the_picture(tmp_path: Path) -> None:
    path, rgb = tmp_path / "a.png", noise(np.uint8, 8, 8, 3)
    write_still(path, Still(rgb, xmp=b"<a>Gr\xfc\xdfe</a>"))
    back = read_still(path)
    np.testing.assert_array_equal(back.rgb, rgb)
    assert back.xmp == "<a>Gr\ufffd\ufffde</a>".encode()


def test_webp_says_that_it_has_no_resolution(tmp_path: Path) -> None:
    still = Still(noise(np.uint8, 8, 8, 3), dpi=(300, 300))
    (loss,) = write_still(tmp_path / "a.webp", still)
    assert "resolution" in loss


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


def test_jpeg_is_of_quality_95(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.jpg", tmp_path / "b.jpg"
    rgb = noise(np.uint8, 16, 16, 3)
    write_still(ours, Still(rgb))
    Image.fromarray(rgb).save(theirs, quality=95)
    with Image.open(ours) as one, Image.open(theirs) as other:
        assert getattr(one, "quantization", 1) == getattr(other, "quantization", 2)


def test_another_reader_sees_a_tiff_s_transparency(tmp_path: Path) -> None:
    path, rgb = tmp_path / "a.tif", noise(np.uint8, 4, 4, 3)
    write_still(path, Still(rgb, rgb[..., 0], dpi=(300, 240)))
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        assert page.extrasamples == (tifffile.EXTRASAMPLE.UNASSALPHA,)
        assert page.get_resolution(tifffile.RESUNIT.INCH) == (300, 240)


def test_a_tiff_may_be_wider_than_a_strip_is_long(tmp_path: Path) -> None:
    path, wide = tmp_path / "a.tif", noise(np.uint8, 2, 400_000, 3)
    write_still(path, Still(wide))
    np.testing.assert_array_equal(tifffile.imread(path), wide)


def test_exif_too_long_for_jpeg_is_left_out(tmp_path: Path) -> None:
    told = exif()
    told[0x010E] = "x" * 70_000
    still = Still(noise(np.uint8, 4, 4, 3), exif=told.tobytes(), xmp=b"x" * 70_000)
    losses = write_still(tmp_path / "a.jpg", still)
    assert ["EXIF" in losses[0], "XMP" in losses[1]] == [True, True]
    assert write_still(tmp_path / "a.tif", still) == []
    back = read_still(tmp_path / "a.tif")
    assert back.xmp == still.xmp


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
    with pytest.raises(WriteError, match="no such file"):
        write_still(tmp_path / "no" / "a.png", Still(noise(np.uint8, 4, 4, 3)))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_a_result_is_as_private_as_its_source(tmp_path: Path) -> None:
    source, target = tmp_path / "source.png", tmp_path / "a.png"
    still = Still(noise(np.uint8, 4, 4, 3))
    write_still(source, still)
    for mode in (0o600, 0o640, 0o444, 0o755):  # pictures are no programs
        source.chmod(mode)
        write_still(target, still, like=source)
        assert stat.S_IMODE(target.stat().st_mode) == mode & 0o666 | 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_a_picture_like_no_other_is_as_private_as_files_are(
    tmp_path: Path, mask: int
) -> None:
    before = os.umask(mask)
    try:
        for name in ("a.png", "b.png"):
            write_still(tmp_path / name, Still(noise(np.uint8, 4, 4, 3)))
    finally:
        after = os.umask(before)
    assert after == mask
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o666 & ~mask}


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_nobody_reads_a_picture_that_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(descriptor: int) -> None:
        (part,) = tmp_path.iterdir()
        seen.append((part.name, stat.S_IMODE(part.stat().st_mode)))

    monkeypatch.setattr(os, "fsync", look)
    for _ in range(2):
        write_still(tmp_path / "a.png", Still(noise(np.uint8, 4, 4, 3)))
        (tmp_path / "a.png").unlink()
    assert [mode for _, mode in seen] == [0o600, 0o600]
    assert seen[0][0] != seen[1][0]  # nobody can lie in wait for it
