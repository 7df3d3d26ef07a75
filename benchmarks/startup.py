"""Where the time to the first frame goes: python benchmarks/startup.py CLIP

Every run is a process of its own, and the kinds of run take turns. What is printed are
medians: of seconds since the command, of seconds that a step took, and of CPU seconds.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from statistics import median

RUNS = 5
PACKAGES = ["numpy", "cv2", "PIL.Image", "av", "torch"]  # the large ones, in this order

# What was done, the seconds since the command, and the CPU seconds of its process.
Mark = tuple[str, float, float]


def main() -> None:
    """Print where a film's time went, step by step, and that of quick commands."""
    clip = sys.argv[1]
    quick = {"--help": ["--help"], "models": ["models"], "info": ["info", "-q", clip]}
    jobs: list[list[Mark]] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(RUNS):
            jobs.append(colored(clip, str(Path(folder) / "coloured.mkv")))
            for name, words in quick.items():
                _, *spent = run(["-m", "vidcolor", *words])
                jobs.append([(f"vidcolor {name}", *spent)])
    print(f"{'':28} {'at':>6} {'took':>6} {'CPU':>6}")
    steps = [step for job in jobs for step in durations(job)]
    for name in dict.fromkeys(name for name, *_ in steps):
        figures = zip(*(rest for step, *rest in steps if step == name), strict=True)
        print(f"{name:28}", *(f"{median(figure):6.2f}" for figure in figures))


def colored(clip: str, target: str) -> list[Mark]:
    """Return the steps of a process that colours a film, to its end."""
    out, *spent = run([__file__, clip, target, str(time.monotonic())])
    return [*map(tuple, json.loads(out)), ("exit", *spent)]


def run(words: list[str]) -> tuple[bytes, float, float]:
    """Run Python on the words; return what it prints, its seconds and CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, wall, cpu


def durations(job: list[Mark]) -> Iterator[tuple[str, float, float, float]]:
    """Yield each step with when it was done, how long it took, and its CPU seconds."""
    before, before_cpu = 0.0, 0.0
    for name, at, cpu in job:
        yield name, at, at - before, cpu - before_cpu
        before, before_cpu = at, cpu


def take_steps(clip: str, target: str, began: float) -> None:
    """Colour a film as the command does, and print the mark of each step as JSON."""
    marks: list[Mark] = []

    def mark(name: str) -> None:
        marks.append((name, time.monotonic() - began, time.process_time()))

    mark("start Python")
    from vidcolor.cli.importing import all_kept

    mark("import the command line")
    with all_kept():
        for package in PACKAGES:
            import_module(package)
            mark(f"import {package}")
        from vidcolor.coloring import colorize
        from vidcolor.colorizer import Colorizer, Predictions
        from vidcolor.events import Event, Progressed, Started

        mark("import the rest")

    class Marked(Colorizer):
        def predict(self, lightness: object) -> Predictions:
            answer = super().predict(lightness)
            if marks[-1][0] == "open film, plan target":
                mark("first answer")
            return answer

    def on_event(event: Event) -> None:
        if isinstance(event, Started):
            mark("open film, plan target")
        if isinstance(event, Progressed) and event.frames == 1:
            mark("first frame written")

    colorizer = Marked()
    mark("load the model")
    colorize(clip, target, model=colorizer, overwrite=True, on_event=on_event)
    mark("last frame written")
    print(json.dumps(marks))


if __name__ == "__main__":
    if len(sys.argv) == 2 and not Path(sys.argv[1]).is_file():
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        main()
    else:  # one of its own processes
        take_steps(sys.argv[1], sys.argv[2], float(sys.argv[3]))
