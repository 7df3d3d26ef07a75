"""The shipped network on a still picture with fresh grain in each frame."""

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from torch import Tensor

from vidcolor.chroma import to_lightness
from vidcolor.colorizer import Colorizer
from vidcolor.pipeline import predict
from vidcolor.smooth import smooth
from vidcolor.steady import Scene, steady

FRAMES = 50


def grainy(deviation: float) -> list[Tensor]:
    """Return lightness of a photograph with grain, `deviation` in 8-bit codes."""
    grey = cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (128, 128), interpolation=cv2.INTER_AREA) / 255
    random = np.random.default_rng(0)
    frames = small + random.normal(0, deviation / 255, (FRAMES, *small.shape))
    return [to_lightness(torch.from_numpy(f).float().clamp(0, 1)) for f in frames]


@pytest.mark.parametrize("every", [1, 8])
def test_colour_holds_still_where_only_grain_moves(every: int) -> None:
    colorizer = Colorizer(device="cpu", size=128)
    scenes = [
        (None, Scene(lightness, n == 0, asked=n % every == 0))
        for n, lightness in enumerate(grainy(8))
    ]
    each = torch.stack([colorizer.predict(s.lightness[None]).ab[0] for _, s in scenes])
    predicted = predict(steady(scenes), colorizer, every)
    held = torch.stack([p.ab for _, p in smooth(predicted, 8)])
    assert held.std(dim=0).mean() < 0.5
    assert held.std(dim=0).mean() < each.std(dim=0).mean() / 2
