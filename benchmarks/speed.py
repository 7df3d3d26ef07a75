"""Milliseconds of each network and stage: python benchmarks/speed.py

With made-up weights, which cost as much as trained ones. Compare within one run: what
a busy machine does to the figures, it does to all of them.
"""

import time
from collections.abc import Callable
from statistics import median

import torch

from vidcolor.chroma import luma_at_chroma, to_chroma, to_codes, to_lightness
from vidcolor.smooth import Prediction, smooth
from vidcolor.steady import Scene, steady
from vidcolor.upsample import shrink, spread
from vidcolor.yuv import Matrix, YuvFormat
from vidcolor_models import MODELS

RUNS = 7
YUV = YuvFormat(8, False, Matrix.BT709, 1, 1)
SHAPES = {"640x360": (360, 640), "1920x1080": (1080, 1920)}


@torch.inference_mode()
def main() -> None:
    """Print a line for each."""
    picture = torch.rand(1, 1, 256, 448) * 100
    for name, entry in MODELS.items():
        show(f"network {name}, 448x256", entry.build().eval(), picture)
    ab = torch.randn(2, 64, 112) * 20
    for name, shape in SHAPES.items():
        luma = torch.rand(shape)
        guide = to_lightness(luma_at_chroma(luma, YUV))
        show(f"shrink, {name}", shrink, luma, 256, 448)
        show(f"spread, {name}", spread, ab, guide)
        show(f"chroma, {name}", chroma, spread(ab, guide), luma)
    scenes = [(n, Scene(picture[0, 0].roll(n, 1), n == 0)) for n in range(30)]
    show("steady, 30 frames", lambda: list(steady(scenes)))
    frames = [
        (n, Prediction(ab, ab[0].abs(), scene.starts_shot, scene.step))
        for n, scene in steady(scenes)
    ]
    show("smooth, radius 8, 30 frames", lambda: list(smooth(frames, 8)))


def chroma(ab: torch.Tensor, luma: torch.Tensor) -> object:
    """Make chroma planes of ab at their size."""
    return to_codes(to_chroma(ab, luma_at_chroma(luma, YUV), YUV.matrix), YUV)


def show(what: str, work: Callable[..., object], *arguments: object) -> None:
    """Print the median of some runs, after one that warms up."""
    work(*arguments)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work(*arguments)
        times.append(time.perf_counter() - began)
    print(f"{what:32} {median(times) * 1000:8.1f} ms", flush=True)


if __name__ == "__main__":
    main()
