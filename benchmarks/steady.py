"""How steady settings are, on colour clips made grey and coloured again.

python benchmarks/steady.py CLIPS -s "--smooth 0" -s "--smooth 8" --frames 60

CLIPS is a folder of films in colour. Each is stored without loss, once as it is and
once without colour, coloured with each of the settings, and evaluated. The others are
compared with the first settings.
"""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Annotated

import numpy as np
import typer

import vidcolor
from vidcolor.evaluation.scores import Scores
from vidcolor.media.picture import plane
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer


@dataclass(frozen=True, slots=True)
class Row:
    """What one clip has scored."""

    psnr: float
    color: float  # colourfulness, DDColor's form
    cdc: float  # of ab
    true_cdc: float
    excess: float  # of ab's warp error over the truth's


def main(
    clips: Annotated[Path, typer.Argument(help="A folder of films in colour.")],
    settings: Annotated[
        list[str], typer.Option("-s", "--settings", help="Of vidcolor colorize.")
    ],
    frames: Annotated[int | None, typer.Option(help="Only so many of each.")] = None,
) -> None:
    """Print a line for each clip with each of the settings, and what they change."""
    rows: dict[str, list[Row]] = {text: [] for text in settings}
    print(f"{'clip':24} {'settings':24}  PSNR  colour  CDC ab (truth)  excess warp ab")
    for clip in sorted(clips.iterdir()):
        for text, row in measure(clip, settings, frames):
            rows[text].append(row)
            print(
                f"{clip.stem:24.24} {text:24} {row.psnr:5.2f} {row.color:7.1f} "
                f"{row.cdc:7.5f} ({row.true_cdc:.5f}) {row.excess:14.4f}",
                flush=True,
            )
    for text in settings[1:]:
        compare(settings[0], rows[settings[0]], text, rows[text])


def measure(
    clip: Path, settings: list[str], frames: int | None
) -> Iterator[tuple[str, Row]]:
    """Yield what a clip scores with each of the settings."""
    with tempfile.TemporaryDirectory() as folder:
        truth, grey, result = (Path(folder, f"{n}.mkv") for n in ("truth", "grey", "x"))
        store(clip, truth, frames, in_color=True)
        store(clip, grey, frames, in_color=False)
        command = [sys.executable, "-m", "vidcolor", "colorize", "--quiet", str(grey)]
        command += ["-o", str(result), "--codec", "ffv1", "--overwrite"]
        for text in settings:
            whole = [*command, *shlex.split(text)]
            subprocess.run(whole, stdout=subprocess.DEVNULL, check=True)
            yield text, to_row(vidcolor.evaluate(truth, result).total)


def store(clip: Path, target: Path, frames: int | None, *, in_color: bool) -> None:
    """Write the first frames of a clip without loss, with or without its colours."""
    with Reader(clip) as reader:
        plan = plan_target(reader.info, target, codec="ffv1")
        end = None if frames is None else Fraction(frames) / reader.info.rate
        with Writer(plan, reader.info, end=end) as writer:
            for frame in reader.frames(end=end):
                chroma = [plane(frame.picture, index).copy() for index in (1, 2)]
                if not in_color:
                    chroma = [np.full_like(c, plan.yuv.neutral) for c in chroma]
                writer.write(frame, *chroma)


def to_row(scores: Scores) -> Row:
    """Return the figures that are looked at."""
    color, cdc = scores.colorfulness["ddcolor"].result, scores.cdc["ab"]
    excess = scores.warp["ab"].excess
    if color is None or cdc.result is None or cdc.truth is None or excess is None:
        raise ValueError("a clip must have two frames at least in one shot")
    return Row(scores.psnr, color, cdc.result, cdc.truth, excess)


def compare(first: str, before: list[Row], text: str, after: list[Row]) -> None:
    """Print what some settings change, beside the first."""
    both = list(zip(before, after, strict=True))
    gains = [b.psnr - a.psnr for a, b in both]
    color = [b.color / a.color for a, b in both]
    excess, cdc = (
        [fmean(getattr(row, name) for row in rows) for rows in (before, after)]
        for name in ("excess", "cdc")
    )
    truth = fmean(row.true_cdc for row in after)
    worse = sum(b.excess > a.excess for a, b in both)
    print(
        f"\n{text}, beside {first}:\n"
        f"  excess ab warp error  {share(excess)} (means of clips), "
        f"larger on {worse} of {len(both)}\n"
        f"  CDC on ab             {share(cdc)}, "
        f"{cdc[1] / truth:.2f} of the truth's\n"
        f"  PSNR                  {fmean(gains):+.2f} dB, worst {min(gains):+.2f} dB\n"
        f"  colourfulness         {fmean(color):.3f} of it, least {min(color):.3f}"
    )


def share(values: list[float]) -> str:
    """Return how much of the first value the second is."""
    before, after = values
    return f"{after / before:.3f} of it" if before else f"{after:.4f}, was none"


if __name__ == "__main__":
    typer.run(main)
