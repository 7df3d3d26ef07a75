"""How fast vidcolor is, and where its time goes: python benchmarks/performance.py

Clips are made of scikit-image's photographs. The ways through them take turns
(A B A B), each in a process of its own, and are compared within a turn: what a busy
machine does to one, it does to all. Medians of the turns are shown. Start-up (imports,
weights) is not counted, but all that a film takes from being opened to being whole.
"""

import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from chart import Bars, draw_bars
from clips import loop_clip, make_clip
from rich.console import Console
from tables import Row, Table
from ways import (
    Cost,
    Film,
    Spent,
    Work,
    apart,
    by_frame,
    by_stages,
    colorizing,
    cost,
    device_name,
    make_weights,
    predicting,
    transcoding,
)

SIZES = ["640x360", "1280x720", "1920x1080"]
LARGE = "3840x2160"  # added for GPUs
SEED_SIZE = "1280x720"  # where the seed's way is measured
SEED_PIXELS = 192  # short side at which 16:9 has as many as the seed's 256x256
FRAMES, GPU_FRAMES = 240, 480  # of each clip: a GPU is sooner done with them
SLOW = 4  # times: so many frames less for what is slow
LONG = 10  # times the frames, to see what a film's length does to memory

TRANSCODE, NETWORK, FILM, FAST = "transcode", "network", "vidcolor", "vidcolor --fast"
LONG_FILM = f"{FAST}, {LONG} times the frames"
SEEDS = {"eccv16": "ECCV16", "siggraph17": "SIGGRAPH17"}

Turn = dict[tuple[str, str], Cost]  # by size and way
Way = tuple[Callable[..., Work], tuple[object, ...]]  # and what it takes


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, turn by turn."""

    turns: list[Turn] = field(default_factory=list)
    stages: dict[str, list[Spent]] = field(default_factory=dict)  # by size


def main(
    device: Annotated[str, typer.Option(help="cpu, cuda or mps.")] = "cpu",
    size: Annotated[
        list[str] | None, typer.Option(help="WIDTHxHEIGHT, instead of the usual ones.")
    ] = None,
    frames: Annotated[
        int | None, typer.Option(min=SLOW, help="Of each clip, not the usual number.")
    ] = None,
    turns: Annotated[int, typer.Option(min=1, help="Repeats.")] = 3,
    plot: Annotated[Path | None, typer.Option(help="A PNG to write.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="A file to write.")] = None,
) -> None:
    """Measure, and print the tables."""
    sizes = size or SIZES + [LARGE] * (device == "cuda")
    with tempfile.TemporaryDirectory() as folder:
        count = frames or (FRAMES if device == "cpu" else GPU_FRAMES)
        measured = measure(Path(folder), sizes, device, count, turns)
    tables = list(tables_of(measured))
    console = Console()
    for table in tables:
        table.show(console)
    if plot is not None:
        draw_bars(bars_of(measured), "ms").save(plot)
    if markdown is not None:
        command = shlex.join(["python", *sys.argv])
        text = [f"`{command}`", machine(device), *(t.markdown() for t in tables)]
        markdown.write_text("\n\n".join(text))


def measure(
    folder: Path, sizes: list[str], device: str, frames: int, turns: int
) -> Measured:
    """Make the clips and go through them, turn after turn."""
    films = dict[str, Film]()
    for size in sizes:
        say(f"a clip of {size}")
        width, height = (int(side) for side in size.split("x"))
        clip = apart(make_clip, folder / f"{size}.mp4", width, height, frames)
        films[size] = Film(clip, frames, device)
    ways = dict(ways_through(films, folder))
    measured = Measured(stages={size: [] for size in sizes})
    for number in range(turns):
        turn = Turn()
        for key, (way, arguments) in ways.items():
            say(f"turn {number + 1} of {turns}: {', '.join(key)}")
            turn[key] = apart(cost, way, *arguments)
        for size, film in films.items():
            say(f"turn {number + 1} of {turns}: {size}, stages")
            some = replace(film, frames=frames // 2)  # they are all held at once
            measured.stages[size].append(apart(by_stages, some))
        measured.turns.append(turn)
    return measured


def say(what: str) -> None:
    """Tell on stderr what is being done."""
    print(what, file=sys.stderr, flush=True)


def ways_through(
    films: dict[str, Film], folder: Path
) -> Iterator[tuple[tuple[str, str], Way]]:
    """Yield the ways by size and name."""
    for size, film in films.items():
        yield (size, TRANSCODE), (transcoding, (film,))
        yield (size, NETWORK), (predicting, (film,))
        yield (size, FILM), (colorizing, (film, False))
        yield (size, FAST), (colorizing, (film, True))
    if SEED_SIZE in films:
        film = films[SEED_SIZE]
        for model, name in SEEDS.items():
            weights = apart(make_weights, model, folder / f"{model}.safetensors")
            few = replace(film, frames=film.frames // SLOW, model=str(weights))
            yield (SEED_SIZE, f"seed, {name}"), (by_frame, (few,))
            yield (SEED_SIZE, f"vidcolor, {name}"), (colorizing, (few, False))
            same = replace(few, size=SEED_PIXELS)
            yield (SEED_SIZE, same_pixels(name)), (colorizing, (same, False))
    size, film = next(iter(films.items()))
    clip = apart(loop_clip, film.clip, folder / "long.mp4", LONG)
    long = replace(film, clip=clip, frames=film.frames * LONG)
    yield (size, LONG_FILM), (colorizing, (long, True))  # as much memory as without


def same_pixels(name: str) -> str:
    """Return what vidcolor is called where its network sees what the seed's does."""
    return f"vidcolor, {name}, --size {SEED_PIXELS}"


