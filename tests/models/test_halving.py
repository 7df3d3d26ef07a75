import copy

import torch
from torch import nn

from tests.models.test_folding import film, noise  # noqa: F401 - film is a fixture
from vidcolor_models.folding import fold_norms
from vidcolor_models.halving import halve_weights

_HALVED = nn.Conv2d, nn.Linear


@torch.inference_mode()
def test_under_autocast_the_answers_are_the_very_same(
    film: nn.Module,  # noqa: F811
) -> None:
    whole = copy.deepcopy(film)
    fold_norms(whole)
    halved = copy.deepcopy(whole)
    halve_weights(halved)
    lightness = noise(2, 1, 64, 96) * 100
    with torch.autocast("cpu", torch.float16):
        for found, expected in zip(halved(lightness), whole(lightness), strict=True):
            assert expected.std() > 0
            assert torch.equal(found, expected)


def test_what_autocast_leaves_in_float32_stays_so(
    film: nn.Module,  # noqa: F811
) -> None:
    halved = copy.deepcopy(film)
    halve_weights(halved)
    for module in halved.modules():
        kind = torch.float16 if isinstance(module, _HALVED) else torch.float32
        for tensor in (*module.parameters(recurse=False), *module.buffers(False)):
            assert tensor.dtype == kind or not tensor.is_floating_point()
