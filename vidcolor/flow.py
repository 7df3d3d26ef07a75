"""Where things have gone from one picture to another, and which of them are occluded.

The flow is OpenCV's DIS: Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse
Search". What is occluded is told by the rules of Sundaram et al. 2010, "Dense Point
Trajectories by GPU-accelerated Large Displacement Optical Flow", as Ruder et al. 2016
and Lai et al. 2018 use them.
"""

from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Flow = NDArray[np.float32]  # height, width, 2: pixels to the right, and down
Picture = TypeVar("Picture", NDArray[np.uint8], NDArray[np.float32])

# OpenCV's threads wait for work by spinning, on cores that the other stages need: they
# made up a tenth of `--fast`'s CPU time. And into how many strips the flow divides a
# picture, which shows in the result, would depend on the machine.
cv2.setNumThreads(1)

_SMALLEST = 32  # pixels a side: DIS reads outside pictures that are smaller


def estimate_flow(
    first: NDArray[np.uint8], second: NDArray[np.uint8], quick: bool = False
) -> Flow:
    """Return how far each pixel of `first` (H, W) has moved in `second` (H, W).

    What is at (x, y) in the first is at (x, y) + flow[y, x] in the second. If `quick`,
    patches overlap less and have fewer tries to fit, and the flow is not smoothed: all
    in a third of the time.
    """
    height, width = first.shape
    down, across = max(0, _SMALLEST - height), max(0, _SMALLEST - width)
    pictures = (
        cv2.copyMakeBorder(picture, 0, down, 0, across, cv2.BORDER_REPLICATE)
        for picture in (first, second)
    )
    # Made anew each time: it holds buffers, so two threads must not share one.
    dis = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_MEDIUM)
    if quick:
        dis.setPatchStride(4)
        dis.setGradientDescentIterations(12)
        dis.setVariationalRefinementIterations(0)
    found = dis.calc(*pictures, None)  # type: ignore[call-overload]
    return np.asarray(found[:height, :width], np.float32)


def warp(picture: Picture, flow: Flow) -> Picture:
    """Return what is `flow` away from each pixel of a picture (H, W) or (H, W, C).

    With the flow from a first picture to this one, this one's things come back to their
    places in the first. Interpolated between pixels; the border goes on outside.
    """
    height, width = flow.shape[:2]
    return cv2.remap(  # type: ignore[call-overload, no-any-return]
        picture,
        flow + _pixels(height, width),
        None,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )


def occluded(flow: Flow, back: Flow) -> NDArray[np.bool_]:
    """Return where (H, W) a picture's things cannot be seen in another, or not surely.

    `flow` leads from the picture to the other, `back` from the other to the picture.
    A pixel is occluded if the way back does not lead home, if it lies where one motion
    borders on another, or if it has left the picture.
    """
    there, again = squared(flow), warp(back, flow)
    astray = squared(again + flow) > 0.01 * (there + squared(again)) + 0.5
    border = _slope(flow) > 0.01 * there + 0.002
    return astray | border | outside(flow)


def outside(flow: Flow) -> NDArray[np.bool_]:
    """Return which pixels' things have left the picture, (H, W)."""
    height, width = flow.shape[:2]
    there = flow + _pixels(height, width)
    # Half a pixel over the edge is still the edge's own.
    inside = cv2.inRange(there, (-0.5, -0.5), (width - 0.5, height - 0.5))
    return np.asarray(inside == 0, np.bool_)


@lru_cache(maxsize=8)
def _pixels(height: int, width: int) -> Flow:
    """Return where each pixel is: x and y."""
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    return np.stack(np.meshgrid(x, y), axis=2)


def squared(flow: Flow) -> NDArray[np.float32]:
    """Return the squared length of a flow's vectors, (H, W)."""
    # Several times quicker than summing an axis of two.
    return np.asarray(flow[..., 0] ** 2 + flow[..., 1] ** 2, np.float32)


def _slope(flow: Flow) -> NDArray[np.float32]:
    """Return the sum of the squares of a flow's four derivatives, as differences."""
    across = np.diff(flow, axis=1, append=flow[:, -1:])
    down = np.diff(flow, axis=0, append=flow[-1:])
    return squared(across) + squared(down)
