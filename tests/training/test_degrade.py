from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from training.degrade import blur, dust, fade, grain, old_film, scratch, vignette

Wear = Callable[[Tensor, Generator], Tensor]
WEARS: list[Wear] = [old_film, blur, fade, vignette, grain, scratch, dust]
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


def test_fading_keeps_the_order_of_greys() -> None:
    ramp = torch.linspace(0, 1, 50).expand(8, 1, 1, 50)
    assert (fade(ramp, random()).diff(dim=-1) >= 0).all()


def test_grain_neither_lightens_nor_darkens() -> None:
    even = torch.full((16, 1, 64, 64), 0.5)
    assert abs(float(grain(even, random()).mean()) - 0.5) < 0.01
