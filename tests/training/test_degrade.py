from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from training import degrade
from training.degrade import (
    blur,
    comb,
    compress,
    develop,
    fade,
    grain,
    halation,
    old_film,
    round_off,
    splice,
)

Wear = Callable[[Tensor, Generator], Tensor]
WEARS: list[Wear] = [old_film, *(wear for wear, _ in degrade._WEARS)]
each_wear = pytest.mark.parametrize("wear", WEARS, ids=lambda wear: wear.__name__)


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


@each_wear
@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 3),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 2**32),
)
def test_shape_and_range_are_kept(
    wear: Wear, count: int, height: int, width: int, seed: int
) -> None:
    luma = torch.rand(count, 1, height, width, generator=random(seed))
    worn = wear(luma, random(seed))
    assert worn.shape == luma.shape
    assert worn.isfinite().all()
    assert worn.min() >= -1e-5
    assert worn.max() <= 1 + 1e-5


@each_wear
def test_the_same_numbers_make_the_same_wear(wear: Wear) -> None:
    luma = torch.rand(4, 1, 24, 32, generator=random())
    assert torch.equal(wear(luma, random(7)), wear(luma, random(7)))
    assert not torch.equal(wear(luma, random(7)), wear(luma, random(8)))


@each_wear
def test_the_clean_picture_is_not_written_to(wear: Wear) -> None:
    luma = torch.rand(2, 1, 24, 32, generator=random())
    kept = luma.clone()
    wear(luma, random())
    assert torch.equal(luma, kept)


@each_wear
def test_each_picture_gets_its_own_wear(wear: Wear) -> None:
    one = torch.rand(1, 1, 32, 32, generator=random())
    worn = wear(one.repeat(8, 1, 1, 1), random(3))
    assert not (worn == worn[:1]).all()


def test_most_pictures_stay_recognisable() -> None:
    luma = torch.rand(64, 1, 8, 8, generator=random())
    luma = torch.nn.functional.interpolate(luma, (64, 64), mode="bilinear")
    worn = old_film(luma, random(1))
    shift = (worn.mean(dim=(1, 2, 3)) - luma.mean(dim=(1, 2, 3))).abs()
    assert (shift < 0.25).float().mean() > 0.9
    alike = [
        float(torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1])
        for a, b in zip(luma, worn, strict=True)
    ]
    assert sum(value > 0.7 for value in alike) > 0.9 * 64


def test_an_even_picture_cannot_be_blurred() -> None:
    even = torch.full((2, 1, 20, 20), 0.4)
    torch.testing.assert_close(blur(even, random()), even)


@pytest.mark.parametrize("wear", [fade, develop])
def test_tones_keep_their_order(wear: Wear) -> None:
    ramp = torch.linspace(0, 1, 50).expand(8, 1, 1, 50)
    assert (wear(ramp, random()).diff(dim=-1) >= -1e-6).all()


def test_developing_keeps_black_and_white() -> None:
    ends = torch.tensor([0.0, 1.0]).expand(8, 1, 1, 2)
    torch.testing.assert_close(develop(ends, random()), ends)


def test_grain_neither_lightens_nor_darkens() -> None:
    even = torch.full((16, 1, 64, 64), 0.5)
    assert abs(float(grain(even, random()).mean()) - 0.5) < 0.01


def test_grain_varies_in_size_and_strength() -> None:
    grains = grain(torch.full((64, 1, 64, 64), 0.5), random()) - 0.5
    strength = grains.std(dim=(1, 2, 3))
    assert strength.max() > 4 * strength.min()
    # Neighbours in fine grain know nothing of each other, in coarse grain much.
    alike = (grains[..., 1:] * grains[..., :-1]).mean(dim=(1, 2, 3)) / strength**2
    assert alike.min() < 0.2
    assert alike.max() > 0.6


def test_light_glows_only_around_what_is_bright() -> None:
    lamp = torch.full((8, 1, 64, 64), 0.2)
    assert torch.equal(halation(lamp, random()), lamp)
    lamp[..., 28:36, 28:36] = 1
    glow = halation(lamp, random()) - lamp
    assert (glow >= 0).all()
    beside, far = glow[..., 32, 38], glow[..., 0, 0]
    assert (beside > 0.01).all()
    assert (far < beside / 2).all()


def test_fields_part_only_across_the_lines() -> None:
    # What does not change sideways looks the same however far it moved.
    rows = torch.rand(8, 1, 32, 1, generator=random()).expand(-1, -1, -1, 32)
    torch.testing.assert_close(comb(rows, random()), rows)
    columns = rows.mT.contiguous()
    combed = comb(columns, random())
    assert (combed - columns).abs().max() > 0.1
    woven = (combed[..., ::2, :] == columns[..., ::2, :]).flatten(1).all(dim=1)
    assert 0 < woven.sum() < 8  # the others are blended


def test_even_blocks_survive_compression() -> None:
    # Only the mean of a block is left, rounded to a step of 36 / 255 / 4 at most.
    even = torch.rand(8, 1, 1, 1, generator=random()).expand(-1, -1, 40, 40)
    squeezed = compress(even, random())
    torch.testing.assert_close(squeezed, even, atol=0.02, rtol=0)
    assert (squeezed.std(dim=(2, 3)) < 1e-5).all()


def test_compression_takes_faint_detail_if_it_is_fine() -> None:
    y, x = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    fine = 0.5 + 0.02 * ((y + x) % 2 * 2 - 1).expand(16, 1, 64, 64)
    coarse = 0.5 + 0.02 * (y // 32 * 2 - 1).expand(16, 1, 64, 64)
    lost_fine = (compress(fine, random()) - fine).std(dim=(1, 2, 3))
    lost_coarse = (compress(coarse, random()) - coarse).std(dim=(1, 2, 3))
    assert (lost_coarse < 0.016).all()
    assert lost_fine.max() > 0.019  # nothing is left of some
    assert lost_fine.mean() > 1.5 * lost_coarse.mean()


def test_few_greys_are_left() -> None:
    ramp = torch.linspace(0, 1, 4096).expand(8, 1, 1, 4096)
    counts = [len(row.unique()) for row in round_off(ramp, random())]
    assert all(50 <= count <= 221 for count in counts)
    assert len(set(counts)) > 4


def test_a_splice_is_one_bar_across() -> None:
    even = torch.full((16, 1, 64, 8), 0.5)
    spliced = splice(even, random())
    assert torch.equal(spliced, spliced[..., :1].expand_as(spliced))
    assert (spliced != even).flatten(1).any(dim=1).sum() > 12


def test_some_prints_are_hardly_worn_and_some_badly() -> None:
    luma = torch.rand(200, 1, 16, 16, generator=random())
    harm = (old_film(luma, random()) - luma).abs().mean(dim=(1, 2, 3))
    assert (harm < 0.01).float().mean() > 0.05
    assert (harm > 0.1).float().mean() > 0.1
