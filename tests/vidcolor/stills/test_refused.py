import contextlib
import os
import struct
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.vidcolor.stills.made import EXACT, SRGB, Depth, chunk, exif, noise
from vidcolor.errors import ReadError
from vidcolor.stills import (
    MAX_PIXELS,
    STILL_SUFFIXES,
    Still,
    read_still,
    write_still,
)


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


@pytest.mark.parametrize("channels", [3, 4])
def test_deep_channels_that_are_kept_apart_are_refused(
    tmp_path: Path, channels: int
) -> None:
    path = tmp_path / "a.tif"
    planes = noise(np.uint16, channels, 9, 9)
    tifffile.imwrite(path, planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(ReadError, match=r"a\.tif.*apart.*interleaved"):
        read_still(path)


def test_a_sound_picture_of_another_kind_is_told_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4, 3), np.float32), photometric="rgb")
    with pytest.raises(ReadError, match="not read: save it as grey or RGB of 8 or 16"):
        read_still(path)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_damaged_png_is_refused(tmp_path: Path, dtype: Depth, place: float) -> None:
    path = tmp_path / "a.png"
    ramp = np.arange(64 * 64 * 3, dtype=np.uint32).reshape(64, 64, 3) * 7919
    write_still(path, Still((ramp % (np.iinfo(dtype).max + 1)).astype(dtype)))
    raw = bytearray(path.read_bytes())
    start = raw.index(b"IDAT") + 4
    length = int.from_bytes(raw[start - 8 : start - 4])
    raw[start + int(length * place)] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(ReadError, match="is damaged"):
        read_still(path)


def test_a_damaged_deep_tiff_is_not_taken_for_an_unknown_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    write_still(path, Still(noise(np.uint16, 40, 40, 3)))
    raw = bytearray(path.read_bytes())
    raw[len(raw) * 2 // 3] ^= 0xFF
    path.write_bytes(raw)
    with pytest.raises(ReadError, match="is damaged: "):
        read_still(path)


@pytest.mark.parametrize("suffix", sorted(STILL_SUFFIXES))
def test_what_is_no_picture_is_told(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"notes{suffix}"
    with pytest.raises(ReadError, match=r"notes.*no such file"):
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


def bomb(suffix: str, side: int) -> bytes:
    """Return a small picture whose header says that it is huge."""
    out = BytesIO()
    Image.new("L", (16, 16)).save(out, suffix)
    raw = bytearray(out.getvalue())
    if suffix == "PNG":
        size = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
        return bytes(raw[:8]) + chunk(b"IHDR", size) + bytes(raw[33:])
    if suffix == "JPEG":
        struct.pack_into(">HH", raw, raw.index(b"\xff\xc0") + 5, side, side)
    if suffix == "TIFF":  # tags 256 and 257, each one short
        for tag in (256, 257):
            struct.pack_into("<I", raw, raw.index(struct.pack("<HH", tag, 4)) + 8, side)
    return bytes(raw)


@pytest.mark.parametrize("side", [60_000, 17_000])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_picture_that_would_fill_the_memory_is_refused(
    tmp_path: Path, kind: str, side: int
) -> None:
    path = tmp_path / f"a.{kind.lower()}"
    path.write_bytes(bomb(kind, side))
    with pytest.raises(ReadError, match=f"more than {MAX_PIXELS} pixels"):
        read_still(path)


def test_a_chunk_that_lies_about_its_length_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.png"
    write_still(path, Still(noise(np.uint16, 8, 8, 3)))
    raw = bytearray(path.read_bytes())
    struct.pack_into(">I", raw, raw.index(b"IDAT") - 4, 2**32 - 99)
    path.write_bytes(raw)
    decode, given = cv2.imdecode, []
    monkeypatch.setattr(cv2, "imdecode", lambda *a: given.append(a[0]) or decode(*a))
    with pytest.raises(ReadError, match="16-bit"):
        read_still(path)
    assert b"IDAT" not in given[0].tobytes()  # OpenCV would have taken 4 GB for it


def test_a_large_webp_is_within_bounds_by_its_format() -> None:
    assert MAX_PIXELS >= 16_383**2  # its header has 14 bits for a side


def test_a_scan_of_200_megapixels_is_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_PIXELS > 200_000_000
    path = tmp_path / "a.png"
    write_still(path, Still(noise(np.uint8, 40, 40, 3)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # what Pillow thinks is large
    assert read_still(path).rgb.shape == (40, 40, 3)
    assert Image.MAX_IMAGE_PIXELS == 100  # and goes on thinking for others
    monkeypatch.setattr("vidcolor.stills.read.MAX_PIXELS", 40 * 40 - 1)
    with pytest.raises(ReadError, match="more than 1599 pixels"):
        read_still(path)


def test_a_file_larger_than_photos_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.touch()
    os.truncate(path, (1 << 32) + 1)  # a hole: it takes no room
    with pytest.raises(ReadError, match="larger than any photo"):
        read_still(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    for path in (tmp_path / "a.png", Path("/dev/zero")):
        with pytest.raises(ReadError, match="pipe or a device"):
            read_still(path)
