"""Where a film's time goes, stage by stage.

Each stage is run alone over a list, which tells what it costs with all its threads.
Then the whole is run as it is, and looked at many times a second: that tells where its
threads are, and for how long they wait for each other. What a stage asks of a GPU it
waits for itself, before it hands anything on: that time is its own, too.
"""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, Self, TypeVar
from unittest.mock import patch

from ways import Spent

import vidcolor.media.writer as media_writer
from vidcolor import planes
from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer
from vidcolor.defaults import RADIUS
from vidcolor.gpu.painter import gpu_painter
from vidcolor.media.join import join
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer
from vidcolor.pace import USUAL
from vidcolor.pipeline import Geometry, Painted, look, paint, predict, show
from vidcolor.smooth import smooth
from vidcolor.steady import steady
from vidcolor.thread import _put, in_thread
from vidcolor.upsample import spread

T = TypeVar("T")

WAITING = "waiting on queues"

# In the order of a frame's way. A thread is in the stage that it has entered last.
STAGES: dict[str, tuple[Callable[..., Any], ...]] = {
    "decode": (Reader.frames,),
    "lightness": (look,),
    "shots": (show,),
    "flow, steady": (steady,),
    "network": (predict,),
    "smoothing": (smooth,),
    "upsampling": (spread,),
    "chroma": (paint,),
    "encode": (Writer.write, Writer.__exit__),
    "join": (join,),
    WAITING: (in_thread, _put),
}

_PAUSE = 0.004  # seconds between two looks


def spend(clip: Path, target: Path, colorizer: Colorizer, end: Fraction) -> Spent:
    """Go through a clip once as a whole, and once stage by stage."""
    with Watch() as watch:
        done = colorize(clip, target, model=colorizer, end=end, overwrite=True)
    return Spent(done.frames, _alone(clip, target, colorizer, end), watch.seconds)


def _alone(
    clip: Path, target: Path, colorizer: Colorizer, end: Fraction
) -> dict[str, float]:
    """Run each stage over all that the one before has given; return CPU seconds."""
    clock = Clock()
    with Reader(clip) as reader:
        info, shape = reader.info, Geometry()
        plan = plan_target(info, target, overwrite=True)
        frames = clock.run("decode", reader.frames(end=end))
        sights = clock.run("lightness", look(frames, colorizer, info.yuv, shape))
        shown = clock.run("shots", show(sights, USUAL.every))
        scenes = clock.run("flow, steady", steady(shown))
        predicted = clock.run("network", predict(scenes, colorizer, USUAL.every))
        smoothed = clock.run("smoothing", smooth(predicted, RADIUS))
        with clock.within("chroma", planes, "spread", "upsampling"):
            formats = info.yuv, plan.yuv
            painting = paint(
                smoothed, *formats, shape, gpu_painter(colorizer, *formats)
            )
            painted = clock.run("chroma", painting)
        with clock.within("encode", media_writer, "join", "join"):
            clock.run("encode", _write(painted, Writer(plan, info, end=end)))
    return dict(clock.cpu)


def _write(painted: Iterable[Painted], film: Writer) -> Iterator[None]:
    with film as writer:
        for item in painted:
            writer.write(item.frame, item.cb, item.cr, item.starts_shot, item.memory)
            yield


class Clock:
    """CPU seconds of this process by stage, of which one runs at a time."""

    def __init__(self) -> None:
        self.cpu = defaultdict[str, float](float)

    def run(self, stage: str, items: Iterable[T]) -> list[T]:
        """Return the items that a stage gives."""
        with self.timed(stage):
            return list(items)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count what the block does for a stage."""
        began = time.process_time()
        yield
        self.cpu[stage] += time.process_time() - began

    @contextmanager
    def within(
        self, outer: str, module: ModuleType, name: str, inner: str
    ) -> Iterator[None]:
        """Count what a module's function does for the inner stage, not the outer."""
        work = getattr(module, name)

        def counted(*args: Any, **kwargs: Any) -> Any:
            before = self.cpu[inner]
            with self.timed(inner):
                result = work(*args, **kwargs)
            self.cpu[outer] -= self.cpu[inner] - before
            return result

        with patch.object(module, name, counted):
            yield


class Watch:
    """Looks at all threads while the `with` block runs, and notes where they are."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._stages: dict[CodeType, str] = {
            entry.__code__: stage
            for stage, entries in STAGES.items()
            for entry in entries
        }
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        before = time.perf_counter()
        while not self._over.wait(_PAUSE):
            now = time.perf_counter()
            for frame in sys._current_frames().values():
                stage = self._stage(frame)
                if stage is not None:
                    self.seconds[stage] += now - before
            before = now

    def _stage(self, frame: FrameType | None) -> str | None:
        """Return the stage that was entered last on the way to a frame."""
        while frame is not None:
            if frame.f_code in self._stages:
                return self._stages[frame.f_code]
            frame = frame.f_back
        return None
