"""Where a new shot starts, told from luma alone while the frames stream by.

A cut is a step to a picture that shares nothing with the ones before it. Three kinds
of change look like one and are not: flicker (brightness and contrast are taken out
before anything is compared), a pan (its neighbours move as much), and a flash, dirt or
a splice (a moment later the old picture is back, perhaps shifted). Old film is full of
all three.

A fade through black gives a cut where the picture comes back. A dissolve gives none: it
needs no hard reset, as the old colour leaves with the old picture.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from statistics import median
from typing import Any, NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
Luma = NDArray[np.uint8] | NDArray[np.uint16]
_Picture = NDArray[np.float32]

DELAY = 2  # frames: fewer find false cuts in flashes, a third one gains nothing
LOOK_BACK = 3  # frames before the one in question that may turn out to be back

# All thresholds below hold for pictures of this size; twice the size finds the same.
_WIDTH, _HEIGHT = 64, 36
_BLUR = 0.8  # pixels: grain is gone, edges are not

_STEP = 0.45  # a smaller change, in standard deviations, is never a cut
_RATIO = 2.0  # how far a cut stands out among the steps beside it
_STILL = 0.02  # a smaller step is a frame shown twice, which says nothing of motion
_UNLIKE = 0.35  # below it, two pictures show one scene
_EDGE = 2  # pixels: a thin bar, and what shrinking and blur have mixed with one
_DARK = 40.0  # black bars are not lighter than this, nor is a picture of nothing
_SHIFT = (4, 3)  # pixels across and down that a block may have wandered
_FLAT = 3.0  # a block with a lower standard deviation holds nothing to recognise
_STRONG = 25.0  # contrast beyond which a block has no more say


class _Box(NamedTuple):
    """Bounds of the rows and columns that are not black bars; the ends are outside."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class _Look:
    """A frame as it is compared."""

    picture: _Picture  # _HEIGHT, _WIDTH; 0..255
    lit: _Box | None  # None when all is dark
    step: float | None  # change since the frame before; None where a shot starts


def mark_shots(
    items: Iterable[T], luma: Callable[[T], Luma], depth: int = 8, inside: int = 0
) -> Iterator[tuple[T, bool]]:
    """Yield each item with whether it starts a shot; the first one does.

    `luma` gives an item's luma plane, whole or shrunk, of any shape (height, width), in
    limited or full range: codes of 8 bits if uint8, of `depth` bits if uint16. It is
    called once an item. Answers come `DELAY` items late, so `DELAY + 1` items are held
    at most. An answer rests on the frame, on the `LOOK_BACK` before it in the same
    shot, and on the `DELAY` after it. The first `inside` items are known to be inside a
    shot: if they are its last `LOOK_BACK` so far, or all that it has had, the answers
    after them are those in the whole film.
    """
    waiting: deque[T] = deque()
    coming: deque[_Look] = deque()
    past: deque[_Look] = deque(maxlen=LOOK_BACK)
    newest = None
    source = iter(items)
    for item in islice(source, inside):
        newest = _look(luma(item), depth, newest)
        past.append(newest)
        yield item, False
    for item in source:
        newest = _look(luma(item), depth, newest)
        waiting.append(item)
        coming.append(newest)
        if len(coming) > DELAY:
            yield waiting.popleft(), _advance(past, coming)
    while waiting:
        yield waiting.popleft(), _advance(past, coming)


def _advance(past: deque[_Look], coming: deque[_Look]) -> bool:
    """Move one look from `coming` to `past`, and tell whether it starts a shot.

    What came before a shot's first frame is forgotten, so that the shot is judged alike
    inside a film and cut out of it.
    """
    starts = _starts_shot(past, coming)
    now = coming.popleft()
    if starts:
        past.clear()
        now = replace(now, step=None)
    past.append(now)
    return starts


def _starts_shot(past: Sequence[_Look], coming: Sequence[_Look]) -> bool:
    """Tell whether a shot starts at the first of `coming`."""
    if not past:
        return True
    step = coming[0].step
    if step is None or step < _STEP or step < _RATIO * _usual_step(past, coming):
        return False
    return not any(_unlike(a, b) < _UNLIKE for a, b in product(past, coming))


