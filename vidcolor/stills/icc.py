"""What a picture's ICC profile says of its codes: how light they are, in what colours.

LittleCMS reads profiles, and converts pictures of 8 bits only. What it makes of a ramp
of greys is the profile's curve, and so good enough for pictures of 16 bits, too: their
own codes stay, and are looked up in it.
"""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from vidcolor.rgb_space import SRGB, Chromaticities, Curve, Primaries, RgbSpace
from vidcolor.stills.still import Samples

# Profiles have their colours adapted to D50, by Bradford's matrix (ICC.1:2022, annex
# E). This leads back to D65, sRGB's white.
_TO_D65 = np.array(
    [
        [0.9555766, -0.0230393, 0.0631636],
        [-0.0282895, 1.0099416, 0.0210077],
        [0.0122982, -0.0204830, 1.3299098],
    ]
)
_WHITE = Primaries.BT709.value[3]
_LEAST = 1e-3  # determinant of primaries between which there are colours
_NEAR = 0.004  # in x, y and codes: what LittleCMS's rounding leaves of a difference


def by_profile(
    rgb: Samples, image: Image.Image
) -> tuple[Samples, bytes | None, RgbSpace, list[str]]:
    """Return a picture's RGB (H, W, 3), its profile, its space, and what is left out.

    A profile of RGB stays, and so do the codes. One of greys has no colours: they
    become sRGB's, and it goes. Inks have become sRGB's already.
    """
    profile = image.info.get("icc_profile") or b""
    kind = profile[16:20]
    if kind == b"RGB ":
        space = space_of(profile)
        words = [] if space else ["what its colour profile says: colours are sRGB's"]
        return rgb, profile, space or SRGB, words
    if kind == b"GRAY" and (greys := greys_as_srgb(rgb, profile)) is not None:
        changed = not np.array_equal(greys, rgb)
        return greys, None, SRGB, ["its profile of greys: they became sRGB's"] * changed
    words = ["its colour profile, which is not for RGB"] * bool(profile)
    return rgb, None, SRGB, words


def space_of(profile: bytes) -> RgbSpace | None:
    """Return what red, green and blue are; None if a profile of RGB does not say.

    One made of tables, as printers have, does not.
    """
    try:
        opened = ImageCms.getOpenProfile(BytesIO(profile))
        curve = _codes_in_srgb(opened, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
    core = opened.profile
    found = core.red_colorant, core.green_colorant, core.blue_colorant
    colors = np.array([color[0] for color in found if color is not None])
    if colors.shape != (3, 3) or abs(np.linalg.det(colors)) < _LEAST:
        return None
    xyz = colors @ _TO_D65.T
    if (xyz.sum(axis=1) < _LEAST).any():
        return None
    x, y, _ = (xyz / xyz.sum(axis=1, keepdims=True)).T.tolist()
    return _named((*zip(x, y, strict=True), _WHITE), curve)


def greys_as_srgb(samples: Samples, profile: bytes) -> Samples | None:
    """Return greys of any shape as sRGB codes them; None if the profile is not read."""
    try:
        curve = _codes_in_srgb(ImageCms.getOpenProfile(BytesIO(profile)), "L")
    except (ImageCms.PyCMSError, OSError):
        return None
    top = np.iinfo(samples.dtype).max
    table = np.interp(np.linspace(0, 255, top + 1), np.arange(256), curve)
    return np.rint(table * top).astype(samples.dtype)[samples]


def _codes_in_srgb(profile: ImageCms.ImageCmsProfile, mode: str) -> NDArray[np.float64]:
    """Return sRGB's codes, 0..1, of the 256 greys of 8 bits in a profile's codes."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None]).convert(mode)
    srgb = ImageCms.profileToProfile(
        ramp,
        profile,
        ImageCms.createProfile("sRGB"),
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
    )
    return np.asarray(srgb)[0, :, 1] / 255


def _named(primaries: Chromaticities, codes: NDArray[np.float64]) -> RgbSpace:
    """Return a space, sRGB itself if it is near enough."""
    same = np.abs(codes - np.linspace(0, 1, 256)).max() < _NEAR
    if same and np.abs(np.subtract(primaries, Primaries.BT709.value)).max() < _NEAR:
        return SRGB
    import torch  # here: whoever asks for the names of photos needs none of it

    from vidcolor.lab import to_linear

    light = to_linear(torch.from_numpy(codes))
    return RgbSpace(primaries, Curve(tuple(light.tolist())))
