"""Damaged films and photos through the command line: python benchmarks/fuzz.py FOLDER

Each case is a file of the folder with faults in it, by its number and the seed, given
to `info`, `preview` and `colorize --end 1`, each in a process of its own. It must end
in time with 0, 1 or 3, without a traceback or an escape sequence, and leave the source
as it was and nothing beside the target. What does not is kept, and named with its
number: `--only NUMBER` runs it again.

The network is a toy with one layer: it is the files that are tried here.
"""

import hashlib
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from random import Random
from typing import Annotated

import cv2
import numpy as np
import torch
import typer
from mutations import mutated
from torch import Tensor, nn

import vidcolor
from vidcolor import cli
from vidcolor.colorizer import Colorizer
from vidcolor.stills import STILL_SUFFIXES
from vidcolor_models.answer import Answer
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import sha256_of

_LARGEST = 300_000  # bytes of a file that are taken; the rest is cut off
_MEMORY = 6 << 30  # bytes: what a photo of the most pixels takes
_CRASHED = 70  # exit code of a traceback; sysexits.h calls it EX_SOFTWARE
_CONTROLS = re.compile(r"[^\n\x20-\U0010FFFF]|[\x7f-\x9f]")


class Toy(nn.Module):
    """One layer, which colours by lightness."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 3, 1, stride=4)

    def forward(self, lightness: Tensor) -> Answer:
        """Return ab and doubt at a quarter of the size."""
        answer = self.layer(lightness / 100)
        return Answer(answer[:, :2] * 40, answer[:, 2:].abs() + 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command on one case."""

    code: int  # negative: killed by this signal
    said: str  # on both streams
    seconds: float
    memory: int  # bytes, at most

    def faults(self, limit: float) -> Iterator[str]:
        """Yield what is wrong with it, a word each."""
        if self.seconds >= limit:
            yield "hang"
        elif self.code < 0:
            yield f"killed by {signal.Signals(-self.code).name}"
        elif self.code not in (0, cli.FAILED, cli.DAMAGED):
            yield f"exit {self.code}"
        if "Traceback" in self.said:
            yield f"traceback {self.said.strip().splitlines()[-1][:80]}"
        if _CONTROLS.search(self.said):
            yield "control characters"
        if self.code == cli.FAILED and "error:" not in self.said:
            yield "failed without a word"
        if self.memory > _MEMORY:
            yield "memory"


def main(
    folder: Annotated[Path, typer.Argument(help="Of films and photos.")],
    count: Annotated[int, typer.Option(help="How many damaged files.")] = 2000,
    seed: Annotated[int, typer.Option()] = 0,
    first: Annotated[int, typer.Option(help="Begin with this case.")] = 0,
    only: Annotated[int | None, typer.Option(help="Run this case, aloud.")] = None,
    limit: Annotated[float, typer.Option(help="Seconds for one command.")] = 60,
    keep: Annotated[Path, typer.Option(help="Where failures go.")] = Path("failures"),
) -> None:
    """Run the cases, and print what each kind of outcome was seen how often."""
    originals = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    codes: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work:
        _prepare(Path(work))
        for number in range(first, first + count) if only is None else [only]:
            case = Path(work) / "case"
            source = _make_case(case, originals, Random(f"{seed} {number}"))
            for command, outcome, left in _run_all(case, source, limit):
                codes[f"{command} {outcome.code}"] += 1
                wrong = [*outcome.faults(limit), *left]
                faults.update(f"{command}: {fault}" for fault in wrong)
                if wrong or only is not None:
                    print(f"{number} {source.name} {command}: {wrong}", flush=True)
                    _keep(keep / f"{number}-{command}", source, outcome.said)
            shutil.rmtree(case)
            if number % 100 == 99:
                print(f"case {number} is done", flush=True)
    for name, times in sorted(codes.items()):
        print(f"{times:6} {name}")
    for name, times in faults.most_common():
        print(f"{times:6} FAULT {name}")
    raise typer.Exit(1 if faults else 0)


