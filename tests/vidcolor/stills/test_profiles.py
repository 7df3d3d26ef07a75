"""What profiles say of codes, beside what LittleCMS makes of whole pictures."""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage.data import astronaut
from torch import Tensor

from tests.vidcolor.stills.made import SRGB as SRGB_PROFILE
from tests.vidcolor.stills.made import noise
from vidcolor.colorizer import Colorizer
from vidcolor.evaluation.evaluate import evaluate
from vidcolor.lab import rgb_to_lab, to_linear
from vidcolor.light import to_srgb
from vidcolor.rgb_space import SRGB
from vidcolor.stills import read_still, write_still
from vidcolor.stills.icc import greys_as_srgb, space_of
from vidcolor.stills.still import Still

# X, Y, Z of red, green and blue, adapted to D50
BT709 = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
PROPHOTO = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))
P3 = ((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def profile(
    gamma: float | None, colors: tuple[tuple[float, float, float], ...] = ()
) -> bytes:
    """Return a profile of RGB with these primaries; without any, one of greys.

    Without a gamma its curve is sRGB's.
    """
    points = [round((gamma or 0) * 256)]
    if gamma is None:
        light = to_linear(torch.linspace(0, 1, 4096, dtype=torch.float64))
        points = (light * 65535).round().int().tolist()
    curve = b"curv\0\0\0\0" + struct.pack(f">I{len(points)}H", len(points), *points)
    white = _xyz(0.9642, 1, 0.8249)
    tags = {b"desc": b"desc" + bytes(90), b"wtpt": white}
    if colors:
        tags |= {n + b"TRC": curve for n in (b"r", b"g", b"b")}
        tags |= {
            name + b"XYZ": _xyz(*color)
            for name, color in zip((b"r", b"g", b"b"), colors, strict=True)
        }
    else:
        tags[b"kTRC"] = curve
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        start = 132 + 12 * len(tags) + len(data)
        table += name + struct.pack(">II", start, len(content))
        data += content + bytes(-len(content) % 4)
    kind = b"RGB " if colors else b"GRAY"
    head = struct.pack(">I4sI", 128 + len(table + data), b"lcms", 0x02400000)
    head += b"mntr" + kind + b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(28) + white[8:]
    return head + bytes(128 - len(head)) + table + data


def _xyz(*numbers: float) -> bytes:
    fixed = (round(number * 65536) for number in numbers)
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *fixed)


def by_littlecms(codes: NDArray[np.uint8], one: bytes, other: bytes) -> Image.Image:
    """Convert RGB of 8 bits from one profile to another."""
    profiles = [ImageCms.getOpenProfile(BytesIO(raw)) for raw in (one, other)]
    found = ImageCms.profileToProfile(
        Image.fromarray(codes), *profiles, ImageCms.Intent.RELATIVE_COLORIMETRIC
    )
    assert found is not None
    return found


WIDE = {
    "adobe": profile(2.2, ADOBE),
    "prophoto": profile(1.8, PROPHOTO),
}
HALF_OTHER = {
    "display p3": profile(None, P3),  # with sRGB's curve, as phones have it
    "gamma 1.8": profile(1.8, BT709),  # sRGB's colours, as old Macs had them
}
NAMES = [*WIDE, *HALF_OTHER]


@pytest.mark.parametrize("raw", [*WIDE.values(), *HALF_OTHER.values()], ids=NAMES)
def test_a_space_is_what_littlecms_takes_it_for(raw: bytes) -> None:
    space = space_of(raw)
    assert space is not None
    assert space != SRGB
    wide = np.asarray(by_littlecms(astronaut(), SRGB_PROFILE, raw))
    coded = torch.from_numpy(wide / 255).permute(2, 0, 1)
    back = rgb_to_lab(to_srgb(coded, space))
    truth = rgb_to_lab(torch.from_numpy(astronaut() / 255).permute(2, 0, 1))
    far = (back - truth).norm(dim=0)
    assert far.mean() < 0.7
    assert far.quantile(0.99) < 2.5  # 8 bits of so wide a space are coarse


def test_srgb_is_known_for_what_it_is() -> None:
    assert space_of(SRGB_PROFILE) == SRGB


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_no_profile_is_too_damaged(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([*WIDE.values(), SRGB_PROFILE])))
    places = st.tuples(st.integers(0, len(raw) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, min_size=1, max_size=9)):
        raw[place] = value
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    space = space_of(cut)
    if space is not None:
        assert to_srgb(torch.rand(3, 4, 4), space).isfinite().all()
    greys_as_srgb(noise(np.uint8, 4, 4), cut)


