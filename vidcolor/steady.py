"""What the network sees of a shot: its lightness without flicker, dust and scratches.

The network answers to all that changes. So it is shown a copy of the film in which
only the picture does: brightness and contrast stay what they were for all that stays
in sight, and what is in one frame alone, and neither in the one before nor in the one
after, is taken out. The film's own luma is untouched by this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from vidcolor.flow import warp
from vidcolor.memory import NOTHING, Memory
from vidcolor.motion import Look, Plane, Step, find_step, look_at
from vidcolor.pace import ALONE
from vidcolor.thread import in_threads

T = TypeVar("T")

DELAY = 1  # frames: dust is told by the frame before and the one after

_LEAK = 0.95  # what is left of a correction a frame later: true changes come through
_GAINS = (2 / 3, 3 / 2)  # no flicker is stronger, but a fade is
_NOISE = 2.0  # in units of L: an even picture's grain says nothing of contrast
_SEEN = 0.1  # of a frame: where less stays in sight, nothing is known of flicker
_AGREE = 8.0  # in units of L: how alike the frames around one are where they are right


@dataclass(frozen=True, slots=True)
class Scene:
    """What the network sees of a frame, and how it came from the frame before."""

    lightness: Tensor  # H, W; 0..100, at the network's size
    starts_shot: bool
    asked: bool = True  # whether the network is to say something of it
    step: Step | None = None  # the motion since the frame before, where it is known
    memory: Memory = NOTHING  # what is left of the frames before


@dataclass(frozen=True, slots=True)
class _Level:
    """Brightness and contrast taken out of a frame: lightness is gain * L + offset."""

    gain: float = 1.0
    offset: float = 0.0

    def apply(self, lightness: Tensor) -> Tensor:
        return (lightness * self.gain + self.offset).clamp_(0, 100)


def steady(
    items: Iterable[tuple[T, Scene]],
    memory: Memory = NOTHING,
    threads: int = 1,
    scale: int = ALONE.scale,
) -> Iterator[tuple[T, Scene]]:
    """Steady each scene's lightness, and tell the motion that leads to it.

    Nothing passes from one shot to another. Yields as many as it is given, in order,
    and finds motion in so many `threads`, in pictures `scale` times smaller;
    `DELAY + threads - 1` late at most. With a memory, the first scene is the one before
    the memory's: those after it come out as they do when all of the shot is given.
    """
    before: Scene | None = None
    now: tuple[T, Scene] | None = None
    for item, after in _levelled(items, memory, threads, scale):
        if now is not None:
            yield now[0], _cleaned(before, now[1], after)
            before = now[1]
        now = item, after
    if now is not None:
        yield now[0], _cleaned(before, now[1], None)


def _levelled(
    items: Iterable[tuple[T, Scene]], memory: Memory, threads: int, scale: int
) -> Iterator[tuple[T, Scene]]:
    """Yield scenes with their steps, brightness and contrast held from each to next."""
    level = _Level(memory.gain, memory.offset)
    pairs = _paired(items, scale)
    for item, scene, pair, step in in_threads(_stepped, pairs, threads):
        if scene.starts_shot:
            level = _Level()
        kept = replace(scene.memory, gain=level.gain, offset=level.offset)
        if step is not None:
            level = _held(level, step, *pair)
        lightness = level.apply(scene.lightness)
        yield item, replace(scene, lightness=lightness, step=step, memory=kept)


def _paired(
    items: Iterable[tuple[T, Scene]], scale: int
) -> Iterator[tuple[T, Scene, list[Look]]]:
    """Yield scenes with looks at the one before, where it is of the shot, and at it."""
    looks: list[Look] = []
    for item, scene in items:
        before = [] if scene.starts_shot else looks[-1:]
        looks = [*before, look_at(scene.lightness, scale)]
        yield item, scene, looks


def _stepped(
    entry: tuple[T, Scene, list[Look]],
) -> tuple[T, Scene, list[Look], Step | None]:
    """Return a scene with the motion that leads to it, where there is one before."""
    looks = entry[-1]
    return *entry, find_step(*looks) if len(looks) > 1 else None


def _held(level: _Level, step: Step, before: Look, now: Look) -> _Level:
    """Return the level that makes what stays in sight look as it did."""
    here, there = step.back.trust, step.forth.trust
    if min(here.mean(), there.mean()) < _SEEN:
        return _Level()
    mean, spread = _moments(now.lightness, here)
    old_mean, old_spread = _moments(before.lightness, there)
    gain = (spread + _NOISE) / (old_spread + _NOISE)
    offset = mean - gain * old_mean
    held = min(max(level.gain / gain, _GAINS[0]), _GAINS[1])
    return _Level(1 + (held - 1) * _LEAK, (level.offset - held * offset) * _LEAK)


def _moments(lightness: Plane, weight: Plane) -> tuple[float, float]:
    """Return the weighted mean and standard deviation."""
    mean = np.average(lightness, weights=weight)
    variance = np.average((lightness - mean) ** 2, weights=weight)
    return float(mean), float(np.sqrt(variance))


def _cleaned(before: Scene | None, now: Scene, after: Scene | None) -> Scene:
    """Return a scene without what neither the one before nor the one after shows.

    The median of the three, along the motion, where the two around agree: what is
    there in one frame only is never the median. What nobody looks at stays as it is.
    """
    if (
        not now.asked
        or before is None
        or after is None
        or now.step is None
        or after.step is None
    ):
        return now
    size = now.lightness.shape
    first = warp(before.lightness.numpy(), now.step.back.resized(*size).flow)
    last = warp(after.lightness.numpy(), after.step.forth.resized(*size).flow)
    own = now.lightness.numpy()
    low, high = np.minimum(first, last), np.maximum(first, last)
    agree = np.exp(((high - low) / _AGREE) ** 2 / -2)
    clean = own + agree * (np.clip(own, low, high) - own)
    return replace(now, lightness=torch.from_numpy(clean))