def _prepare(work: Path) -> None:
    """Give the toy a place in the zoo, and do here what each process would do anew."""
    torch.set_num_threads(1)  # a thread would not live on in the processes
    cv2.setNumThreads(0)
    for module in walk_packages(vidcolor.__path__, "vidcolor."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    os.environ["VIDCOLOR_MODELS"] = str(work)
    weights = work / "toy.pth"
    torch.manual_seed(0)
    torch.save(Toy().state_dict(), weights)
    MODELS["toy"] = Entry(
        summary="One layer.",
        build=Toy,
        weights=weights.name,
        sha256=sha256_of(weights),
        licence="Apache-2.0",
        url="https://example.invalid/toy.pth",
        size=64,
        takes_hints=False,
    )
    Colorizer("toy", "cpu").colorize_image(np.zeros((64, 64), np.uint8))


def _make_case(case: Path, originals: list[Path], random: Random) -> Path:
    """Lay out a folder with a damaged source and places for whatever may appear."""
    for name in ("source", "target", "home", "tmp"):
        (case / name).mkdir(parents=True)
    path, other = random.choice(originals), random.choice(originals)
    data = [p.open("rb").read(_LARGEST) for p in (path, other)]
    source = case / "source" / f"film{path.suffix.lower()}"
    source.write_bytes(mutated(*data, random))
    return source


def _run_all(
    case: Path, source: Path, limit: float
) -> Iterator[tuple[str, Outcome, list[str]]]:
    """Yield each command's name, outcome, and what it left that it should not."""
    target = case / "target"
    model = ["--model", "toy", "--size", "64", "--device", "cpu"]
    result = target / source.name
    colorize = ["colorize", str(source), "-o", str(result), "--end", "1", *model]
    commands = {"colorize": (colorize, result)}
    if source.suffix not in STILL_SUFFIXES:
        sheet = target / "sheet.png"
        preview = ["preview", str(source), "-o", str(sheet), "--count", "2", *model]
        commands |= {
            "info": (["info", str(source), "--json"], None),
            "preview": (preview, sheet),
        }
    for name, (arguments, aim) in commands.items():
        before = _listing(case)
        outcome = _run(case, arguments, limit)
        written = outcome.code in (0, cli.DAMAGED) and aim is not None
        expected = before | ({aim.relative_to(case)} if aim and written else set())
        after = _listing(case)
        left = [f"left {name}" for name in sorted(map(str, after - expected))]
        left += [f"lost {name}" for name in sorted(map(str, expected - after))]
        yield name, outcome, left
        shutil.rmtree(target)
        target.mkdir()


def _listing(case: Path) -> set[object]:
    """Return all files and folders, and the source by its content."""
    found: set[object] = {p.relative_to(case) for p in case.rglob("*")}
    (source,) = (case / "source").glob("film.*")
    return {*found, hashlib.sha256(source.read_bytes()).hexdigest()}


def _run(case: Path, arguments: list[str], limit: float) -> Outcome:
    """Run a command in a process of its own, which a crash in C ends alone."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            _become_the_command(case, arguments, said.fileno())
        status, usage = _wait(child, began + limit)
        said.seek(0)
        text = said.read().decode("utf-8", "backslashreplace")
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code, text, time.monotonic() - began, usage.ru_maxrss * 1024)


def _become_the_command(case: Path, arguments: list[str], output: int) -> None:
    """Run the command line and end the process; comes in a forked process only."""
    code = _CRASHED
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(case / "home")
        os.environ.update(HOME=str(case / "home"), TMPDIR=str(case / "tmp"))
        tempfile.tempdir = None
        sys.argv = ["vidcolor", *arguments]
        cli.main()
    except SystemExit as exit_:
        code = exit_.code if isinstance(exit_.code, int) else 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _wait(child: int, until: float) -> tuple[int, resource.struct_rusage]:
    pause = 0.002
    while time.monotonic() < until:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    os.kill(child, signal.SIGKILL)
    return os.wait4(child, 0)[1:]


def _keep(folder: Path, source: Path, said: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if source.exists():
        shutil.copy(source, folder)
    (folder / "said.txt").write_text(said, errors="surrogateescape")


if __name__ == "__main__":
    typer.run(main)