def tables_of(measured: Measured) -> Iterator[Table]:
    """Yield what there is to show."""
    rows: list[Row] = [
        (f"{size}, {way}", f"{rate:.1f}", f"{cpu * 1000:.0f}", f"{peak:.0f}")
        for (size, way), rate, cpu, peak in costs(measured)
    ]
    yield Table("Costs", ("", "frames/s", "CPU ms a frame", "peak MB"), rows)
    found = [compare(turn) for turn in measured.turns]
    rows = [(what, f"{median(turn[what] for turn in found):.2f}") for what in found[0]]
    yield Table("Ratios", ("", "times"), rows)
    head = "", *(f"{size}, {of}" for size in measured.stages for of in ("CPU", "time"))
    yield Table("Stages, ms a frame", head, list(stage_rows(measured)))


def costs(measured: Measured) -> Iterator[tuple[tuple[str, str], float, float, float]]:
    """Yield each way's frames a second, CPU seconds a frame, and peak memory in MB."""
    for key in measured.turns[0]:
        each = [turn[key] for turn in measured.turns]
        yield (
            key,
            median(cost.rate for cost in each),
            median(cost.cpu_frame for cost in each),
            median(cost.peak for cost in each),
        )


def compare(turn: Turn) -> dict[str, float]:
    """Return by what one way is more than others, in one turn."""
    ratios = dict[str, float]()
    for size in dict.fromkeys(size for size, _ in turn):
        transcode, network, film = (
            turn[size, way] for way in (TRANSCODE, NETWORK, FILM)
        )
        floor = transcode.cpu_frame + network.cpu_frame
        ratios[f"{size}: CPU, of transcode + network"] = film.cpu_frame / floor
        ratios[f"{size}: time, of transcode"] = transcode.rate / film.rate
    for name in SEEDS.values():
        if (SEED_SIZE, f"seed, {name}") in turn:
            seed = turn[SEED_SIZE, f"seed, {name}"]
            for way in (FILM, FAST, f"vidcolor, {name}", same_pixels(name)):
                faster = turn[SEED_SIZE, way].rate / seed.rate
                ratios[f"{SEED_SIZE}: speed, {way}, of the seed's {name}"] = faster
    size = next(size for size, way in turn if way == LONG_FILM)
    longer = turn[size, LONG_FILM].peak / turn[size, FAST].peak
    ratios[f"{size}: peak memory, {LONG} times the frames"] = longer
    return ratios


def stage_rows(measured: Measured) -> Iterator[Row]:
    """Yield each stage's CPU time alone, and its time in the whole, of each size."""
    of_sizes = list(measured.stages.values())
    for stage in of_sizes[0][0].wall:
        cells = list[str]()
        for spent in of_sizes:
            cells += [
                f"{median(s.cpu_frame(stage) for s in spent) * 1000:.1f}",
                f"{median(s.wall_frame(stage) for s in spent) * 1000:.1f}",
            ]
        yield stage, *cells


def bars_of(measured: Measured) -> Bars:
    """Return what a frame costs in CPU time, in ms: the floor, and the stages."""
    cpu = {key: cpu for key, _, cpu, _ in costs(measured)}
    bars = Bars()
    for size, spent in measured.stages.items():
        bars[f"{size}: the floor"] = {
            way: cpu[size, way] * 1000 for way in (TRANSCODE, NETWORK)
        }
        bars[f"{size}: vidcolor"] = {
            stage: median(s.cpu_frame(stage) for s in spent) * 1000
            for stage in spent[0].wall
            if stage in spent[0].cpu
        }
    return bars


def machine(device: str) -> str:
    """Return what this ran on, and with what."""
    cores = len(os.sched_getaffinity(0))
    packages = ["torch", "av", "opencv-python-headless", "numpy"]
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{cores} cores of {apart(device_name, device)}; {platform.system()}, "
        f"Python {platform.python_version()}, {versions}"
    )


if __name__ == "__main__":
    typer.run(main)
