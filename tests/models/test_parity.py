"""Our ECCV16 and SIGGRAPH17 against answers of the original networks.

Both carry the same made-up numbers (fill.py). A network that takes them by their
official names and gives the same answers takes the official checkpoints too.
"""

import json
import runpy
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from vidcolor_models.registry import MODELS

PARITY = Path(__file__).parents[2].parent / "shared" / "parity"
TOLERANCE = {"eccv16": 1e-4, "siggraph17": 1e-3}

pytestmark = pytest.mark.skipif(
    not PARITY.is_dir(), reason="no ../shared/parity beside this checkout"
)

Arrays = Mapping[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def expected() -> Arrays:
    with np.load(PARITY / "expected.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module", params=["eccv16", "siggraph17"])
def filled(request: pytest.FixtureRequest) -> tuple[str, nn.Module]:
    """A network's name, and the network with the made-up numbers."""
    network = MODELS[request.param].build()
    shapes = {name: tuple(t.shape) for name, t in network.state_dict().items()}
    arrays = runpy.run_path(str(PARITY / "fill.py"))["filled"](shapes)
    tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
    network.load_state_dict(tensors)
    return request.param, network.eval()


def batch(array: NDArray[np.float32]) -> Tensor:
    """Return (1, C, H, W) from (C, H, W) or (H, W)."""
    return torch.from_numpy(array.reshape(1, -1, *array.shape[-2:]))


def test_names_and_shapes_are_the_official_ones(filled: tuple[str, nn.Module]) -> None:
    name, network = filled
    official = json.loads((PARITY / "parameters.json").read_text())[name]
    assert {n: list(t.shape) for n, t in network.state_dict().items()} == official


@pytest.mark.parametrize(
    ("size", "step"), [("64x64", 1), ("72x104", 1), ("256x256", 8)]
)
def test_it_answers_as_the_original(
    filled: tuple[str, nn.Module], expected: Arrays, size: str, step: int
) -> None:
    name, network = filled
    with torch.inference_mode():
        ab = network(batch(expected[f"L_{size}"])).ab
    torch.testing.assert_close(
        ab[..., ::step, ::step],
        batch(expected[f"{name}_{size}"]),
        atol=TOLERANCE[name],
        rtol=0,
    )


@pytest.mark.parametrize("filled", ["siggraph17"], indirect=True)
def test_it_takes_hints_as_the_original(
    filled: tuple[str, nn.Module], expected: Arrays
) -> None:
    keys = ("L_64x64", "hint_ab_64x64", "hint_mask_64x64")
    with torch.inference_mode():
        ab = filled[1](*(batch(expected[key]) for key in keys)).ab
    torch.testing.assert_close(
        ab, batch(expected["siggraph17_hinted_64x64"]), atol=1e-3, rtol=0
    )
