"""One frame's way from luma to chroma planes, as stages that hand frames on.

look -> mark_shots -> steady -> predict -> smooth -> paint. Each is a generator over an
iterator; three threads besides the caller's run them, so that decoding, the network,
painting and encoding overlap. What is held is bounded by the window and the queues.
"""

import math
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import islice
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.chroma import make_table, to_grey, to_lightness, to_luma
from vidcolor.colorizer import Colorizer
from vidcolor.gpu.painter import GpuPainter, gpu_painter
from vidcolor.media.picture import Frame
from vidcolor.memory import NOTHING, Memory
from vidcolor.pace import ALONE, Pace
from vidcolor.planes import Planes, chroma_planes
from vidcolor.rgb_space import SRGB, RgbSpace
from vidcolor.shots import LOOK_BACK, mark_shots
from vidcolor.smooth import Prediction, smooth
from vidcolor.steady import Scene, steady
from vidcolor.thread import in_thread, in_threads, workers
from vidcolor.titles import picture_share
from vidcolor.upsample import shrink_codes
from vidcolor.yuv import YuvFormat

_AHEAD = 4  # frames that wait between two threads at least
_PAINTED = 2  # that wait for the encoder, which has threads and a queue of its own
_TOGETHER = 32  # frames that the network is asked about together at most: they are held
_STEPS = 1 << 16  # of what is looked up in tables, from 0 to 1


@dataclass(frozen=True, slots=True)
class Sight:
    """A frame, and what the network sees of it."""

    frame: Frame
    luma: Tensor  # h, w; 0..1 as sRGB codes grey, upright


@dataclass(frozen=True, slots=True)
class Painted:
    """A frame, and the chroma planes that belong to its luma."""

    frame: Frame
    cb: NDArray[Any]
    cr: NDArray[Any]
    starts_shot: bool
    memory: Memory | None = None  # with which work can go on at this frame, if it can


@dataclass(frozen=True, slots=True)
class Geometry:
    """How a film's pixels lie: what it takes to see it upright and in its shape."""

    turns: int = 0  # quarter turns, counter-clockwise, until it is upright
    sar: Fraction = Fraction(1)


def color_frames(
    frames: Iterable[Frame],
    colorizer: Colorizer,
    source: YuvFormat,
    target: YuvFormat,
    radius: int,
    geometry: Geometry = Geometry(),
    pace: Pace = ALONE,
    memory: Memory = NOTHING,
) -> Generator[Painted]:
    """Yield every frame with chroma for its luma, in order, a few frames late.

    `source` is how the frames' luma is coded, `target` how chroma shall be; `radius`
    counts the frames to come that have a say in one's ab, and with 0 each frame is
    coloured for itself. The `pace` says which the network sees: the first frame of a
    shot, and some after it, from which the others have their colour. Frames from the
    start of a shot on have the colours that they have in the whole film. So have those
    from one on that came with the `memory` given: then `frames` begin `run_up` frames
    before it, which are not yielded.
    """
    threads = workers()  # as this thread knows: the stages' work alone
    every = pace.every
    scenes = show(look(frames, colorizer, source, geometry), every, memory)
    if radius:
        scenes = steady(scenes, memory, threads, pace.scale)
    # The others have work while the network thinks.
    ahead = max(_AHEAD, colorizer.batch) + every - 1
    # Closed by name, from the last to the first: an error's traceback holds on to the
    # stages it came through, and their threads would live as long as it does.
    with ExitStack() as stack:
        shown = stack.enter_context(closing(in_thread(scenes, ahead)))
        new = islice(shown, min(1, memory.frames), None)  # without the one before
        predicted = predict(new, colorizer, every)
        smoothed = stack.enter_context(
            closing(in_thread(smooth(predicted, radius, memory), ahead))
        )
        gpu = gpu_painter(colorizer, source, target)
        painted = paint(smoothed, source, target, geometry, gpu, threads)
        # A third of a second, while the first frames are on their way.
        getting_ready = partial(make_table, target.matrix, target.rgb)
        yield from stack.enter_context(
            closing(in_thread(painted, _PAINTED, getting_ready))
        )


def look(
    frames: Iterable[Frame], colorizer: Colorizer, yuv: YuvFormat, geometry: Geometry
) -> Iterator[Sight]:
    """Yield each frame with its luma at the network's size, upright."""
    for frame in frames:
        height, width = frame.luma.shape
        sar = geometry.sar
        if geometry.turns % 2:
            height, width, sar = width, height, 1 / sar
        size = colorizer.network_size(height, width, sar)
        small = shrink_codes(np.rot90(frame.luma, geometry.turns), *size)
        yield Sight(frame, _grey(to_luma(small, yuv), yuv.rgb))


def run_up(memory: Memory) -> int:
    """Return how many frames before a memory's are looked at again."""
    return min(LOOK_BACK, memory.frames)


def show(
    sights: Iterable[Sight], every: int = 1, memory: Memory = NOTHING
) -> Iterator[tuple[Frame, Scene]]:
    """Yield each frame with what there is to see of it, and where shots start.

    The network is to be asked about a shot's first frame and `every`-th after it. With
    a memory, of its run-up only the last frame is yielded: the next is compared to it.
    """
    before = run_up(memory)
    marked = mark_shots(sights, _thumbnail, inside=before)
    since = memory.frames - 2  # of the frame before the first that is yielded
    for sight, starts in islice(marked, max(0, before - 1), None):
        since = 0 if starts else since + 1
        lightness, asked = _lightness(sight.luma), since % every == 0
        yield sight.frame, Scene(lightness, starts, asked, memory=Memory(since))


