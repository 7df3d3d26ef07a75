import pytest
import torch
from torch import Generator, Tensor

from training.bins import STEP, gamut_bins, log_rarity, soft_encode
from training.losses import classification, disagreement
from vidcolor.lab import rgb_to_lab
from vidcolor_models.film import BINS


@pytest.fixture(scope="module")
def bins() -> Tensor:
    return gamut_bins()


@pytest.fixture
def ab() -> Tensor:
    rgb = torch.rand(3, 3, 8, 8, generator=Generator().manual_seed(0))
    return rgb_to_lab(rgb)[:, 1:]


def log_noise(*shape: int, seed: int = 0) -> Tensor:
    logits = torch.randn(shape, generator=Generator().manual_seed(seed))
    return logits.log_softmax(dim=1)


def test_the_network_has_a_place_for_every_bin(bins: Tensor) -> None:
    assert bins.shape == (BINS, 2)
    assert len({tuple(place) for place in bins.tolist()}) == BINS
    assert (bins % STEP == 0).all()


def test_every_colour_has_a_bin_near_it(bins: Tensor) -> None:
    rgb = torch.rand(3, 40, 40, generator=Generator().manual_seed(0))
    ab = rgb_to_lab(rgb)[1:].flatten(1).T
    nearest = torch.cdist(ab, bins).min(dim=1).values
    assert nearest.max() <= STEP * 0.5**0.5 + 1e-3  # half a cell's diagonal


def test_shares_add_up_to_1(bins: Tensor, ab: Tensor) -> None:
    shares = soft_encode(ab, bins)
    assert shares.shape == (3, BINS, 8, 8)
    assert shares.min() >= 0
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(3, 8, 8))


def test_the_mean_of_the_shares_is_the_colour(bins: Tensor) -> None:
    # Well inside the gamut, where there are bins on all sides, the mean of a Gaussian
    # sampled at a grid of two deviations is its centre within a few hundredths.
    ab = (torch.rand(1, 2, 20, 20, generator=Generator().manual_seed(0)) - 0.5) * 20
    mean = torch.einsum("nqhw,qc->nchw", soft_encode(ab, bins), bins)
    assert (mean - ab).abs().max() < 1


def test_cross_entropy_is_lowest_at_the_truth(bins: Tensor, ab: Tensor) -> None:
    truth = soft_encode(ab, bins)
    best = classification(truth.clamp(min=1e-30).log(), ab, bins)
    # Gibbs: what is left is the truth's own entropy.
    entropy = -(truth * truth.clamp(min=1e-30).log()).sum(dim=1).mean()
    torch.testing.assert_close(best, entropy)
    for seed in range(5):
        other = 0.9 * truth + 0.1 * log_noise(3, BINS, 8, 8, seed=seed).exp()
        assert classification(other.log(), ab, bins) > best


def test_the_truth_is_averaged_to_the_prediction_s_size(bins: Tensor) -> None:
    large = torch.full((1, 2, 16, 16), 20.0)
    logs = log_noise(1, BINS, 4, 4)
    small = classification(logs, large[..., :4, :4], bins)
    torch.testing.assert_close(classification(logs, large, bins), small)


def test_views_that_agree_cost_nothing() -> None:
    logs = log_noise(2, 9, 4, 4)
    assert disagreement(torch.cat([logs, logs]), (0, 0)) < 1e-6


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, 3), (2, 1)])
def test_views_agree_where_they_show_the_same(shift: tuple[int, int]) -> None:
    # Two windows on one larger map, one of them further down and to the right.
    whole = log_noise(2, 9, 8, 8)
    dy, dx = shift
    first, second = whole[..., :5, :5], whole[..., dy : dy + 5, dx : dx + 5]
    assert disagreement(torch.cat([first, second]), shift) < 1e-6
    if shift != (0, 0):
        assert disagreement(torch.cat([first, second]), (0, 0)) > 0.1


def test_disagreement_by_hand() -> None:
    # (1/4, 3/4) and (3/4, 1/4) have the mean (1/2, 1/2), as far from either:
    # (1/2) ln 2 + (1/2) ln (2/3) = ln (4/3) / 2.
    first = torch.tensor([0.25, 0.75]).log().view(1, 2, 1, 1)
    found = disagreement(torch.cat([first, first.flip(1)]), (0, 0))
    torch.testing.assert_close(found, torch.tensor(4 / 3).log() / 2)


def test_views_draw_each_other_to_their_mean() -> None:
    logs = log_noise(2, 9, 4, 4).requires_grad_()
    disagreement(logs, (0, 0)).backward()
    assert logs.grad is not None
    first, second = logs.grad
    torch.testing.assert_close(first, -second)  # nothing draws both to one side
    # By the softmax's derivative: what each has more of than the other, a quarter of
    # it, and the mean over 16 pixels.
    first_share, second_share = logs.detach().softmax(dim=1)
    torch.testing.assert_close(first, (first_share - second_share) / 4 / 16)


def test_rare_colours_weigh_more(bins: Tensor) -> None:
    red = torch.zeros(3, 64, 64, dtype=torch.uint8)
    red[0] = 200
    rarity = log_rarity([red], bins)
    truth = rgb_to_lab(red[None].float() / 255)[0, 1:, 0, 0]
    assert rarity.argmin() == (bins - truth).norm(dim=1).argmin()
    assert rarity.isfinite().all()
    # The mean weight over the pictures' colours is 1.
    share = soft_encode(truth.view(1, 2, 1, 1), bins).flatten()
    assert float((share * rarity.exp()).sum()) == pytest.approx(1, abs=1e-3)


def test_grey_weighs_as_its_neighbours(bins: Tensor) -> None:
    grey = torch.full((3, 64, 64), 128, dtype=torch.uint8)
    rarity = log_rarity([grey], bins)
    chroma = bins.norm(dim=1)
    (own,) = rarity[chroma == 0]
    beside = rarity[chroma == STEP]
    assert len(beside) == 4
    torch.testing.assert_close(own, beside.mean())
    assert own < rarity[chroma > 4 * STEP].min()
