"""How things move from one frame of a shot to the next, and how surely.

Flow is found on lightness at half the network's size or less, blurred and brought to
one brightness and contrast, since grain and flicker of old film are not motion. It is
trusted where the way there and back leads home, and where what it leads to is as light
as what it came from: neither holds where a thing hides another.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.flow import Flow, estimate_flow, outside, squared, warp

Plane = NDArray[np.float32]  # height, width

_BLUR = 1.0  # pixels: grain is gone, edges are not
_ASTRAY = 1.2  # pixels by which the way there and back may fail to lead home, ...
_SLACK = 0.07  # ... and what fast things are forgiven: a share of their motion's square
_LIKENESS = 6.0  # in units of L: what grain and flicker may change within one thing
_CONTRAST = 45.0  # of the 8-bit picture that flow is found in
_NOISE = 2.0  # in units of L: an even picture's grain is not blown up to that contrast


@dataclass(frozen=True, slots=True)
class Motion:
    """Where a frame's things are in another frame, and how surely."""

    flow: Flow  # h, w, 2; pixels to the right and down
    trust: Plane  # h, w; 0..1

    def resized(self, height: int, width: int) -> "Motion":
        """Return it for pictures of another size."""
        if (height, width) == self.trust.shape:
            return self
        flow = _resized(self.flow, height, width)
        flow[..., 0] *= width / self.trust.shape[1]
        flow[..., 1] *= height / self.trust.shape[0]
        return Motion(flow, _resized(self.trust, height, width))


@dataclass(frozen=True, slots=True)
class Step:
    """The motion between a frame and the one before it."""

    back: Motion  # from the frame to the one before
    forth: Motion  # from the one before to the frame

    def resized(self, height: int, width: int) -> "Step":
        """Return it for pictures of another size."""
        return Step(self.back.resized(height, width), self.forth.resized(height, width))


@dataclass(frozen=True, slots=True)
class Look:
    """A frame as motion is found in it."""

    lightness: Plane  # blurred; 0..100
    mean: float
    contrast: float  # the standard deviation, and a bit for noise


def look_at(lightness: Tensor, scale: int) -> Look:
    """Return what is needed of lightness (H, W), 0..100, to find motion.

    It is found in pictures so many times smaller: the flow of small things is of no
    use.
    """
    height, width = (max(1, side // scale) for side in lightness.shape)
    small = _resized(lightness.numpy(), height, width)
    plane = np.asarray(cv2.GaussianBlur(small, (0, 0), _BLUR), np.float32)
    return Look(plane, float(plane.mean()), float(plane.std()) + _NOISE)


def find_step(before: Look, now: Look) -> Step:
    """Return the motion between two frames of one size."""
    first, second = _codes(before), _codes(now)
    back = estimate_flow(second, first, quick=True)
    forth = estimate_flow(first, second, quick=True)
    return Step(
        Motion(back, _trust(back, forth, now, before)),
        Motion(forth, _trust(forth, back, before, now)),
    )


def _codes(look: Look) -> NDArray[np.uint8]:
    scaled = (look.lightness - look.mean) * (_CONTRAST / look.contrast) + 128
    codes: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    return codes


def _trust(flow: Flow, again: Flow, here: Look, there: Look) -> Plane:
    """Return how surely each pixel of `here` is found `flow` away in `there`.

    `again` is the flow from there to here.
    """
    astray = squared(flow + warp(again, flow))
    allowed = _ASTRAY**2 + _SLACK * squared(flow)
    found = (warp(there.lightness, flow) - there.mean) / there.contrast
    unlike = (found * here.contrast + here.mean - here.lightness) / _LIKENESS
    trust = np.exp((astray / allowed + unlike**2) / -2)
    trust[outside(flow)] = 0
    return np.asarray(trust, np.float32)


def _resized(plane: NDArray[np.float32], height: int, width: int) -> Plane:
    small = cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)
