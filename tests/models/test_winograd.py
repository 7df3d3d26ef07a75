import copy

import pytest
import torch
from torch import Generator, Tensor, nn

from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.film import Film, SameConv2d
from vidcolor_models.packing import is_supported
from vidcolor_models.quick import quicken
from vidcolor_models.winograd import WinogradConv2d, pays

pytestmark = pytest.mark.skipif(
    not is_supported(), reason="this PyTorch has no oneDNN to pack for"
)


def noise(*shape: int) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(0))


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rectified", [True, False])
@torch.inference_mode()
def test_it_answers_as_the_convolution_does_at_every_size(
    dilation: int, bias: bool, rectified: bool
) -> None:
    conv = nn.Conv2d(6, 10, 3, padding=dilation, dilation=dilation, bias=bias)
    quick = WinogradConv2d(copy.deepcopy(conv), rectified)
    for size in ((1, 6, 16, 24), (2, 6, 9, 7), (1, 6, 1, 1), (3, 6, 5, 40)):
        expected = conv(noise(*size))
        expected = expected.relu() if rectified else expected
        found = quick(noise(*size))
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
        again = quick(noise(*size).contiguous(memory_format=torch.channels_last))
        torch.testing.assert_close(again, found, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_what_went_in_stays_as_it_was() -> None:
    x = noise(1, 4, 8, 8)
    WinogradConv2d(nn.Conv2d(4, 4, 3, padding=1), rectified=True)(x)
    assert torch.equal(x, noise(1, 4, 8, 8))


def conv(before: int = 256, after: int = 256, kernel: int = 3, **how: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, device="meta", **({"padding": 1} | how))


def test_only_what_it_can_do_and_is_worth_it_pays() -> None:
    assert pays(conv())
    assert pays(conv(512, 313, padding=2, dilation=2))
    unfit = [
        conv(kernel=1, padding=0),
        conv(kernel=5, padding=2),
        conv(stride=2),
        conv(padding=0),
        conv(padding=2),
        conv(groups=2),
        conv(before=64),
        conv(after=64),
        SameConv2d(256, 256, 3, device="meta"),
    ]
    assert not any(map(pays, unfit))


@pytest.mark.parametrize(("network", "count"), [(ECCV16, 15), (Film, 0)])
def test_it_is_used_where_it_pays(network: type[nn.Module], count: int) -> None:
    built = network().eval()
    assert sum(pays(m) for m in built.modules() if isinstance(m, nn.Conv2d)) == count
    quicken(built)
    assert sum(isinstance(layer, WinogradConv2d) for layer in built.modules()) == count
