"""Kills a job again and again, and goes on with it: python benchmarks/interrupt.py CLIP

Each time it is killed (SIGKILL) at a random moment, and begun again with --resume. In
the end the decoded result must be that of a job that nobody disturbed, and nothing may
have had the target's name before. What follows the clip goes to vidcolor.
"""

import argparse
import hashlib
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av

TICK = 0.01  # seconds between looks at the target's folder


def main() -> None:
    """Print what each kill left, and whether the results are the same."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as name:
        whole = Path(name, f"whole{arguments.clip.suffix}")
        often = Path(name, f"often{arguments.clip.suffix}")
        began = time.monotonic()
        job(arguments.clip, whole, options).wait()
        alone = time.monotonic() - began
        print(f"undisturbed: {alone:.0f} s, {md5(whole)}")
        rng = random.Random(arguments.seed)
        began = time.monotonic()
        for number in range(arguments.kills):
            moment = rng.uniform(0, alone)
            kept = kill(job(arguments.clip, often, options), often, moment)
            print(f"kill {number + 1} after {moment:.1f} s: {kept}", flush=True)
        last = job(arguments.clip, often, options)
        watch(last, often, float("inf"))
        print(
            f"killed and gone on with: {time.monotonic() - began:.0f} s, {md5(often)}"
        )
        left = [path.name for path in Path(name).iterdir()]
        same = md5(whole) == md5(often)
        print("the same" if same else "NOT THE SAME", f"left: {sorted(left)}")
        sys.exit(not same)


def job(source: Path, target: Path, options: list[str]) -> "subprocess.Popen[bytes]":
    """Start to colour a film, or go on with it."""
    command = [sys.executable, "-m", "vidcolor", "colorize", "--quiet", "--resume"]
    command += [str(source), "-o", str(target), *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill(process: "subprocess.Popen[bytes]", target: Path, moment: float) -> str:
    """Kill a job after so many seconds; return what is left of it."""
    watch(process, target, moment)
    if target.exists():
        if process.wait() == 0:
            sys.exit("it was done before it was killed: take a longer clip")
        return "the film"
    process.kill()
    process.wait()
    folder = target.with_name(f"{target.name}.vidcolor")
    return " ".join(sorted(path.name for path in folder.glob("*"))) or "nothing"


def watch(process: "subprocess.Popen[bytes]", target: Path, seconds: float) -> None:
    """Wait, and see that the target's name is given last, to a whole film."""
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if target.exists():
            md5(target)  # raises if it cannot be decoded from end to end
            return
        time.sleep(TICK)


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