def predict(
    scenes: Iterable[tuple[Frame, Scene]], colorizer: Colorizer, every: int = 1
) -> Iterator[tuple[Frame, Prediction]]:
    """Yield each frame with the ab that the network gives it, none for titles.

    It is asked about one in `every`. Of the others it says nothing: their ab is 0, and
    wholly uncertain. The first frame must be one that it is asked about. Work can go on
    with the first of those that it is asked together, on which its rounding may depend.
    """
    # Whole rounds: the first of each batch, where work may go on, is one that is asked.
    rounds = max(1, min(colorizer.batch, _TOGETHER // every))
    for batch in _batches(scenes, rounds * every):
        answers = _answers([s.lightness for _, s in batch if s.asked], colorizer)
        for number, (frame, scene) in enumerate(batch):
            if scene.asked:
                ab, uncertainty = next(answers)
                ab = ab * picture_share(scene.lightness)
            else:
                ab = torch.zeros_like(ab)
                uncertainty = torch.full_like(uncertainty, math.inf)
            memory = None if number else scene.memory
            yield (
                frame,
                Prediction(ab, uncertainty, scene.starts_shot, scene.step, memory),
            )


def _batches(
    scenes: Iterable[tuple[Frame, Scene]], size: int
) -> Iterator[list[tuple[Frame, Scene]]]:
    """Yield scenes, at most `size` of one shot at a time.

    Each shot begins anew: what the network is asked together, on which its rounding
    may depend, does not depend on where in the film the work began.
    """
    batch: list[tuple[Frame, Scene]] = []
    for entry in scenes:
        if batch and entry[1].starts_shot:
            yield batch
            batch = []
        batch.append(entry)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _answers(
    lightness: list[Tensor], colorizer: Colorizer
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ab and its uncertainty for each, as many at a time as the device likes."""
    for first in range(0, len(lightness), colorizer.batch):
        said = colorizer.predict(
            torch.stack(lightness[first : first + colorizer.batch])
        )
        yield from zip(said.ab, said.uncertainty, strict=True)


def paint(
    predictions: Iterable[tuple[Frame, Prediction]],
    source: YuvFormat,
    target: YuvFormat,
    geometry: Geometry,
    gpu: GpuPainter | None = None,
    threads: int = 1,
) -> Iterator[Painted]:
    """Yield each frame with its chroma planes; with a GPU's help, one frame late.

    On the CPU, so many `threads` paint a frame each.
    """
    if gpu is not None:
        yield from _paint_on_gpu(predictions, geometry, gpu)
        return

    def painted(entry: tuple[Frame, Prediction]) -> Painted:
        frame, prediction = entry
        what = frame.luma, _ab_as_stored(prediction, geometry)
        return _painted(*entry, chroma_planes(*what, source, target, _is_woven(frame)))

    yield from in_threads(painted, predictions, threads)


def _paint_on_gpu(
    predictions: Iterable[tuple[Frame, Prediction]], geometry: Geometry, gpu: GpuPainter
) -> Iterator[Painted]:
    begun: deque[tuple[Frame, Prediction, Callable[[], Planes]]] = deque()
    for frame, prediction in predictions:
        what = frame.luma, _ab_as_stored(prediction, geometry)
        begun.append((frame, prediction, gpu.begin(*what, _is_woven(frame))))
        if len(begun) > 1:
            yield _finished(*begun.popleft())
    for entry in begun:
        yield _finished(*entry)


def _finished(
    frame: Frame, prediction: Prediction, planes: Callable[[], Planes]
) -> Painted:
    return _painted(frame, prediction, planes())


def _ab_as_stored(prediction: Prediction, geometry: Geometry) -> Tensor:
    """Return ab (2, h, w) turned as the film's pictures are stored."""
    return torch.rot90(prediction.ab, -geometry.turns, (1, 2))


def _is_woven(frame: Frame) -> bool:
    return bool(frame.picture.interlaced_frame)


def _painted(frame: Frame, prediction: Prediction, planes: Planes) -> Painted:
    return Painted(frame, *planes, prediction.starts_shot, prediction.memory)


def _grey(luma: Tensor, space: RgbSpace) -> Tensor:
    """Return the greys with this luma (h, w), 0..1, as sRGB codes them, to 16 bits."""
    return luma if space == SRGB else _look_up(luma, _greys(space))


def _lightness(grey: Tensor) -> Tensor:
    """Return L, 0..100, of greys (h, w), 0..1, to a 1000th."""
    return _look_up(grey, _lightnesses())


def _look_up(values: Tensor, table: NDArray[np.float32]) -> Tensor:
    """Return what a table has for values (h, w), 0..1."""
    # Powers of each pixel take several times as long as looking them up, and torch's
    # last bit of them depends on how many threads there are.
    nearest = np.rint(values.numpy() * _STEPS).astype(int)
    return torch.from_numpy(table.take(nearest))


@cache
def _greys(space: RgbSpace) -> NDArray[np.float32]:
    return _table(partial(to_grey, space=space))


@cache
def _lightnesses() -> NDArray[np.float32]:
    return _table(to_lightness)


def _table(function: Callable[[Tensor], Tensor]) -> NDArray[np.float32]:
    steps = torch.linspace(0, 1, _STEPS + 1, dtype=torch.float64)
    found: NDArray[np.float32] = function(steps[None])[0].float().numpy()
    return found


def _thumbnail(sight: Sight) -> NDArray[np.uint8]:
    return np.asarray(cv2.convertScaleAbs(sight.luma.numpy(), alpha=255), np.uint8)
