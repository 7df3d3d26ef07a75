"""Ab averaged over neighbouring frames of the same shot, so that colour holds still.

A neighbour counts less the further away in time it is, and, pixel by pixel, the less
its lightness is like this frame's: what moved away takes its colour along.
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

_LIKENESS = 5.0  # in units of L: what grain and flicker may change within one thing


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network said of one frame."""

    ab: Tensor  # 2, h, w
    uncertainty: Tensor  # h, w: the standard deviation of ab, in its units
    lightness: Tensor  # h, w; 0..100
    starts_shot: bool


def smooth(
    items: Iterable[tuple[T, Prediction]], radius: int
) -> Iterator[tuple[T, Prediction]]:
    """Replace each ab by the weighted mean of those at most `radius` frames away.

    Nothing passes from one shot to another. Yields as many as it is given, in order,
    `radius` late at most, and holds `2 * radius + 1` at most.
    """
    if radius < 0:
        raise ValueError(f"radius must be 0 or more, not {radius}")
    for shot in _shots(items):
        yield from _smooth_shot(shot, radius)


def _smooth_shot(
    shot: Iterable[tuple[T, Prediction]], radius: int
) -> Iterator[tuple[T, Prediction]]:
    past: deque[Prediction] = deque(maxlen=radius)
    coming: deque[tuple[T, Prediction]] = deque()
    for entry in shot:
        coming.append(entry)
        if len(coming) > radius:
            yield _answer(past, coming, radius)
    while coming:
        yield _answer(past, coming, radius)


def _answer(
    past: deque[Prediction], coming: deque[tuple[T, Prediction]], radius: int
) -> tuple[T, Prediction]:
    item, now = coming.popleft()
    neighbours = [(len(past) - i, p) for i, p in enumerate(past)]
    neighbours += [(i + 1, p) for i, (_, p) in enumerate(coming)]
    mean = _mean(now, neighbours, radius)
    past.append(now)
    return item, replace(now, ab=mean)


def _mean(
    now: Prediction, neighbours: list[tuple[int, Prediction]], radius: int
) -> Tensor:
    weight_sum = torch.ones_like(now.lightness)
    ab_sum = now.ab.clone()
    for distance, near in neighbours:
        in_time = math.exp(-2 * (distance / (radius + 1)) ** 2)
        weight = in_time * _likeness(now.lightness, near.lightness)
        weight_sum += weight
        ab_sum += weight * near.ab
    return ab_sum / weight_sum


def _likeness(a: Tensor, b: Tensor) -> Tensor:
    # The means are taken out first: old film flickers as a whole, and that is not a
    # reason to think that things have moved.
    difference = (a - a.mean()) - (b - b.mean())
    return torch.exp(-((difference / _LIKENESS) ** 2) / 2)


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