@pytest.mark.parametrize("name", WIDE)
def test_a_photo_has_the_same_colours_whatever_its_space(
    name: str, tmp_path: Path, weights: str
) -> None:
    grey = np.repeat(astronaut()[128:384, 128:384, 1:2], 3, axis=2)
    colorizer = Colorizer(weights, "cpu", vividness=0.25)
    truth = ab_of(colorizer.colorize_image(grey))
    path = tmp_path / "wide.png"
    by_littlecms(grey, SRGB_PROFILE, WIDE[name]).save(path, icc_profile=WIDE[name])
    still = read_still(path)
    wide, ignored = (
        colorizer.colorize_image(still.rgb, space) for space in (still.space, SRGB)
    )
    error, without = (
        (ab_of(by_littlecms(found, WIDE[name], SRGB_PROFILE)) - truth).norm(dim=0)
        for found in (wide, ignored)
    )
    assert truth.norm(dim=0).mean() > 5  # there are colours
    assert error.mean() < 1
    assert error.mean() < 0.3 * without.mean()
    luma = np.array([0.299, 0.587, 0.114])
    assert np.abs(wide @ luma - still.rgb @ luma).max() < 1


def ab_of(codes: NDArray[np.uint8] | Image.Image) -> Tensor:
    """Return the ab (2, H, W) of sRGB of 8 bits."""
    return rgb_to_lab(torch.from_numpy(np.array(codes) / 255).permute(2, 0, 1))[1:]


@pytest.mark.parametrize("name", WIDE)
def test_pictures_that_look_alike_are_measured_alike(name: str, tmp_path: Path) -> None:
    plain, wide = tmp_path / "plain.png", tmp_path / "wide.png"
    Image.fromarray(astronaut()).save(plain)
    by_littlecms(astronaut(), SRGB_PROFILE, WIDE[name]).save(
        wide, icc_profile=WIDE[name]
    )
    assert evaluate(plain, wide).total.psnr > 40


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("gamma", [1.8, 2.2])
def test_greys_are_as_light_as_their_profile_says(
    gamma: float, depth: type[np.uint8] | type[np.uint16], tmp_path: Path
) -> None:
    path, top = tmp_path / "a.png", np.iinfo(depth).max
    codes = np.linspace(0, top, 256).astype(depth).reshape(16, 16)
    Image.fromarray(codes).save(path, icc_profile=profile(gamma))
    still = read_still(path)
    shown = torch.from_numpy(still.rgb[..., 0] / top)[None].expand(3, -1, -1)
    luminance = (codes / top) ** gamma  # CIE 15: of greys
    truth = np.where(
        luminance > (6 / 29) ** 3,
        116 * np.cbrt(luminance) - 16,
        luminance * (29 / 3) ** 3,
    )
    assert np.abs(rgb_to_lab(shown)[0].numpy() - truth).max() < 0.8
    assert still.icc is None
    assert any("greys" in note for note in still.notes)


def test_a_profile_of_srgb_s_greys_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    grey = noise(np.uint8, 9, 9)
    Image.fromarray(grey).save(path, icc_profile=profile(2.2))
    assert (read_still(path).rgb[..., 0] != grey).any()
    for told in ({"icc_profile": profile(None)}, {}):
        Image.fromarray(grey).save(path, **told)
        still = read_still(path)
        assert (still.rgb[..., 0] == grey).all()
        assert still.notes == ()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_a_profile_goes_with_the_picture(suffix: str, tmp_path: Path) -> None:
    path, again = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    Image.fromarray(noise(np.uint8, 8, 8, 3)).save(path, icc_profile=WIDE["adobe"])
    write_still(again, read_still(path))
    assert read_still(again).icc == WIDE["adobe"]


def test_a_profile_of_tables_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    raw = WIDE["adobe"].replace(b"rXYZ", b"xXYZ")  # no primaries are left
    write_still(path, Still(noise(np.uint8, 8, 8, 3), icc=raw))
    still = read_still(path)
    assert still.space == SRGB
    assert any("colour profile" in note for note in still.notes)


@pytest.mark.parametrize(
    "colors",
    [(ADOBE[0],) * 3, (*ADOBE[:2], (0.5, -0.4, -0.1))],
    ids=["all alike", "one is none"],
)
def test_a_profile_without_colours_is_told(
    tmp_path: Path, colors: tuple[tuple[float, float, float], ...]
) -> None:
    path, rgb = tmp_path / "a.png", noise(np.uint8, 8, 8, 3)
    write_still(path, Still(rgb, icc=profile(2.2, colors)))
    still = read_still(path)
    np.testing.assert_array_equal(still.rgb, rgb)
    assert still.space == SRGB
    assert any("colour profile" in note for note in still.notes)
