"""sRGB to CIE Lab (D65) and back, on tensors shaped (..., 3, height, width).

L runs from 0 (black) to 100 (white); a and b are 0 for every grey. All functions
keep leading axes, device and dtype. Constants: IEC 61966-2-1 and CIE 15.
"""

import torch
from torch import Tensor

# Linear sRGB to XYZ. Each row is divided by its sum, which is the white point: white
# then comes out as (1, 1, 1), and nothing below has to know the illuminant.
_RGB_TO_XYZ = torch.tensor(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ],
    dtype=torch.float64,
)
_RGB_TO_XYZ /= _RGB_TO_XYZ.sum(dim=1, keepdim=True)
_XYZ_TO_RGB = torch.linalg.inv(_RGB_TO_XYZ)

_DELTA = 6 / 29  # where Lab's cube root gives way to a straight line


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Return the Lab values of sRGB in 0..1."""
    f = _lab_root(mix(_RGB_TO_XYZ, to_linear(rgb)))
    fx, fy, fz = f.unbind(-3)
    return torch.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Return sRGB in 0..1, clipping the colours that sRGB cannot show."""
    return to_gamma(lab_to_linear(lab).clamp(0, 1))


def lab_to_linear(lab: Tensor) -> Tensor:
    """Return linear RGB, below 0 or above 1 for colours that sRGB cannot show."""
    lightness, a, b = lab.unbind(-3)
    fy = (lightness + 16) / 116
    f = torch.stack([fy + a / 500, fy, fy - b / 200], dim=-3)
    xyz = torch.where(f > _DELTA, f**3, 3 * _DELTA**2 * (f - 4 / 29))
    return mix(_XYZ_TO_RGB, xyz)


def grey_to_lightness(grey: Tensor) -> Tensor:
    """Return L, in 0..100, of greys whose three gamma-coded values are `grey`, 0..1."""
    return 116 * _lab_root(to_linear(grey)) - 16


def to_linear(rgb: Tensor) -> Tensor:
    """Undo sRGB's gamma."""
    # torch.where evaluates both branches: without the clamp, values below the straight
    # line's end, negative ones too, would turn the other branch into nan.
    power = ((rgb.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(rgb > 0.04045, power, rgb / 12.92)


def to_gamma(linear: Tensor) -> Tensor:
    """Apply sRGB's gamma; it goes on straight below 0 and on its curve above 1."""
    root = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, root, 12.92 * linear)


def mix(matrix: Tensor, image: Tensor) -> Tensor:
    """Apply a 3x3 matrix to the colours of an image (..., 3, height, width)."""
    return torch.einsum("ij,...jhw->...ihw", matrix.to(image), image)


def _lab_root(xyz: Tensor) -> Tensor:
    # The root is kept away from 0, where its gradient is infinite.
    root = xyz.clamp(min=_DELTA**3) ** (1 / 3)
    return torch.where(xyz > _DELTA**3, root, xyz / (3 * _DELTA**2) + 4 / 29)
