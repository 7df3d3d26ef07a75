"""When a network is recorded, and what happens if it cannot be.

What only CUDA can do, recording and replaying, is in test_gpu.py.
"""

import pytest
import torch
from torch import Tensor

from vidcolor.gpu import graph
from vidcolor.gpu.graph import GraphedNetwork
from vidcolor_models.answer import Answer

PICTURES = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def network(pictures: Tensor) -> Answer:
    return Answer(pictures.repeat(1, 2, 1, 1), pictures)


class Recorded:
    """Stands for a recording: says of which shape it is."""

    shapes: list[torch.Size]

    def __init__(self, _: graph.Network, pictures: Tensor) -> None:
        self.shapes.append(pictures.shape)

    def __call__(self, pictures: Tensor) -> Answer:
        assert pictures.shape == self.shapes[-1]
        return network(pictures + 1)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[torch.Size]:
    """Return the shapes that were recorded."""
    monkeypatch.setattr(Recorded, "shapes", [], raising=False)
    monkeypatch.setattr(graph, "Recording", Recorded)
    return Recorded.shapes


def test_each_shape_is_recorded_when_it_comes(recorded: list[torch.Size]) -> None:
    graphed = GraphedNetwork(network)
    small, large = PICTURES, PICTURES.repeat(1, 1, 2, 2)
    for pictures in (small, small, large, large, small):
        assert torch.equal(graphed(pictures).uncertainty, pictures + 1)
    assert recorded == [small.shape, large.shape, small.shape]


def failing(error: Exception, attempts: list[None]) -> type:
    class Failing:
        def __init__(self, *_: object) -> None:
            attempts.append(None)
            raise error

    return Failing


def test_what_cannot_be_recorded_is_asked_step_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    attempts: list[None] = []
    error = RuntimeError("CUDA error: operation not permitted when stream is capturing")
    monkeypatch.setattr(graph, "Recording", failing(error, attempts))
    graphed = GraphedNetwork(network)
    for _ in range(3):
        assert torch.equal(graphed(PICTURES).uncertainty, PICTURES)
    assert len(attempts) == 1


def test_a_full_gpu_is_told_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[None] = []
    error = torch.OutOfMemoryError("CUDA out of memory.")
    monkeypatch.setattr(graph, "Recording", failing(error, attempts))
    graphed = GraphedNetwork(network)
    for _ in range(2):
        with pytest.raises(torch.OutOfMemoryError):
            graphed(PICTURES)
    assert len(attempts) == 2
