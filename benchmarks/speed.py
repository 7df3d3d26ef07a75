"""Milliseconds a frame of each network and stage: python benchmarks/speed.py

With made-up weights, which cost as much as trained ones. Compare within one run: what
a busy machine does to the figures, it does to all of them.
"""

import time
from collections.abc import Callable
from statistics import median

import torch

from vidcolor.chroma import luma_at_chroma, to_chroma, to_codes, to_lightness
from vidcolor.smooth import Prediction, smooth
from vidcolor.upsample import shrink, spread
from vidcolor.yuv import Matrix, YuvFormat
from vidcolor_models import MODELS

RUNS = 7
SHAPES = {"640x360": (360, 640), "1920x1080": (1080, 1920)}


@torch.inference_mode()
def main() -> None:
    """Print a line for each."""
    picture = torch.rand(1, 1, 256, 448) * 100
    for name, entry in MODELS.items():
        network = entry.build().eval()
        show(f"network {name}, 448x256", lambda: network(picture))
    yuv = YuvFormat(8, False, Matrix.BT709, 1, 1)
    ab = torch.randn(2, 64, 112) * 20
    for name, shape in SHAPES.items():
        luma = torch.rand(shape)
        at_chroma = luma_at_chroma(luma, yuv)
        guide = to_lightness(at_chroma)
        wide = spread(ab, guide)
        show(f"shrink, {name}", lambda: shrink(luma, 256, 448))
        show(f"spread, {name}", lambda: spread(ab, guide))
        show(
            f"chroma, {name}",
            lambda: to_codes(to_chroma(wide, at_chroma, yuv.matrix), yuv),
        )
    frames = [(n, Prediction(ab, ab[0], n == 0)) for n in range(30)]
    show("smooth, radius 8", lambda: list(smooth(frames, 8)), per=len(frames))


def show(what: str, work: Callable[[], object], per: int = 1) -> None:
    """Print the median of some runs, after one that warms up."""
    work()
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    print(f"{what:32} {median(times) / per * 1000:8.1f} ms a frame", flush=True)


if __name__ == "__main__":
    main()
