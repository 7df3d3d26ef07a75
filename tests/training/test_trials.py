import pytest
import torch
from torch import Generator, Tensor

from training.trials import Trial, ask, ask_vividly, prepare, true_points
from vidcolor.lab import grey_to_lightness
from vidcolor_models import load_model
from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.film import BINS, Film
from vidcolor_models.halving import halve_weights

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def film() -> Film:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Film().eval()
    network.bins.copy_(torch.randn(BINS, 2, generator=Generator().manual_seed(0)) * 40)
    network.rarity.copy_(network.bins.norm(dim=1) / 20)
    return network


def trial(picture: Tensor, seed: int = 0) -> Trial:
    luma = torch.rand(32, 64, generator=Generator().manual_seed(1))
    return prepare(picture / 255, luma, seed)


def test_a_trial_is_plain_then_worn_then_hinted(pictures: list[Tensor]) -> None:
    luma = torch.rand(32, 64, generator=Generator().manual_seed(1))
    views = trial(pictures[0])
    plain, *worn, hinted = views.lightness
    assert torch.equal(plain[0], grey_to_lightness(luma))
    assert torch.equal(plain, hinted)
    for other in (plain, worn[1]):
        assert not torch.equal(worn[0], other)
    assert not views.hint_mask[:3].any()
    assert views.hint_mask[3].any()
    assert views.ab.shape == (2, 32, 64)


def test_a_seed_brings_the_same_trial(pictures: list[Tensor]) -> None:
    first, again, other = (trial(pictures[0], seed) for seed in (7, 7, 8))
    for name in ("lightness", "hint_ab", "hint_mask", "ab"):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.hint_mask, other.hint_mask)
    assert not torch.equal(first.lightness, other.lightness)


def test_points_have_the_true_mean_colours() -> None:
    even = torch.tensor([20.0, -30.0]).view(2, 1, 1).expand(-1, 40, 60)
    hint, mask = true_points(even, Generator().manual_seed(0))
    torch.testing.assert_close(hint, even * mask)
    assert 7 * 7 < mask.sum() <= 10 * 7 * 7
    left, right = torch.zeros(2, 40, 60), torch.ones(2, 40, 60)
    both = torch.cat([left, right], dim=2)
    hint, mask = true_points(both, Generator().manual_seed(0))
    assert hint.min() == 0
    assert hint.max() <= 1 + 1e-6


def test_each_view_is_answered_for_itself(film: Film, pictures: list[Tensor]) -> None:
    views = trial(pictures[0])
    answers = ask(film, views, CPU)
    assert len(answers) == 4
    with torch.inference_mode():
        alone = film(views.lightness[1:2])
    torch.testing.assert_close(answers[1].ab, alone.ab[0], atol=1e-3, rtol=1e-3)
    assert not torch.equal(answers[0].ab, answers[3].ab)  # the hints were seen


def test_a_network_without_hints_answers_the_other_views(
    pictures: list[Tensor],
) -> None:
    assert len(ask(ECCV16().eval(), trial(pictures[0]), CPU)) == 3


def test_vividness_is_tried_and_put_back(film: Film, pictures: list[Tensor]) -> None:
    views = trial(pictures[0])
    film.vividness.fill_(0.5)
    timid, tuned, bold = ask_vividly(film, views, [0.0, 0.5, 3.0], CPU)
    assert film.vividness == 0.5
    torch.testing.assert_close(tuned, ask(film, views, CPU)[0].ab, atol=1e-3, rtol=1e-3)
    # Here the rare bins are the colourful ones.
    assert timid.norm(dim=0).mean() < tuned.norm(dim=0).mean()
    assert tuned.norm(dim=0).mean() < bold.norm(dim=0).mean()


def test_a_network_of_half_the_digits_is_asked_as_it_is() -> None:
    network = load_model("film").network.eval()
    assert isinstance(network, Film)
    picture = torch.rand(3, 64, 64, generator=Generator().manual_seed(0))
    trial = prepare(picture, picture.mean(dim=0), seed=0)
    whole = ask(network, trial, torch.device("cpu"))
    halve_weights(network)
    for one, other in zip(whole, ask(network, trial, torch.device("cpu")), strict=True):
        assert one.ab.dtype == other.ab.dtype == torch.float32
        assert float((one.ab - other.ab).abs().mean()) < 1
    (vivid,) = ask_vividly(network, trial, [1.0], torch.device("cpu"))
    assert vivid.isfinite().all()
