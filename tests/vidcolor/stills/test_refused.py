import contextlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.vidcolor.stills.made import EXACT, SRGB, Depth, exif, noise
from vidcolor.errors import ReadError
from vidcolor.stills import STILL_SUFFIXES, Still, read_still, write_still


def chunk(name: bytes, data: bytes) -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", check)


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
