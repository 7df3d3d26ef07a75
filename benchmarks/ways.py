"""Ways through a film, and what each costs in a process of its own.

A way is a function that gets ready (imports, networks, a first prediction) and returns
the work, which goes through the film and returns how many frames it had.
"""

import os
import platform
import re
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from clips import RATE

from vidcolor.cli.heap import keep_freed_memory
from vidcolor.cli.sleep import let_threads_sleep

if TYPE_CHECKING:
    from vidcolor.colorizer import Colorizer

P = ParamSpec("P")
R = TypeVar("R")
Work = Callable[[], int]

GPU_TIMES = (
    50  # times the frames for the network alone, of which a GPU makes short work
)


@dataclass(frozen=True, slots=True)
class Film:
    """What is coloured, and with what."""

    clip: Path
    frames: int  # of the clip, from its beginning
    device: str
    model: str | None = None  # a name or a file; None: the default
    size: int | None = None  # short side at the network, in pixels; None: the model's

    @property
    def end(self) -> Fraction:
        """Return when the frames end, in seconds."""
        return Fraction(self.frames, RATE)

    @property
    def target(self) -> Path:
        """Return where a result may go."""
        return self.clip.with_name("result.mp4")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of each stage, for so many frames."""

    frames: int
    cpu: dict[str, float]  # of all threads; each stage ran alone
    wall: dict[str, float]  # of the thread that the stage ran in, in the whole

    def cpu_frame(self, stage: str) -> float:
        """Return CPU seconds a frame."""
        return self.cpu.get(stage, 0.0) / self.frames

    def wall_frame(self, stage: str) -> float:
        """Return seconds a frame."""
        return self.wall[stage] / self.frames


@dataclass(frozen=True, slots=True)
class Cost:
    """What work has cost."""

    frames: int
    seconds: float
    cpu: float  # seconds, user and system, of the process and its children
    peak: float  # resident memory of the process, in MB, getting ready included

    @property
    def rate(self) -> float:
        """Return frames a second."""
        return self.frames / self.seconds

    @property
    def cpu_frame(self) -> float:
        """Return CPU seconds a frame."""
        return self.cpu / self.frames


def apart(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run work in a fresh process like the command's, whose peak of memory is its own.

    It begins with this process's peak, so nothing large may be done in this one.
    """
    with ProcessPoolExecutor(1, get_context("spawn"), _begin) as pool:
        return pool.submit(work, *args, **kwargs).result()


def _begin() -> None:
    """Do what the command does before anything else, and before torch is there."""
    keep_freed_memory()
    let_threads_sleep()


def cost(way: Callable[..., Work], *args: object) -> Cost:
    """Return what a way costs, once it is ready."""
    work = way(*args)
    began, cpu_began = time.perf_counter(), cpu_seconds()
    frames = work()
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - cpu_began
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return Cost(frames, seconds, cpu, peak)


def cpu_seconds() -> float:
    """Return CPU seconds of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def colorizing(film: Film, fast: bool) -> Work:
    """Colour the film as `vidcolor colorize` does."""
    from vidcolor.coloring import colorize

    colorizer = _ready(film)

    def work() -> int:
        return colorize(
            film.clip,
            film.target,
            model=colorizer,
            fast=fast,
            end=film.end,
            overwrite=True,
        ).frames

    return work


def transcoding(film: Film) -> Work:
    """Encode the film as `colorize` would, and do nothing else to it."""
    import av
    from av.video.stream import VideoStream

    encoder, options = encoding(film)

    def work() -> int:
        with av.open(str(film.clip)) as source, av.open(str(film.target), "w") as out:
            video = source.streams.video[0]
            video.thread_type = "AUTO"
            result = out.add_stream(encoder, video.average_rate, options)
            assert isinstance(result, VideoStream)
            result.width, result.height = video.width, video.height
            result.pix_fmt = video.pix_fmt
            for number, picture in enumerate(source.decode(video)):
                if number == film.frames:
                    break
                picture.pict_type = 0  # else the source's are forced on the encoder
                out.mux(result.encode(picture))
            out.mux(result.encode(None))
        return film.frames

    return work


def predicting(film: Film) -> Work:
    """Ask the network alone, as often as there are frames; on a GPU, more often."""
    import torch

    from vidcolor.media.reader import Reader

    colorizer = _ready(film)
    with Reader(film.clip) as reader:
        size = colorizer.network_size(reader.info.height, reader.info.width)
    batch = torch.rand(colorizer.batch, *size) * 100
    count = film.frames * (1 if film.device == "cpu" else GPU_TIMES)

    def work() -> int:
        for done in range(0, count, colorizer.batch):
            colorizer.predict(batch[: count - done])  # waits for the answer
        return count

    return work


def by_frame(film: Film) -> Work:
    """Colour the film as it was done before."""
    import torch
    from seed import SIZE, color_by_frame

    from vidcolor_models import load_model

    assert film.model is not None
    encoder, options = encoding(film)
    device = "cpu" if film.device == "auto" else film.device
    network = load_model(film.model).network.to(device)
    with torch.inference_mode():
        network(torch.zeros(1, 1, SIZE, SIZE, device=device))

    def work() -> int:
        return color_by_frame(
            film.clip, film.target, network, encoder, options, film.frames
        )

    return work


def by_stages(film: Film) -> Spent:
    """Go through the film stage by stage, and as a whole."""
    from stages import spend

    colorizer = _ready(film)
    return spend(film.clip, film.target, colorizer, film.end)


def encoding(film: Film) -> tuple[str, dict[str, str]]:
    """Return the encoder that the film gets by default, and all its options."""
    from vidcolor.media.encoder import repeatable
    from vidcolor.media.plan import plan_target
    from vidcolor.media.reader import Reader

    with Reader(film.clip) as reader:
        plan = plan_target(reader.info, film.target, overwrite=True)
        return plan.encoder, repeatable(plan)


def make_weights(name: str, path: Path) -> Path:
    """Write made-up weights of a network of the zoo: they cost as much as trained."""
    import torch
    from safetensors.torch import save_file

    from vidcolor_models import MODELS

    torch.manual_seed(0)
    save_file(MODELS[name].build().state_dict(), path)
    return path


def device_name(device: str) -> str:
    """Return the processor's name, and the GPU's if it is one."""
    import torch

    names = [platform.processor() or platform.machine()]
    if device == "cuda":
        names.append(torch.cuda.get_device_name())
    info = Path("/proc/cpuinfo")
    if info.exists():
        names[0] = re.search(r"model name\s*: (.*)", info.read_text())[1]
    return ", ".join(names)


def _ready(film: Film) -> "Colorizer":
    """Return a colorizer that has predicted once."""
    import av
    import torch

    from vidcolor.colorizer import Colorizer
    from vidcolor_models import DEFAULT_MODEL

    colorizer = Colorizer(film.model or DEFAULT_MODEL, film.device, film.size)
    with av.open(str(film.clip)) as clip:
        video = clip.streams.video[0]
        seen = colorizer.network_size(video.height, video.width)
    colorizer.predict(torch.zeros(colorizer.batch, *seen))
    return colorizer
