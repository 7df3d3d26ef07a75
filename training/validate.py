"""Measure a model on photographs that took no part in training.

python -m training.validate MODEL --data ../shared/data/val.tar

Prints, for several strengths of rebalancing at decoding, PSNR on RGB beside the grey
picture's, and colourfulness (DDColor's form) as a share of the truth's.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from training.data import load_pictures
from vidcolor.chroma import to_chroma, to_lightness, to_rgb
from vidcolor.colorizer import Colorizer, image_luma
from vidcolor.metrics import colorfulness, psnr
from vidcolor.upsample import shrink, spread
from vidcolor.yuv import Matrix
from vidcolor_models.film import Film


def main(
    model: Annotated[str, typer.Argument(help="A name or a weights file.")],
    data: Annotated[list[Path], typer.Option(help="Folders or tar shards.")],
    size: Annotated[int, typer.Option(help="Short side at the network.")] = 256,
    every: Annotated[int, typer.Option(help="Use each n-th picture only.")] = 1,
    vividness: Annotated[list[float] | None, typer.Option()] = None,
) -> None:
    """Print a line for each vividness."""
    colorizer = Colorizer(model, size=size)
    network = colorizer.model.network
    if not isinstance(network, Film):
        raise typer.BadParameter("only film models decode with a vividness")
    strengths = vividness or [
        0.0,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.8,
        float(network.vividness),
    ]
    rows: dict[float, list[tuple[float, float]]] = {v: [] for v in strengths}
    truth_rows = []
    for _, picture in track(load_pictures(data)[::every], console=Console(stderr=True)):
        truth = picture.permute(1, 2, 0).numpy()
        luma = image_luma(truth, Matrix.BT601)
        grey = _bytes(luma.expand(3, -1, -1))
        truth_rows.append((psnr(truth, grey), colorfulness(truth)))
        for strength, result in _results(colorizer, network, luma, strengths):
            rows[strength].append((psnr(truth, result), colorfulness(result)))
    _print(truth_rows, rows)


@torch.inference_mode()
def _results(
    colorizer: Colorizer, network: Film, luma: Tensor, strengths: list[float]
) -> list[tuple[float, np.ndarray]]:
    size = colorizer.network_size(*luma.shape)
    small = to_lightness(shrink(luma, *size))
    logits = network.logits(small[None, None].to(colorizer.device))
    results = []
    for strength in strengths:
        network.vividness.fill_(strength)
        ab = network.decode(logits).ab[0].cpu()
        ab = spread(ab, to_lightness(luma))
        rgb = to_rgb(luma, to_chroma(ab, luma, Matrix.BT601), Matrix.BT601)
        results.append((strength, _bytes(rgb)))
    return results


def _bytes(rgb: Tensor) -> np.ndarray:
    return (rgb * 255).round().byte().permute(1, 2, 0).numpy()


def _print(
    truth: list[tuple[float, float]], rows: dict[float, list[tuple[float, float]]]
) -> None:
    grey_psnr, truth_color = np.mean(truth, axis=0)
    table = Table("vividness", "PSNR", "above grey", "colourfulness", "of the truth's")
    table.add_row("grey", f"{grey_psnr:.2f} dB", "", "0.0", "0 %")
    for strength, values in rows.items():
        level, color = np.mean(values, axis=0)
        table.add_row(
            f"{strength:.2f}",
            f"{level:.2f} dB",
            f"{level - grey_psnr:+.2f} dB",
            f"{color:.1f}",
            f"{color / truth_color:.0%}",
        )
    table.add_row("truth", "", "", f"{truth_color:.1f}", "100 %")
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
