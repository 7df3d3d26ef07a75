from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from training.batches import Batch, Batches
from training.config import Config
from training.pool import Pool
from vidcolor.lab import grey_to_lightness, rgb_to_lab
from vidcolor_models.film import STRIDE

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def config(config: Config) -> Config:
    """Return a run of two pictures a step, of 32 pixels."""
    return replace(config, crops=(32,), pixels=2 * 32**2)


@pytest.fixture(scope="module")
def pool(pictures: list[Tensor]) -> Pool:
    return Pool(pictures, CPU)


def same(a: Batch, b: Batch) -> bool:
    return a.shift == b.shift and all(
        torch.equal(getattr(a, field.name), getattr(b, field.name))
        for field in fields(Batch)
        if field.name != "shift"
    )


def test_a_batch_has_the_shapes_it_says(pool: Pool, config: Config) -> None:
    batch = Batches(pool, config)[0]
    assert batch.lightness.shape == (4, 1, 32, 32)
    assert batch.hint_ab.shape == (4, 2, 32, 32)
    assert batch.hint_mask.shape == (4, 1, 32, 32)
    assert batch.ab.shape == (4, 2, 32, 32)
    assert batch.lightness.min() >= 0
    assert batch.lightness.max() <= 100 + 1e-3


def test_crops_take_turns_and_fill_as_many_pixels(pool: Pool, config: Config) -> None:
    config = replace(config, crops=(32, 64, 96), pixels=2 * 96**2, views=1)
    batches = Batches(pool, config)
    shapes = [batches[step].ab.shape for step in range(4)]
    assert [shape[-1] for shape in shapes] == [32, 64, 96, 32]
    assert [shape[0] for shape in shapes] == [18, 4, 2, 18]


def test_half_of_the_pictures_are_mirrored(config: Config) -> None:
    # Green to the right, and nothing else tells left from right.
    ramp = torch.linspace(0, 255, 64).byte()
    picture = torch.stack([torch.full((64, 64), 90), ramp.expand(64, 64)] * 2)[:3]
    batches = Batches(Pool([picture.byte()] * 2, CPU), replace(config, hints=0.0))
    slopes = torch.cat(
        [batches[step].ab[:2, 0].diff(dim=-1).mean((1, 2)) for step in range(30)]
    )
    mirrored = (slopes > 0).float().mean()
    assert 0.3 < mirrored < 0.7


def test_a_step_s_batch_is_the_same_whenever_asked(pool: Pool, config: Config) -> None:
    first, second = (Batches(pool, config) for _ in range(2))
    first[0]
    assert same(first[5], second[5])


def test_steps_processes_and_seeds_see_different_batches(
    pool: Pool, config: Config
) -> None:
    seen = [
        Batches(pool, config)[3],
        Batches(pool, config)[4],
        Batches(pool, config, rank=0, ranks=2)[3],
        Batches(pool, config, rank=1, ranks=2)[3],
        Batches(pool, replace(config, seed=2))[3],
    ]
    pairs = [(a, b) for n, a in enumerate(seen) for b in seen[:n]]
    assert not any(torch.equal(a.lightness, b.lightness) for a, b in pairs)


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("crops", [(32,), (64,), (32, 64)])
def test_every_picture_comes_once_in_an_epoch(
    config: Config, ranks: int, crops: tuple[int, ...]
) -> None:
    # Even pictures, each of a red of its own, which says which picture it was.
    per_step = [64**2 // crop**2 for crop in crops]
    total = 3 * ranks * sum(per_step)
    reds = torch.linspace(20, 250, total).byte()
    plain = [torch.full((3, 40, 40), 90, dtype=torch.uint8) for _ in range(total)]
    for picture, red in zip(plain, reds, strict=True):
        picture[0] = red
    colors = torch.stack([rgb_to_lab(p[:, :1, :1] / 255)[1:, 0, 0] for p in plain])
    config = replace(config, crops=crops, pixels=64**2, views=1)
    loaders = [Batches(Pool(plain, CPU), config, rank, ranks) for rank in range(ranks)]
    steps = 3 * len(crops)
    for epoch in range(2):
        found = torch.cat(
            [
                loader[step].ab[:, :, 0, 0]
                for step in range(epoch * steps, (epoch + 1) * steps)
                for loader in loaders
            ]
        )
        nearest = torch.cdist(found, colors).argmin(dim=1)
        assert sorted(nearest.tolist()) == [*range(total)]


def test_epochs_have_orders_of_their_own(config: Config) -> None:
    many = Pool([torch.zeros(3, 40, 40, dtype=torch.uint8)] * 30, CPU)
    batches = Batches(many, replace(config, pixels=30 * 32**2))
    first, second = (batches._numbers(step).tolist() for step in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == [*range(30)]


def test_views_are_worn_differently_and_share_what_both_show(
    pool: Pool, config: Config
) -> None:
    batches = Batches(pool, replace(config, hints=1.0, crops=(64,), pixels=2 * 64**2))
    shifts = set()
    for step in range(6):
        batch = batches[step]
        shifts.add(batch.shift)
        y, x = (STRIDE * shift for shift in batch.shift)
        for truth in (batch.ab, batch.hint_ab, batch.hint_mask):
            first, second = truth.chunk(2)
            assert torch.equal(first[..., y:, x:], second[..., : 64 - y, : 64 - x])
        first, second = batch.lightness.chunk(2)
        assert not torch.equal(first[..., y:, x:], second[..., : 64 - y, : 64 - x])
    assert len(shifts) > 3
    assert all(0 <= shift < 32 // STRIDE for pair in shifts for shift in pair)


def test_a_single_view_is_not_moved(pool: Pool, config: Config) -> None:
    batch = Batches(pool, replace(config, views=1))[0]
    assert batch.shift == (0, 0)
    assert len(batch.lightness) == 2


def test_lightness_is_that_of_the_photo_s_luma(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not that of its Lab colour: BT.601 and BT.709 see this red as two greys.
    monkeypatch.setattr("training.batches.old_film", lambda luma, random: luma)
    red = torch.tensor([200, 60, 30], dtype=torch.uint8).view(3, 1, 1)
    pool = Pool([red.expand(3, 40, 40)], CPU)
    batch = Batches(pool, replace(config, views=1, pixels=16 * 32**2))[0]
    for weights in ((0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)):
        luma = (red.flatten() / 255) @ torch.tensor(weights)
        off = (batch.lightness - grey_to_lightness(luma)).abs().amax(dim=(1, 2, 3))
        assert 0 < (off < 1e-3).sum() < 16


def test_pictures_smaller_than_the_crop_are_enlarged(config: Config) -> None:
    tiny = Pool([torch.full((3, 9, 20), 99, dtype=torch.uint8)], CPU)
    assert Batches(tiny, config)[0].ab.shape == (4, 2, 32, 32)
