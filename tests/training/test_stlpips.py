import sys
from types import ModuleType

import pytest
import torch
from torch import Generator, Tensor

pytest.importorskip("stlpips_pytorch", reason="belongs to the extra `train`")

from training.stlpips import STLPIPS, load_stlpips


@pytest.fixture(scope="module")
def stlpips() -> STLPIPS:
    return load_stlpips()


def noise(count: int, height: int = 48, width: int = 64, seed: int = 0) -> Tensor:
    random = Generator().manual_seed(seed)
    return torch.rand(count, 3, height, width, generator=random)


@pytest.mark.parametrize("size", [(32, 32), (64, 48), (33, 65)])
@torch.inference_mode()
def test_it_is_the_package_s(
    stlpips: STLPIPS, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Imported there, never used for this network, and not required by the package.
    for name, part in (
        ("torchvision", "models"),
        ("IPython", "embed"),
        ("torchsummary", "summary"),
    ):
        module = ModuleType(name)
        setattr(module, part, None)
        monkeypatch.setitem(sys.modules, name, module)
    from stlpips_pytorch.stlpips import LPIPS

    theirs = LPIPS(net="alex", variant="shift_tolerant", verbose=False)
    truth, others = noise(1, *size), noise(3, *size, seed=1)
    expected = theirs(truth.expand_as(others), others, normalize=True).flatten()
    torch.testing.assert_close(stlpips(truth, others), expected, atol=1e-6, rtol=1e-5)


@torch.inference_mode()
def test_equal_pictures_are_at_no_distance(stlpips: STLPIPS) -> None:
    assert stlpips(noise(1), noise(1)).tolist() == [0]


@torch.inference_mode()
def test_what_is_less_like_is_further_away(stlpips: STLPIPS) -> None:
    truth = noise(1)
    shares = torch.tensor([0.1, 0.3, 0.9]).view(3, 1, 1, 1)
    assert (
        stlpips(truth, torch.lerp(truth, noise(3, seed=1), shares)).diff() > 0
    ).all()
