"""Ab carried along the motion through a shot, so that colour holds still.

What colour a thing has, all frames that show it have a say in: those before, and as
many of those to come as the delay allows. This is the fixed-lag smoother of a value
that hardly changes: two sums with a fading memory, one from either side, each carried
on the way that the flow says things took. Where the flow is not to be trusted, what it
carries counts for next to nothing and the frame's own colour holds: nothing is smeared
over what comes into sight.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.flow import warp
from vidcolor.motion import Motion, Step

T = TypeVar("T")
_Sum = NDArray[np.float32]  # h, w, 3: a and b times their weight, and the weight

_MEMORY = 0.95  # what carried colour still counts, a frame further on
_DOUBT = 20.0  # in units of ab: who is so unsure counts half
_LEAST = 1e-4  # what a motion is trusted at least: some colour is better than none


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network said of one frame."""

    ab: Tensor  # 2, h, w
    uncertainty: Tensor  # h, w: the standard deviation of ab, in its units
    starts_shot: bool
    step: Step | None = None  # the motion since the frame before, where it is known


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    """A frame in the window."""

    item: T
    prediction: Prediction
    own: _Sum
    step: Step | None  # the prediction's, at ab's size


def smooth(
    items: Iterable[tuple[T, Prediction]], radius: int
) -> Iterator[tuple[T, Prediction]]:
    """Replace each ab by the mean of what was said of the same things in its shot.

    All frames before count, and `radius` of those to come: each the less the further
    away it is, the less sure it was, and the less the motion between is to be trusted.
    Nothing passes from one shot to another. Yields as many as it is given, in order,
    `radius` late at most, and holds `radius + 1`. A radius of 0 changes nothing.

    Raises:
        ValueError: the radius is negative.
    """
    if radius < 0:
        raise ValueError(f"radius must be 0 or more, not {radius}")
    if radius == 0:
        yield from items
        return
    for shot in _shots(items):
        yield from _smooth_shot(shot, radius)


def _smooth_shot(
    shot: Iterable[tuple[T, Prediction]], radius: int
) -> Iterator[tuple[T, Prediction]]:
    past: _Sum | None = None
    window: deque[_Entry[T]] = deque()
    for item, prediction in shot:
        window.append(_enter(item, prediction))
        if len(window) > radius:
            past = _advance(past, window[0])
            yield _answer(past, window)
    while window:
        past = _advance(past, window[0])
        yield _answer(past, window)


def _enter(item: T, prediction: Prediction) -> _Entry[T]:
    ab, step = prediction.ab, prediction.step
    weight = 1 / (1 + (prediction.uncertainty / _DOUBT) ** 2)
    own = torch.cat([ab * weight, weight[None]]).permute(1, 2, 0)
    step = None if step is None else step.resized(*ab.shape[1:])
    return _Entry(item, prediction, own.contiguous().numpy(), step)


def _advance(past: _Sum | None, now: _Entry[T]) -> _Sum:
    """Return the sum up to a frame, given that up to the one before."""
    if past is None or now.step is None:
        return now.own
    return now.own + _carry(past, now.step.back)


def _answer(past: _Sum, window: deque[_Entry[T]]) -> tuple[T, Prediction]:
    """Take the first frame out of the window; `past` is the sum up to it."""
    now, *others = window
    coming: _Sum | float = 0.0
    for later in reversed(others):
        coming = later.own + coming
        coming = _carry(coming, later.step.forth) if later.step else 0.0
    window.popleft()
    total = past + coming
    ab = torch.from_numpy(total[..., :2] / total[..., 2:]).permute(2, 0, 1)
    return now.item, replace(now.prediction, ab=ab.contiguous())


def _carry(known: _Sum, motion: Motion) -> _Sum:
    """Return a sum brought to where the motion starts, from where it leads."""
    fade = _MEMORY * np.maximum(motion.trust, _LEAST)
    carried: _Sum = warp(known, motion.flow)
    carried *= fade[..., None]
    return carried


def _shots(
    items: Iterable[tuple[T, Prediction]],
) -> Iterator[Iterator[tuple[T, Prediction]]]:
    """Yield an iterator for each shot; each must be used up before the next."""
    source = iter(items)
    ahead: list[tuple[T, Prediction]] = []

    def one() -> Iterator[tuple[T, Prediction]]:
        yield ahead.pop()
        for entry in source:
            if entry[1].starts_shot:
                ahead.append(entry)
                return
            yield entry

    for first in source:
        ahead.append(first)
        while ahead:
            yield one()
