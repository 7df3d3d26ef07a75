import pytest
import torch
from skimage import data
from torch import Generator, Tensor, nn

from vidcolor.chroma import to_lightness
from vidcolor.colorizer import image_luma
from vidcolor.upsample import shrink
from vidcolor.yuv import Matrix
from vidcolor_models import load_model
from vidcolor_models.film import ROUGH, Film, SameConv2d
from vidcolor_models.quick import quicken
from vidcolor_models.rough import RoughConv2d, is_quick

pytestmark = pytest.mark.skipif(
    not is_quick(), reason="this processor has no quick products of bytes"
)


def noise(*shape: int) -> Tensor:
    picture = torch.randn(shape, generator=Generator().manual_seed(0))
    return picture.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("rectified", [False, True])
@torch.inference_mode()
def test_it_answers_as_the_convolution_does_but_for_half_a_step(
    rectified: bool,
) -> None:
    conv = SameConv2d(64, 32, 3)
    x = noise(1, 64, 9, 14)
    right = conv(x).relu() if rectified else conv(x)
    off = (RoughConv2d(conv, rectified)(x) - right).abs()
    # Half a step of each number and of each weight, off by chance: roots of sums.
    step = float(x.abs().amax() / 127 / 12**0.5)
    grain = float(conv.weight.abs().amax() / 127 / 12**0.5)
    count = conv.weight[0].numel()
    spread = count**0.5 * (step * conv.weight.std() + grain * x.std())
    assert off.max() < 5 * spread


@torch.inference_mode()
def test_whole_numbers_come_out_exactly() -> None:
    conv = nn.Conv2d(8, 8, 3, padding=1)
    nn.init.constant_(conv.weight, 1.0)
    nn.init.zeros_(conv.bias)
    x = noise(1, 8, 6, 6).mul(40).round().clamp(-127, 127)
    x[:, :, 0, 0] = 127  # a step is 1 in every channel
    torch.testing.assert_close(RoughConv2d(conv)(x), conv(x), atol=1e-2, rtol=1e-5)


@torch.inference_mode()
def test_a_picture_of_nothing_gives_the_bias() -> None:
    conv = nn.Conv2d(8, 8, 3, padding=1)
    right = conv.bias[None, :, None, None].expand(1, 8, 5, 5)
    torch.testing.assert_close(RoughConv2d(conv)(torch.zeros(1, 8, 5, 5)), right)


@torch.inference_mode()
def test_a_picture_is_answered_for_as_if_it_were_alone() -> None:
    conv = RoughConv2d(nn.Conv2d(8, 8, 3, padding=1))
    dark, bright = noise(1, 8, 7, 9), noise(1, 8, 7, 9) * 100
    assert torch.equal(conv(torch.cat([dark, bright]))[:1], conv(dark))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
@torch.inference_mode()
def test_films_colours_hardly_change_by_it(name: str) -> None:
    luma = image_luma(getattr(data, name)(), Matrix.BT601)
    lightness = to_lightness(shrink(luma, 256, 320))[None, None]
    plain, quick = (load_model("film").network.eval() for _ in range(2))
    assert isinstance(plain, Film)
    quicken(quick, ROUGH)
    kinds = [type(quick.get_submodule(layer)) for layer in ROUGH]
    assert kinds == [RoughConv2d] * len(ROUGH)
    change = (quick(lightness).ab - plain(lightness).ab).norm(dim=1)
    assert change.mean() < 0.1
    assert change.quantile(0.99) < 0.5
    assert 0 < change.max() < 1.5  # at work, and a code of chroma or two at worst
