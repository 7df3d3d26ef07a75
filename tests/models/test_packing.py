import copy
from itertools import product

import pytest
import torch
from torch import Generator, Tensor, nn

from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.film import BINS, Film, SameConv2d
from vidcolor_models.folding import fold_norms
from vidcolor_models.packing import PackedConv2d, PackedLinear, is_supported
from vidcolor_models.quick import quicken
from vidcolor_models.siggraph17 import SIGGRAPH17

pytestmark = pytest.mark.skipif(
    not is_supported(), reason="this PyTorch has no oneDNN to pack for"
)

# Kernel, stride, dilation, groups.
GEOMETRIES = [(1, 1, 1, 1), (3, 1, 1, 1), (3, 2, 1, 16), (5, 2, 1, 1), (3, 1, 2, 4)]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("kind", "geometry"), [*product([nn.Conv2d, SameConv2d], GEOMETRIES)]
)
@torch.inference_mode()
def test_a_packed_convolution_answers_as_before_at_every_size(
    kind: type[nn.Conv2d], geometry: tuple[int, int, int, int]
) -> None:
    kernel, stride, dilation, groups = geometry
    if kind is SameConv2d and dilation > 1:
        pytest.skip("is padded for one without holes")
    conv = kind(16, 32, kernel, stride, dilation=dilation, groups=groups)
    packed = PackedConv2d(copy.deepcopy(conv))
    for size in ((1, 16, 24, 32), (2, 16, 9, 7), (1, 16, 24, 32)):
        x = noise(*size).contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(packed(x), conv(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rectifier", [nn.ReLU(), nn.ReLU6(), nn.ReLU6(inplace=True)])
@torch.inference_mode()
def test_the_rectifier_behind_it_is_done_with_it(rectifier: nn.Module) -> None:
    plain = nn.Sequential(nn.Conv2d(4, 8, 3), nn.Identity(), rectifier).eval()
    packed = copy.deepcopy(plain)
    quicken(packed)
    assert [type(layer) for layer in packed[1:]] == [nn.Identity, nn.Identity]
    x = noise(1, 4, 16, 16) * 20
    torch.testing.assert_close(packed(x), plain(x), atol=1e-4, rtol=0)


@torch.inference_mode()
def test_a_rectifier_behind_something_else_stays() -> None:
    network = nn.Sequential(
        nn.Conv2d(4, 4, 1), nn.Tanh(), nn.ReLU(), nn.Conv2d(4, 1, 1)
    )
    packed = copy.deepcopy(network)
    quicken(packed)
    torch.testing.assert_close(packed(noise(1, 4, 8, 8)), network(noise(1, 4, 8, 8)))


@pytest.mark.parametrize("network", [Film, ECCV16, SIGGRAPH17])
@torch.inference_mode()
def test_a_packed_network_answers_as_before(network: type[nn.Module]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        plain = network().eval()
        if isinstance(plain, Film):
            plain.head.weight.data *= 5  # bins that are not all as likely
            plain.bins.copy_(torch.randn(BINS, 2) * 40)
    packed = copy.deepcopy(plain)
    fold_norms(packed)
    quicken(packed)
    assert not any(isinstance(layer, nn.ReLU6) for layer in packed.modules())
    for sides in ((64, 96), (96, 64)):
        lightness = noise(1, 1, *sides) * 20 + 50
        for found, expected in zip(packed(lightness), plain(lightness), strict=True):
            torch.testing.assert_close(found, expected, atol=1e-2, rtol=0)


@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_a_packed_linear_layer_answers_as_before_at_every_size(bias: bool) -> None:
    linear = nn.Linear(24, 40, bias)
    packed = PackedLinear(linear)
    for size in ((24,), (1, 24), (2, 112, 24), (3, 0, 24)):
        x = noise(*size)
        torch.testing.assert_close(packed(x), linear(x), atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_weights_are_held_once() -> None:
    network = nn.Sequential(nn.Conv2d(4, 4, 1))
    quicken(network)
    network(noise(1, 4, 8, 8))
    assert list(dict(network.named_parameters())) == ["0.conv.bias"]
