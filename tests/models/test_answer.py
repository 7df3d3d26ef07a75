import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from vidcolor_models.answer import expected

GRID = torch.cartesian_prod(
    torch.arange(-110.0, 111, 10), torch.arange(-110.0, 111, 10)
)


def place(*shares: float) -> Tensor:
    """Return the distribution of one pixel."""
    return torch.tensor(shares).view(1, -1, 1, 1)


@pytest.mark.parametrize("ab", [(0.0, 0.0), (30.0, -40.0), (110.0, 110.0)])
def test_one_bin_leaves_no_doubt(ab: tuple[float, float]) -> None:
    bins = torch.tensor([ab, (-50.0, 20.0)])
    answer = expected(place(1.0, 0.0), bins)
    torch.testing.assert_close(answer.ab.flatten(), bins[0])
    assert answer.uncertainty.item() == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.01])
def test_of_two_bins_it_is_bernoulli_s(share: float) -> None:
    # 3, 4, 5: the bins are 50 apart.
    answer = expected(
        place(share, 1 - share), torch.tensor([[5.0, 60.0], [35.0, 20.0]])
    )
    deviation = 50 * (share * (1 - share)) ** 0.5
    assert answer.uncertainty.item() == pytest.approx(deviation, rel=1e-4)


@given(seed=st.integers(0, 2**31), scale=st.floats(0.01, 30))
@settings(deadline=None, max_examples=40)
def test_it_is_the_mean_square_distance_from_the_mean(seed: int, scale: float) -> None:
    random = Generator().manual_seed(seed)
    shares = (torch.randn(1, len(GRID), 3, 2, generator=random) * scale).softmax(dim=1)
    answer = expected(shares, GRID)
    away = (GRID.view(1, -1, 2, 1, 1) - answer.ab[:, None]).square().sum(dim=2)
    deviation = (shares * away).sum(dim=1, keepdim=True).sqrt()
    torch.testing.assert_close(answer.uncertainty, deviation, atol=0.1, rtol=1e-3)
