"""What holds of ECCV16 and SIGGRAPH17 whatever their weights are."""

import pytest
import torch
from torch import Tensor, nn

from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.siggraph17 import SIGGRAPH17

Networks = dict[str, nn.Module]


@pytest.fixture(scope="module")
def networks() -> Networks:
    """Both networks with random weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return {"eccv16": ECCV16().eval(), "siggraph17": SIGGRAPH17().eval()}


@pytest.fixture
def lightness() -> Tensor:
    return torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)) * 100


def colour(network: nn.Module, *inputs: Tensor) -> Tensor:
    with torch.inference_mode():
        ab: Tensor = network(*inputs).ab
    return ab


@pytest.mark.parametrize("name", ["eccv16", "siggraph17"])
@pytest.mark.parametrize("size", [(1, 1), (8, 16), (19, 30)])
def test_every_size_is_answered_in_its_own_size(
    networks: Networks, name: str, size: tuple[int, int]
) -> None:
    ab = colour(networks[name], torch.full((2, 1, *size), 50.0))
    assert ab.shape == (2, 2, *size)
    assert ab.isfinite().all()


@pytest.mark.parametrize("name", ["eccv16", "siggraph17"])
def test_pictures_of_a_batch_do_not_meet(
    networks: Networks, name: str, lightness: Tensor
) -> None:
    pair = torch.cat([lightness, lightness.flip(-1)])
    alone = torch.cat([colour(networks[name], picture[None]) for picture in pair])
    torch.testing.assert_close(colour(networks[name], pair), alone)


@pytest.mark.parametrize(
    ("name", "entries", "parameters"),
    # shared/parity/parameters.json, added up
    [("eccv16", 82, 32_236_011), ("siggraph17", 107, 34_187_027)],
)
def test_there_are_as_many_numbers_as_in_the_official_checkpoint(
    networks: Networks, name: str, entries: int, parameters: int
) -> None:
    assert len(networks[name].state_dict()) == entries
    assert sum(p.numel() for p in networks[name].parameters()) == parameters


@pytest.mark.parametrize("name", ["eccv16", "siggraph17"])
@pytest.mark.parametrize("size", [(8, 16), (19, 30)])
@torch.inference_mode()
def test_uncertainty_is_ab_s_size_and_within_lab(
    networks: Networks, name: str, size: tuple[int, int]
) -> None:
    uncertainty = networks[name](torch.full((2, 1, *size), 50.0)).uncertainty
    assert uncertainty.shape == (2, 1, *size)
    assert uncertainty.min() > 0
    # No distribution is wider than one half in each of two opposite corners.
    assert uncertainty.max() <= 110 * 2**0.5


@torch.inference_mode()
def test_siggraph17_is_sure_if_its_classifier_is(lightness: Tensor) -> None:
    network = SIGGRAPH17().eval()
    network.model_class[0].bias[123] = 1e4
    uncertainty = network(lightness).uncertainty
    torch.testing.assert_close(
        uncertainty, torch.zeros_like(uncertainty), atol=0.1, rtol=0
    )


def test_eccv16_never_leaves_the_range_of_its_bins(
    networks: Networks, lightness: Tensor
) -> None:
    network = networks["eccv16"]
    bins = 110 * network.state_dict()["model_out.weight"].flatten(1)
    ab = colour(network, lightness).flatten(2)[0]
    assert (ab.amax(dim=1) <= bins.amax(dim=1)).all()
    assert (ab.amin(dim=1) >= bins.amin(dim=1)).all()


def test_siggraph17_never_leaves_lab(networks: Networks, lightness: Tensor) -> None:
    assert colour(networks["siggraph17"], lightness).abs().max() <= 110


def test_an_empty_mask_is_no_hint(networks: Networks, lightness: Tensor) -> None:
    ab, mask = torch.full((1, 2, 64, 64), 60.0), torch.zeros(1, 1, 64, 64)
    torch.testing.assert_close(
        colour(networks["siggraph17"], lightness, ab, mask),
        colour(networks["siggraph17"], lightness),
        atol=0,
        rtol=0,
    )


def test_a_hint_is_felt_most_where_it_is(networks: Networks, lightness: Tensor) -> None:
    ab, mask = torch.zeros(1, 2, 64, 64), torch.zeros(1, 1, 64, 64)
    ab[..., 30:33, 10:13] = 80
    mask[..., 30:33, 10:13] = 1
    network = networks["siggraph17"]
    plain, hinted = colour(network, lightness), colour(network, lightness, ab, mask)
    change = (hinted - plain).abs().amax(dim=1)[0]
    row, column = divmod(int(change.argmax()), 64)
    assert abs(row - 31) <= 4
    assert abs(column - 11) <= 4
    assert change[:, 48:].max() < change.max() / 4


def test_half_a_hint_is_a_mistake(networks: Networks, lightness: Tensor) -> None:
    with pytest.raises(ValueError, match="together"):
        colour(networks["siggraph17"], lightness, torch.zeros(1, 2, 64, 64))