def _usual_step(past: Sequence[_Look], coming: Sequence[_Look]) -> float:
    """Return the median of the two steps before and the two after the one in question.

    The median, since one ruined frame at a cut makes two of the four large.
    """
    beside = [*list(past)[-2:], *list(coming)[1:3]]
    steps = [look.step for look in beside if look.step is not None]
    moved = [step for step in steps if step > _STILL]
    return median(moved if len(moved) > 1 else steps or [0.0])


def _look(plane: Luma, depth: int, before: _Look | None) -> _Look:
    """Shrink a plane to what is compared, and measure its step from the one before."""
    # Shrunk in the plane's own type, as converting the whole of it would cost far more.
    small = cv2.resize(plane, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    picture = small.astype(np.float32)
    if plane.dtype == np.uint16:
        picture /= 1 << (depth - 8)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), _BLUR), np.float32)
    look = _Look(picture, _lit_box(picture), None)
    return look if before is None else replace(look, step=_step(before, look))


def _lit_box(picture: _Picture) -> _Box | None:
    """Return the part inside any black bars, or None when all is dark.

    Bars stand still through every cut, and would make all pictures alike. Thin ones are
    not seen to be dark, so an edge goes in any case.
    """
    if not (picture > _DARK).any():
        return None
    return _Box(*_lit_span(picture.max(axis=1)), *_lit_span(picture.max(axis=0)))


def _lit_span(line: _Picture) -> tuple[int, int]:
    """Return the bounds of what is lit in a line of maxima."""
    lit = np.flatnonzero(line > _DARK)
    first, end = int(lit[0]), int(lit[-1]) + 1
    edge = min(_EDGE, (end - first) // 3)
    return first + edge, end - edge


def _inside(a: _Look, b: _Look, a_lit: _Box, b_lit: _Box) -> tuple[_Picture, _Picture]:
    """Return both pictures without the bars that both have."""
    top, bottom = min(a_lit.top, b_lit.top), max(a_lit.bottom, b_lit.bottom)
    left, right = min(a_lit.left, b_lit.left), max(a_lit.right, b_lit.right)
    if bottom - top < _HEIGHT // 3 or right - left < _WIDTH // 4:
        return a.picture, b.picture  # a spot of light in the dark, not a letterbox
    part = slice(top, bottom), slice(left, right)
    return a.picture[part], b.picture[part]


def _step(a: _Look, b: _Look) -> float:
    """Return the mean change between two looks, brightness and contrast taken out."""
    if a.lit is None or b.lit is None:
        return 0.0 if a.lit == b.lit else 2.0  # as far apart as pictures ever are
    first, second = (_normalised(p) for p in _inside(a, b, a.lit, b.lit))
    return float(np.abs(first - second).mean())


def _normalised(picture: _Picture) -> _Picture:
    # The 4 keeps the noise of an even picture from being blown up to a scene.
    scaled: _Picture = (picture - picture.mean()) / (picture.std() + 4)
    return scaled


def _unlike(a: _Look, b: _Look) -> float:
    """Return 0 for two looks at one scene, about 1 for looks at unrelated ones."""
    if a.lit is None or b.lit is None:
        return 0.0 if a.lit == b.lit else 1.0
    first, second = _inside(a, b, a.lit, b.lit)
    rows, columns = first.shape[0] // 2, first.shape[1] // 3
    lost = weights = 0.0
    for y, x in product((0, rows), (0, columns, 2 * columns)):
        block = first[y : y + rows, x : x + columns]
        weight = min(float(block.std()), _STRONG)
        if weight >= _FLAT:
            lost += weight * (1 - _likeness(block, _around(second, y, x, block.shape)))
            weights += weight
    if weights:
        return lost / weights
    return 0.0 if second.std() < _FLAT + 1 else 1.0


def _around(picture: _Picture, y: int, x: int, shape: tuple[Any, ...]) -> _Picture:
    """Return the place of a block, and as far around it as the block may have moved."""
    across, down = _SHIFT
    rows = slice(max(0, y - down), y + shape[0] + down)
    return picture[rows, max(0, x - across) : x + shape[1] + across]


def _likeness(block: _Picture, around: _Picture) -> float:
    """Return the best correlation of a block with any place of the same size, 0..1."""
    found = cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED).max()
    # Against an even patch the quotient is 0 / 0, or rounding takes it past 1.
    return float(np.clip(found, 0, 1)) if np.isfinite(found) else 0.0
