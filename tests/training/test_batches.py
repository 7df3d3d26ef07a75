from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from training.batches import Batch, Batches
from training.config import Config
from vidcolor.lab import rgb_to_lab

CPU = torch.device("cpu")


def same(a: Batch, b: Batch) -> bool:
    return all(
        torch.equal(getattr(a, field.name), getattr(b, field.name))
        for field in fields(Batch)
    )


def test_a_batch_has_the_shapes_it_says(pictures: list[Tensor], config: Config) -> None:
    batch = Batches(pictures, config, CPU)[0]
    assert batch.lightness.shape == (4, 1, 32, 32)
    assert batch.hint_ab.shape == (4, 2, 32, 32)
    assert batch.hint_mask.shape == (4, 1, 32, 32)
    assert batch.ab.shape == (2, 2, 32, 32)
    assert batch.lightness.min() >= 0
    assert batch.lightness.max() <= 100 + 1e-3


def test_a_step_s_batch_is_the_same_whenever_asked(
    pictures: list[Tensor], config: Config
) -> None:
    first, second = (Batches(pictures, config, CPU) for _ in range(2))
    first[0]
    assert same(first[5], second[5])


def test_steps_processes_and_seeds_see_different_batches(
    pictures: list[Tensor], config: Config
) -> None:
    seen = [
        Batches(pictures, config, CPU)[3],
        Batches(pictures, config, CPU)[4],
        Batches(pictures, config, CPU, rank=0, ranks=2)[3],
        Batches(pictures, config, CPU, rank=1, ranks=2)[3],
        Batches(pictures, replace(config, seed=2), CPU)[3],
    ]
    pairs = [(a, b) for n, a in enumerate(seen) for b in seen[:n]]
    assert not any(torch.equal(a.lightness, b.lightness) for a, b in pairs)


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("per_step", [1, 2, 3])
def test_every_picture_comes_once_in_an_epoch(
    config: Config, ranks: int, per_step: int
) -> None:
    # Even pictures, each of a red of its own, which says which picture it was.
    plain = [torch.full((3, 40, 40), 18 * n, dtype=torch.uint8) for n in range(12)]
    for n, picture in enumerate(plain):
        picture[0] = 18 * n + 30
    reds = torch.stack([rgb_to_lab(p[:, :1, :1] / 255)[1:, 0, 0] for p in plain])
    config = replace(config, pictures=per_step)
    loaders = [Batches(plain, config, CPU, rank, ranks) for rank in range(ranks)]
    steps = 12 // (per_step * ranks)
    for epoch in range(2):
        found = torch.cat(
            [
                loader[step].ab[:, :, 0, 0]
                for step in range(epoch * steps, (epoch + 1) * steps)
                for loader in loaders
            ]
        )
        assert sorted(torch.cdist(found, reds).argmin(dim=1).tolist()) == [*range(12)]


def test_epochs_have_orders_of_their_own(config: Config) -> None:
    many = [torch.zeros(3, 40, 40, dtype=torch.uint8)] * 30
    batches = Batches(many, replace(config, pictures=30), CPU)
    assert batches._numbers(0) != batches._numbers(1)
    assert sorted(batches._numbers(0)) == sorted(batches._numbers(1)) == [*range(30)]


def test_both_views_have_the_same_hints(pictures: list[Tensor], config: Config) -> None:
    batch = Batches(pictures, replace(config, hints=1.0), CPU)[0]
    for hints in (batch.hint_ab, batch.hint_mask):
        first, second = hints.chunk(2)
        assert torch.equal(first, second)
    first, second = batch.lightness.chunk(2)
    assert not torch.equal(first, second)


def test_pictures_smaller_than_the_crop_are_enlarged(config: Config) -> None:
    tiny = [torch.full((3, 9, 20), 99, dtype=torch.uint8)]
    assert Batches(tiny, config, CPU)[0].ab.shape == (2, 2, 32, 32)
