import numpy as np
import pytest
import skimage.color
import torch
from seed import color_picture
from torch import Tensor, nn


class Flat(nn.Module):
    """A network that sees one colour everywhere, at a quarter of the size."""

    def __init__(self, a: float, b: float) -> None:
        super().__init__()
        self.ab = nn.Parameter(torch.tensor([a, b]).view(1, 2, 1, 1))

    def forward(self, lightness: Tensor) -> tuple[Tensor]:
        height, width = lightness.shape[2:]
        return (self.ab.expand(1, 2, height // 4, width // 4),)


@pytest.mark.parametrize("ab", [(0.0, 0.0), (20.0, -10.0)])
@torch.inference_mode()
def test_a_picture_keeps_its_lightness_and_gets_the_networks_ab(
    ab: tuple[float, float],
) -> None:
    ramp = np.linspace(80, 160, 50).astype(np.uint8)
    grey = np.repeat(np.tile(ramp, (30, 1))[..., None], 3, axis=2)
    lab = skimage.color.rgb2lab(color_picture(grey, Flat(*ab)))
    lightness = skimage.color.rgb2lab(grey)[..., 0]
    assert lab[..., 0] == pytest.approx(lightness, abs=0.6)  # codes are cut off
    assert lab[..., 1] == pytest.approx(ab[0], abs=1)
    assert lab[..., 2] == pytest.approx(ab[1], abs=1)
