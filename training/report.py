"""Measure models on photographs that took no part in training.

python -m training.report MODEL... --data PHOTOS.tar

Prints tables; training/README.md says what each figure is. The networks see each
picture at `--size`, and their colours are put to the picture's own luma.
"""

import json
from heapq import nsmallest
from math import ceil
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from PIL import Image
from rich.console import Console
from rich.progress import track

from training.data import is_colored, load_pictures
from training.measure import GREY, RGB, TRUTH, Bench
from training.tables import print_tables
from training.telling import told
from vidcolor.metrics import psnr
from vidcolor.sheet import Pair, contact_sheet

_STRENGTHS = [0.0, 0.4, 0.8, 1.2, 1.6, 2.0]
_CELL = 480  # pixels of a pair's long side on the sheet


class Result(NamedTuple):
    """What the models made of a picture, and how many dB the first is above grey."""

    gain: float
    name: str
    pictures: dict[str, RGB]


def main(
    models: Annotated[list[str], typer.Argument(help="Names or weights files.")],
    data: Annotated[list[Path], typer.Option(help="Folders or tar shards.")],
    size: Annotated[int, typer.Option(help="Short side at the network.")] = 256,
    every: Annotated[int, typer.Option(min=1, help="Use each n-th picture only.")] = 1,
    vividness: Annotated[
        list[float] | None, typer.Option(help="Of the curve, as the weights have it.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Where to show the first model's worst 5 %.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Where to put all figures.")
    ] = None,
) -> None:
    """Measure, and print tables."""
    with told():
        loaded = list(enumerate(load_pictures(data)))[::every]
        pictures = [entry for entry in loaded if is_colored(entry[1][1])]
        if len(pictures) < 2:
            raise typer.BadParameter(
                "it takes two pictures in colour to measure how they differ"
            )
        bench = Bench(models, size, vividness or _STRENGTHS)
    worst: list[Result] = []
    for number, (name, picture) in track(pictures, console=Console(stderr=True)):
        results = bench.measure(picture, seed=number)
        gain = psnr(results[TRUTH], results[models[0]])
        gain -= psnr(results[TRUTH], results[GREY])
        worst = nsmallest(
            ceil(len(pictures) / 20),
            [*worst, Result(gain, name, results)],
            key=lambda result: result.gain,
        )
    figures, curves = bench.figures(), bench.curves()
    print_tables(figures, curves)
    if json_file is not None:
        report = {"pictures": len(pictures), "size": size, **figures, "curves": curves}
        json_file.write_text(json.dumps(report, indent=1) + "\n")
    if sheet is not None:
        Image.fromarray(_draw(worst)).save(sheet)


def _draw(results: list[Result]) -> RGB:
    """Return a sheet: each picture beside its grey, and below what the models made."""
    return contact_sheet(
        [
            Pair(
                f"{result.gain:+.1f} dB  {result.name}",
                np.hstack([result.pictures.pop(TRUTH), result.pictures.pop(GREY)]),
                np.hstack(list(result.pictures.values())),
            )
            for result in results
        ],
        cell=_CELL,
    )


if __name__ == "__main__":
    typer.run(main)
