"""Ab carried along the motion through a shot, so that colour holds still.

What colour a thing has, all frames that show it have a say in: those before, and as
many of those to come as the delay allows. This is the fixed-lag smoother of a value
that hardly changes: two sums with a fading memory, one from either side, each carried
on the way that the flow says things took. Where the flow is not to be trusted, what it
carries counts for next to nothing and the frame's own colour holds: nothing is smeared
over what comes into sight. And where the two sums contradict each other, the frame
sides with one of them: through a dissolve, the old colours go with the old picture.

A mean of colours is paler than they are. More than half of what a shot has lost by it
so far is given back by one gain for the whole picture, which hardly changes from frame
to frame.
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
from vidcolor.memory import NOTHING, Memory, Sum
from vidcolor.motion import Motion, Plane, Step

T = TypeVar("T")

_MEMORY = 0.985  # what carried colour still counts, a frame further on
_PART = 5  # a fifth of the delay may be cut short, to answer for several at once
_DOUBT = 40.0  # in units of ab: who is so unsure counts half
_ODDS = 17.0  # in units of ab: two colours so far apart are hardly one thing's
_GIVEN_BACK = 0.6  # of what the mean took: with all of it, mistakes come back, too
_GAIN = 1.25  # no mean takes more than it ought to give back
_CALM = 30.0  # in units of ab: chroma that is seen before the gain gets going
_TINY = np.float32(1e-37)  # for means of nothing
_FAINT = np.float32(1e-20)  # a weight that all that is new outweighs
_LEAST = 1e-4  # what a motion is trusted at least: some colour is better than none


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network said of one frame."""

    ab: Tensor  # 2, h, w
    uncertainty: Tensor  # h, w: the standard deviation of ab, in its units
    starts_shot: bool
    step: Step | None = None  # the motion since the frame before, where it is known
    memory: Memory | None = None  # with which work can go on at this frame, if it can


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    """A frame in the window."""

    item: T
    prediction: Prediction
    own: Sum
    step: Step | None  # the prediction's, at ab's size


def smooth(
    items: Iterable[tuple[T, Prediction]], radius: int, memory: Memory = NOTHING
) -> Iterator[tuple[T, Prediction]]:
    """Replace each ab by the mean of what was said of the same things in its shot.

    All frames before count, and `radius` of those to come (up to a fifth fewer: several
    frames are answered for at once, which saves time): each the less the further away
    it is, the less sure it was, and the less the motion between is to be trusted.
    Nothing passes from one shot to another. Yields as many as it is given, in order,
    `radius` late at most, and holds `radius + 1`. A radius of 0 changes nothing. With a
    memory, the first frame is the one that has it: those before it count as they did.

    Raises:
        ValueError: the radius is negative.
    """
    if radius < 0:
        raise ValueError(f"radius must be 0 or more, not {radius}")
    if radius == 0:
        yield from items
        return
    together = 1 + radius // _PART
    for entries in _shots(items):
        shot = _Shot[T](memory)
        # Together are those that would be if the shot had begun here, too.
        due, memory = together - memory.frames % together, NOTHING
        for item, prediction in entries:
            shot.enter(item, prediction)
            if len(shot.window) == radius + 1 - together + due:
                yield from shot.answers(due)
                due = together
        yield from shot.answers(len(shot.window))


