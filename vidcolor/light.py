"""Coded RGB as light, and back: primaries (H.273) and transfer (BT.2100, sRGB).

Light is linear and relative to diffuse white: the white of paper is 1 in every space,
which is 203 cd/m2 in those of high dynamic range (BT.2408). What is brighter than that
is above 1. Tensors are shaped (3, height, width).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.lab import mix, to_gamma, to_linear
from vidcolor.rgb_space import (
    SRGB,
    Chromaticities,
    Curve,
    Primaries,
    RgbSpace,
    Transfer,
)

_Steps = tuple[float, ...] | NDArray[np.float64]

_WHITE = 203.0  # cd/m2
_PQ_PEAK = 10000.0
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2  # of the screen that BT.2100 takes for nominal
_BT2020_LUMINANCE = (0.2627, 0.6780, 0.0593)

# BT.2100, table 4
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# BT.2100, table 5
_A = 0.17883277
_B, _C = 1 - 4 * _A, 0.55991073


def to_srgb(coded: Tensor, space: RgbSpace) -> Tensor:
    """Return coded RGB, 0..1, of a space as sRGB; what sRGB cannot show is clipped."""
    if space == SRGB:
        return coded
    linear = mix(torch.linalg.inv(_from_srgb(space.primaries)), _decoded(coded, space))
    return to_gamma(linear.clamp(0, 1))


def from_linear_srgb(linear: Tensor, space: RgbSpace) -> Tensor:
    """Return linear sRGB, of any size, coded in a space: 0..1, clipped to it."""
    light = mix(_from_srgb(space.primaries), linear).clamp(min=0)
    match space.transfer:
        case Transfer.SDR:
            return to_gamma(light.clamp(max=1))
        case Curve(light=steps):
            return _interpolated(light, steps, np.linspace(0, 1, len(steps)))
        case Transfer.PQ:
            power = (light * (_WHITE / _PQ_PEAK)).clamp(max=1) ** _M1
            return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2
        case Transfer.HLG:
            shown = light * (_WHITE / _HLG_PEAK)
            gain = _luminance(shown).clamp(min=1e-9) ** (1 / _HLG_GAMMA - 1)
            scene = (shown * gain).clamp(max=1)
            bright = _A * torch.log((12 * scene - _B).clamp(min=_A)) + _C
            return torch.where(scene <= 1 / 12, (3 * scene).sqrt(), bright)


def _decoded(coded: Tensor, space: RgbSpace) -> Tensor:
    """Return light in the space's own primaries."""
    match space.transfer:
        case Transfer.SDR:
            return to_linear(coded)
        case Curve(light=steps):
            return _interpolated(coded, np.linspace(0, 1, len(steps)), steps)
        case Transfer.PQ:
            power = coded.clamp(0, 1) ** (1 / _M2)
            ratio = (power - _C1).clamp(min=0) / (_C2 - _C3 * power)
            return ratio ** (1 / _M1) * (_PQ_PEAK / _WHITE)
        case Transfer.HLG:
            bright = (torch.exp((coded - _C) / _A) + _B) / 12
            scene = torch.where(coded <= 0.5, coded**2 / 3, bright)
            shown = scene * _luminance(scene) ** (_HLG_GAMMA - 1)
            return shown * (_HLG_PEAK / _WHITE)


def _interpolated(values: Tensor, at: _Steps, known: _Steps) -> Tensor:
    """Return what lies between the known where the values lie between those `at`."""
    return torch.from_numpy(np.interp(values.numpy(), at, known)).to(values)


def _luminance(light: Tensor) -> Tensor:
    weights = light.new_tensor(_BT2020_LUMINANCE)
    luminance: Tensor = torch.einsum("i,ihw->hw", weights, light)
    return luminance


def _from_srgb(primaries: Primaries | Chromaticities) -> Tensor:
    """Return the matrix from linear BT.709 (sRGB) to other primaries; white is kept."""
    matrix: Tensor = torch.linalg.solve(_to_xyz(primaries), _to_xyz(Primaries.BT709))
    return matrix


def _to_xyz(primaries: Primaries | Chromaticities) -> Tensor:
    """Return the matrix to XYZ in which the primaries' own white is (1, 1, 1)."""
    known = primaries.value if isinstance(primaries, Primaries) else primaries
    x, y = torch.tensor(known, dtype=torch.float64).unbind(dim=1)
    xyz = torch.stack([x / y, torch.ones_like(x), (1 - x - y) / y])
    colors, white = xyz[:, :3], xyz[:, 3]
    matrix: Tensor = colors * torch.linalg.solve(colors, white) / white[:, None]
    return matrix
