import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from vidcolor_models.film import BINS, Attention, Film, SameConv2d


@pytest.fixture(scope="module")
def film() -> Film:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Film().eval()
        network.head.weight.data *= 20
        network.bins.copy_(torch.randn(BINS, 2) * 40)
    return network


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(seed))


def small_head(logits: list[float], bins: list[list[float]]) -> tuple[Film, Tensor]:
    """Return a network of a few bins, and logits of one pixel."""
    network = Film(width=8, bins=len(bins))
    network.bins.copy_(torch.tensor(bins))
    return network, torch.tensor(logits).view(1, -1, 1, 1)


@pytest.mark.parametrize(
    "size", [(1, 1), (4, 4), (5, 7), (32, 32), (33, 65), (100, 31), (64, 96)]
)
@torch.inference_mode()
def test_any_size_gives_a_quarter_rounded_up(film: Film, size: tuple[int, int]) -> None:
    ab, uncertainty = film(noise(1, 1, *size) * 100)
    assert ab.shape == (1, 2, -(-size[0] // 4), -(-size[1] // 4))
    assert uncertainty.shape == (1, 1, *ab.shape[2:])
    assert ab.isfinite().all()


@torch.inference_mode()
def test_pictures_of_a_batch_know_nothing_of_each_other(film: Film) -> None:
    lightness = noise(2, 1, 32, 48) * 100
    both, first = film(lightness).ab, film(lightness[:1]).ab
    torch.testing.assert_close(both[:1], first, atol=1e-2, rtol=0)


@torch.inference_mode()
def test_an_empty_mask_is_no_hint(film: Film) -> None:
    lightness = noise(2, 1, 32, 32) * 100
    plain = film(lightness)
    empty = film(lightness, torch.zeros(2, 2, 32, 32), torch.zeros(2, 1, 32, 32))
    assert torch.equal(plain.ab, empty.ab)


@torch.inference_mode()
def test_what_is_not_masked_is_not_seen(film: Film) -> None:
    lightness = noise(1, 1, 32, 32) * 100
    mask = (noise(1, 1, 32, 32, seed=1) < 0.3).float()
    hints = noise(1, 2, 32, 32, seed=2) * 100
    elsewhere = torch.where(mask > 0, hints, torch.full_like(hints, 77))
    seen, unseen = film(lightness, hints, mask), film(lightness, elsewhere, mask)
    assert torch.equal(seen.ab, unseen.ab)


@torch.inference_mode()
def test_hints_are_seen(film: Film) -> None:
    lightness, mask = torch.full((1, 1, 32, 32), 50.0), torch.ones(1, 1, 32, 32)
    red = film(lightness, torch.full((1, 2, 32, 32), 60.0), mask)
    blue = film(lightness, torch.full((1, 2, 32, 32), -60.0), mask)
    assert (red.ab - blue.ab).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [
        # TensorFlow: in all max((ceil(size / stride) - 1) * stride + kernel - size, 0),
        # half of it, rounded down, before.
        (4, 3, 2, 0, 1),
        (5, 3, 2, 1, 1),
        (6, 5, 2, 1, 2),
        (5, 5, 1, 2, 2),
        (4, 1, 1, 0, 0),
    ],
)
def test_same_padding_is_tensorflow_s(
    size: int, kernel: int, stride: int, before: int, after: int
) -> None:
    layer = SameConv2d(1, 1, kernel, stride, bias=False)
    image = noise(1, 1, size, size)
    padded = F.pad(image, (before, after, before, after))
    expected = F.conv2d(padded, layer.weight, stride=stride)
    assert expected.shape[-1] == -(-size // stride)
    torch.testing.assert_close(layer(image), expected)


def test_same_padding_by_hand() -> None:
    # [1 2 3 4] by a kernel of ones, 3 wide, every second: what is odd goes right.
    layer = SameConv2d(1, 1, (1, 3), (1, 2), bias=False)
    torch.nn.init.ones_(layer.weight)
    row = torch.tensor([1.0, 2.0, 3.0, 4.0]).view(1, 1, 1, 4)
    assert layer(row).flatten().tolist() == [6.0, 7.0]


def test_each_side_is_padded_for_itself() -> None:
    layer = SameConv2d(1, 1, 3, 2, bias=False)
    assert layer(torch.zeros(1, 1, 4, 5)).shape == (1, 1, 2, 3)


def test_attention_does_not_know_where_a_place_is() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layer = Attention(16).eval()
    torch.nn.init.ones_(layer.attention_scale)
    x = noise(2, 16, 3, 5)
    torch.testing.assert_close(layer(x.flip(-1)), layer(x).flip(-1))


@torch.inference_mode()
def test_attention_reaches_from_end_to_end() -> None:
    layer = Attention(16).eval()
    torch.nn.init.ones_(layer.attention_scale)
    x = noise(1, 16, 1, 40)
    changed = x.clone()
    changed[..., -1] = 5 * noise(1, 16, 1, seed=1)
    assert (layer(changed) - layer(x))[..., 0].abs().max() > 1e-4


def test_it_is_small(film: Film) -> None:
    halves = sum(2 * t.numel() for t in film.state_dict().values())
    assert halves < 16 * 2**20


def test_the_timid_mean_by_hand() -> None:
    # Equation 5 of ECCV16: exp(log(z) / T), normalised. With z = 1/4 and 3/4, T = 1/2,
    # the shares are 1/16 and 9/16: 1 and 9 tenths.
    network, logits = small_head([0.25, 0.75], [[0.0, 100.0], [50.0, -100.0]])
    network.vividness.fill_(0)
    network.temperature.fill_(0.5)
    ab = network.decode(logits.log()).ab.flatten()
    torch.testing.assert_close(ab, torch.tensor([45.0, -80.0]))


def test_rarity_counts_by_the_power_of_vividness() -> None:
    # Shares 1/2 and 1/2, weights 1 and 16 to the power of 1/2: 1 and 4 fifths.
    network, logits = small_head([0.0, 0.0], [[0.0, 0.0], [100.0, 10.0]])
    network.rarity.copy_(torch.tensor([1.0, 16.0]).log())
    network.vividness.fill_(0.5)
    ab = network.decode(logits).ab.flatten()
    torch.testing.assert_close(ab, torch.tensor([80.0, 8.0]))


def test_without_temperature_the_likeliest_bin_wins() -> None:
    network, logits = small_head(
        [0.1, 0.3, 0.2], [[9.0, 9.0], [-20.0, 30.0], [5.0, 5.0]]
    )
    network.vividness.fill_(0)
    network.temperature.fill_(1e-3)
    torch.testing.assert_close(
        network.decode(logits).ab.flatten(), torch.tensor([-20.0, 30.0])
    )


def test_a_mean_is_never_beyond_the_bins(film: Film) -> None:
    logits = torch.randn(1, BINS, 4, 4, generator=Generator().manual_seed(0)) * 30
    ab = film.decode(logits).ab
    for found, bins in zip(ab[0], film.bins.T, strict=True):
        assert bins.min() - 1e-3 <= found.min()
        assert found.max() <= bins.max() + 1e-3


def test_every_weight_learns() -> None:
    network = Film(width=16, bins=5)
    network.bins.copy_(torch.randn(5, 2))
    lightness, hints = noise(2, 1, 32, 32) * 100, noise(2, 2, 32, 32)
    network(lightness, hints, noise(2, 1, 32, 32)).ab.square().sum().backward()
    without = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.isfinite().all()
    ]
    assert without == []


def test_half_a_hint_is_a_mistake(film: Film) -> None:
    lightness = noise(1, 1, 32, 32) * 100
    with pytest.raises(ValueError, match="go together"):
        film(lightness, hint_ab=noise(1, 2, 32, 32))


def test_what_the_logits_leave_open_is_the_uncertainty() -> None:
    # Three corners of a triangle, equally likely: each is 2/sqrt(3) * 30 from the mean.
    corners = [[-30.0, 0.0], [30.0, 0.0], [0.0, 30 * 3**0.5]]
    network, logits = small_head([0.7, 0.7, 0.7], corners)
    network.vividness.fill_(0)
    uncertainty = network.decode(logits).uncertainty.item()
    assert uncertainty == pytest.approx(60 / 3**0.5, rel=1e-4)


def test_a_sharper_distribution_is_surer() -> None:
    network, logits = small_head(
        [2.0, 1.0, 0.0], [[0.0, 0.0], [40.0, 30.0], [-20.0, 60.0]]
    )
    network.vividness.fill_(0)
    found = []
    for temperature in (0.1, 0.3, 0.6, 1.0):
        network.temperature.fill_(temperature)
        found.append(network.decode(logits).uncertainty.item())
    assert found == sorted(found)
    assert found[0] < found[-1] / 10


@pytest.mark.parametrize("vividness", [0.0, 1.15, 3.45])
def test_what_is_surely_grey_stays_grey(vividness: float) -> None:
    network, logits = small_head([40.0, 0.0, 0.0], [[0, 0], [70, 50], [-30, 40]])
    network.rarity.copy_(torch.tensor([-1.0, 5.0, 6.0]))
    network.vividness.fill_(vividness)
    answer = network.decode(logits)
    torch.testing.assert_close(answer.ab, torch.zeros_like(answer.ab))
    assert answer.uncertainty.item() < 0.1


def test_vividness_leans_towards_what_is_rare() -> None:
    # The mean of a tilted distribution grows along what it is tilted by.
    network, logits = small_head([1.0, 0.5, 0.0], [[0, 0], [10, 5], [40, 20]])
    network.rarity.copy_(network.bins[:, 0] / 10)
    chroma = []
    for vividness in (0.0, 1.0, 2.0):
        network.vividness.fill_(vividness)
        chroma.append(network.decode(logits).ab.norm().item())
    assert chroma[0] < chroma[1] < chroma[2]
