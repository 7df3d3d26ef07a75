"""Kills a job again and again, and goes on with it: python benchmarks/interrupt.py CLIP

Each time it is killed (SIGKILL) some time after a random frame, and begun again with
--resume. In the end the decoded result must be that of a job that nobody disturbed, and
nothing else may have had the target's name before. What follows the clip goes to
vidcolor.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av

LAG = 0.5  # seconds at most from the chosen frame to the kill
END = 10  # frames at the end that are not chosen: the job would be done before the kill


def main() -> None:
    """Print what each kill left, and whether the results are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments, options = parser.parse_known_args()
    clip, rng = arguments.clip, random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as name:
        whole, often = (Path(name, f"{n}{clip.suffix}") for n in ("whole", "often"))
        (*_, undisturbed) = events(job(clip, whole, options))
        frames = undisturbed["frames"]
        print(f"undisturbed: {frames} frames, {md5(whole)}", flush=True)
        made = 0
        for chosen in sorted(rng.sample(range(1, frames - END), arguments.kills)):
            done, reached = kill(job(clip, often, options), chosen, rng.uniform(0, LAG))
            if often.exists() and md5(often) != md5(whole):
                sys.exit("what has the target's name is not whole")
            made += reached - done
            print(f"went on after {done}, killed at {reached}", flush=True)
            if often.exists():  # the kill came too late
                break
        (*_, finished) = events(job(clip, often, options))
        before = finished.get("done", frames)  # nothing, if the last kill came too late
        made += frames - before
        print(f"went on after {before}: {frames} frames, {md5(often)}")
        print(f"frames encoded in all: {made}, {made / frames:.2f} times the film")
        left = sorted(path.name for path in Path(name).iterdir())
        same = md5(whole) == md5(often) and left == sorted([whole.name, often.name])
        print("the same, and nothing else is left" if same else f"WRONG: {left}")
        sys.exit(not same)


def job(source: Path, target: Path, options: list[str]) -> "subprocess.Popen[bytes]":
    """Start to colour a film, or go on with it."""
    command = [sys.executable, "-m", "vidcolor", "colorize", "--json", "--resume"]
    command += [str(source), "-o", str(target), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def events(process: "subprocess.Popen[bytes]") -> Iterator[dict[str, Any]]:
    """Yield what a job tells."""
    assert process.stdout is not None
    yield from map(json.loads, process.stdout)
    if process.wait():
        sys.exit(f"the job ended with {process.returncode}")


def kill(
    process: "subprocess.Popen[bytes]", chosen: int, lag: float
) -> tuple[int, int]:
    """Kill a job once a frame is written; return what was done before it, and by it."""
    told = events(process)
    done = next(told)["done"]
    for event in told:
        if event["frames"] >= chosen:
            break
    time.sleep(lag)
    process.kill()
    process.wait()
    return done, event["frames"]


def md5(film: Path) -> str:
    """Return the MD5 of a film's decoded frames, with their times."""
    digest = hashlib.md5()
    with av.open(str(film)) as container:
        for frame in container.decode(video=0):
            digest.update(f"{frame.pts} {frame.time_base}".encode())
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
