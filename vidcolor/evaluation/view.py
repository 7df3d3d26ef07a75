"""A frame or photo as it is measured: its RGB, and a smaller ab and luma."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vidcolor.lab import rgb_to_lab

# What ab and motion are looked at with, at most: enough to follow anything, and it
# takes grain out. Larger pictures are averaged down.
_PIXELS = 640 * 360


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture as it is measured."""

    rgb: NDArray[np.uint8]  # H, W, 3
    small: NDArray[np.float32]  # h, w, 3: the same, in 0..1
    ab: NDArray[np.float32]  # h, w, 2


def view(rgb: NDArray[np.float32]) -> View:
    """Return what is measured of a picture, RGB (H, W, 3) in 0..1."""
    height, width = rgb.shape[:2]
    scale = min(1.0, math.sqrt(_PIXELS / (height * width)))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    lab = rgb_to_lab(torch.from_numpy(small).permute(2, 0, 1))
    ab = lab[1:].permute(1, 2, 0).contiguous().numpy()
    return View(to_bytes(rgb), small, ab)


def to_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return values of 0..1 as codes of 0..255."""
    return np.rint(values * 255).astype(np.uint8)
