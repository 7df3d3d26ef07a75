import copy

import pytest
import torch
from torch import Generator, Tensor, nn

from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.film import BINS, Film
from vidcolor_models.folding import fold_norms


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(seed))


def lived_in(network: nn.Module) -> nn.Module:
    """Return the network with norms as training leaves them: no two channels alike."""
    for seed, norm in enumerate(network.modules()):
        if isinstance(norm, nn.BatchNorm2d):
            for tensor in (norm.weight.data, norm.running_var):
                tensor.copy_(0.5 + noise(len(tensor), seed=seed))
            for tensor in (norm.bias.data, norm.running_mean):
                tensor.copy_(noise(len(tensor), seed=seed + 1) - 0.5)
    return network.eval()


@pytest.fixture(scope="module")
def film() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Film()
        network.head.weight.data *= 5  # bins that are not all as likely
        network.bins.copy_(torch.randn(BINS, 2) * 40)
    return lived_in(network)


@torch.inference_mode()
def test_a_folded_network_answers_as_before(film: nn.Module) -> None:
    folded = copy.deepcopy(film)
    fold_norms(folded)
    lightness = noise(2, 1, 64, 96) * 100
    hints = noise(2, 2, 64, 96, seed=1) * 100, noise(2, 1, 64, 96, seed=2)
    for given in ((lightness,), (lightness, *hints)):
        for found, expected in zip(folded(*given), film(*given), strict=True):
            torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


def test_no_norm_of_ours_is_left_over(film: nn.Module) -> None:
    folded = copy.deepcopy(film)
    fold_norms(folded)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())


@torch.inference_mode()
def test_a_norm_behind_something_else_is_left_alone() -> None:
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)).eval()
    norm = network[2]
    before = network(noise(1, 1, 8, 8))
    fold_norms(network)
    assert network[2] is norm
    assert torch.equal(network(noise(1, 1, 8, 8)), before)
    with torch.device("meta"):
        theirs = ECCV16().eval()
    count = len(theirs.state_dict())
    fold_norms(theirs)
    assert len(theirs.state_dict()) == count