class _Shot(Generic[T]):
    """What is known of a shot while it streams by."""

    def __init__(self, memory: Memory) -> None:
        self.window: deque[_Entry[T]] = deque()
        self._past = memory.past  # up to the frame before the window
        # The chroma that the frames before the window had, as said and as answered.
        self._said, self._answered = memory.said, memory.answered
        self._newest = 0.0  # chroma of what the network said last

    def enter(self, item: T, prediction: Prediction) -> None:
        """Let a frame into the window."""
        ab, step = prediction.ab, prediction.step
        weight = 1 / (1 + (prediction.uncertainty / _DOUBT) ** 2)
        own = torch.cat([ab * weight, weight[None]]).permute(1, 2, 0)
        step = None if step is None else step.resized(*ab.shape[1:])
        self.window.append(_Entry(item, prediction, own.contiguous().numpy(), step))

    def answers(self, count: int) -> Iterator[tuple[T, Prediction]]:
        """Take so many frames out of the window."""
        for coming in _coming(self.window)[:count]:
            yield self._answer(coming)

    def _answer(self, coming: Sum | None) -> tuple[T, Prediction]:
        """Take the first frame out, whose sum of all after it is given."""
        now = self.window.popleft()
        memory = self._kept(now.prediction.memory)
        past = None
        if self._past is not None and now.step is not None:
            past = _carry(self._past, now.step.back)
        if past is not None and coming is not None:
            past, coming = _side(now.own, past, coming), _side(now.own, coming, past)
        self._past = now.own if past is None else now.own + past
        mean = _mean(self._past if coming is None else self._past + coming)
        ab = torch.from_numpy(mean).permute(2, 0, 1).contiguous()
        ab = self._vivid(ab, now.prediction)
        return now.item, replace(now.prediction, ab=ab, memory=memory)

    def _kept(self, memory: Memory | None) -> Memory | None:
        """Return a frame's memory with what is left here of the frames before it."""
        if memory is None:
            return None
        return replace(
            memory, past=self._past, said=self._said, answered=self._answered
        )

    def _vivid(self, mean: Tensor, prediction: Prediction) -> Tensor:
        """Return a mean that is nearer to how colourful all that was said is."""
        # Work goes on only with frames that the network was asked about.
        if prediction.uncertainty.isfinite().any():
            self._newest = _chroma(prediction.ab)
        self._said += self._newest
        self._answered += _chroma(mean)
        gain = (self._said + _CALM) / (self._answered + _CALM)
        return mean * (1 + _GIVEN_BACK * (min(max(gain, 1.0), _GAIN) - 1))


def _chroma(ab: Tensor) -> float:
    """Return the root mean square of chroma."""
    # Not torch's mean, whose rounding depends on the number of its threads.
    return float(np.sqrt((ab.numpy() ** 2).sum(axis=0).mean()))


def _coming(window: deque[_Entry[T]]) -> list[Sum | None]:
    """Return, for each in the window, the sum of all after it, carried to it."""
    sums: deque[Sum | None] = deque()
    coming: Sum | None = None
    for entry in reversed(window):
        sums.appendleft(coming)
        known = entry.own if coming is None else entry.own + coming
        coming = None if entry.step is None else _carry(known, entry.step.forth)
    return list(sums)


def _side(own: Sum, one: Sum, other: Sum) -> Sum:
    """Return a sum, less of it the more a frame's own ab sides with the other sum."""
    if not own[..., 2].any():
        return one  # what says nothing takes no side
    ab = _mean(own)
    off, nearer = _distance(_mean(one), ab), _distance(_mean(other), ab)
    doubt = 1 - np.exp(np.minimum(nearer - off, 0) / (2 * _ODDS**2))
    # Nobody sides with a mere guess.
    weight = own[..., 2] * other[..., 2]
    share: Plane = 1 - doubt * weight / (weight + 1)
    return one * share[..., None]


def _mean(known: Sum) -> NDArray[np.float32]:
    """Return ab (h, w, 2)."""
    ab = known[..., :2] / np.maximum(known[..., 2:], _TINY)
    return np.asarray(ab, np.float32)


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> Plane:
    """Return the squared distance of two ab (h, w, 2)."""
    return np.asarray(((one - other) ** 2).sum(axis=2), np.float32)


def _carry(known: Sum, motion: Motion) -> Sum:
    """Return a sum brought to where the motion starts, from where it leads."""
    fade = _MEMORY * np.maximum(motion.trust, _LEAST)
    carried: Sum = warp(known, motion.flow)
    # Any colour is better than none: what is known stays so however often it fades.
    faintest = _FAINT / np.maximum(carried[..., 2], _TINY)
    carried *= np.maximum(fade, np.minimum(faintest, 1))[..., None]
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
