import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.bins import gamut_bins
from training.perceptual import Perceptual, decoded
from vidcolor.lab import rgb_to_lab


@pytest.fixture(scope="module")
def perceptual() -> Perceptual:
    return Perceptual().eval()


@pytest.fixture
def lab() -> Tensor:
    """Two pictures of soft blobs of colour."""
    rgb = torch.rand(2, 3, 6, 6, generator=Generator().manual_seed(0))
    return rgb_to_lab(F.interpolate(rgb, (64, 64), mode="bicubic").clamp(0, 1))


def test_the_true_colours_look_as_they_should(
    perceptual: Perceptual, lab: Tensor
) -> None:
    assert perceptual(lab[:, 1:], lab[:, 1:], lab[:, :1]) == 0


def test_the_further_off_the_colours_the_more_so_they_look(
    perceptual: Perceptual, lab: Tensor
) -> None:
    truth, lightness = lab[:, 1:], lab[:, :1]
    close, far = (perceptual(truth * k, truth, lightness) for k in (0.8, -0.5))
    assert 0 < close < far


def test_what_is_wrong_is_told_to_the_colours_alone(
    perceptual: Perceptual, lab: Tensor
) -> None:
    small = F.avg_pool2d(lab[:, 1:], 4).mul(0.5).requires_grad_()
    perceptual(small, lab[:, 1:], lab[:, :1]).backward()
    assert small.grad is not None
    assert small.grad.abs().sum() > 0
    assert all(p.grad is None for p in perceptual.parameters())


def test_where_one_bin_is_certain_its_colour_is_looked_at() -> None:
    bins = gamut_bins()
    logits = torch.zeros(1, len(bins), 2, 3)
    logits[:, 40] = 100
    ab = decoded(logits, bins, torch.zeros(len(bins)))
    torch.testing.assert_close(ab, bins[40].view(1, 2, 1, 1).expand(1, 2, 2, 3))


def test_the_rarer_of_two_bins_counts_for_more() -> None:
    bins = gamut_bins()
    logits = torch.full((1, len(bins), 1, 1), -100.0)
    logits[:, [40, 90]] = 0
    rarity = torch.zeros(len(bins))
    rarity[90] = 3
    ab = decoded(logits, bins, rarity).flatten()
    assert (ab - bins[90]).norm() < (ab - bins[40]).norm()
