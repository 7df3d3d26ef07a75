"""How still colour is on what moves: the warp error.

Lai et al. 2018, "Learning Blind Video Temporal Consistency": the mean squared
difference between a frame and the next one carried back along the motion, over what
can be seen in both. Ours is the flow (DIS, see vidcolor.flow; theirs is FlowNet2), so
figures cannot be set beside published ones; and what leaves the picture is left out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vidcolor.flow import Flow, estimate_flow, occluded, warp


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How things move from one frame to the next."""

    flow: Flow  # height, width, 2; on the first frame's grid
    visible: NDArray[np.bool_]  # height, width: what of the first is in the next, too


def find_motion(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Motion:
    """Return the motion between two frames, by their luma (H, W)."""
    flow, back = estimate_flow(first, second), estimate_flow(second, first)
    return Motion(flow, ~occluded(flow, back))


def warp_error(
    first: NDArray[np.float32], second: NDArray[np.float32], motion: Motion
) -> float | None:
    """Return the warp error between two frames (H, W, C), in the square of their unit.

    Over pixels and channels; None where nothing can be seen in both.
    """
    seen = int(motion.visible.sum())
    if seen == 0:
        return None
    carried = warp(second, motion.flow)
    mask = motion.visible.astype(np.uint8)
    error = cv2.norm(carried, first, cv2.NORM_L2SQR, mask)
    return float(error / (seen * first.shape[2]))
