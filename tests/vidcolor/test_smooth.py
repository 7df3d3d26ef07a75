from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from vidcolor.smooth import Prediction, smooth

SHAPE = (6, 8)
SURE = torch.zeros(SHAPE)


def shot(count: int, seed: int = 0, spread: float = 20.0) -> list[Prediction]:
    """Return a still scene whose ab is noise."""
    random = Generator().manual_seed(seed)
    lightness = torch.rand(SHAPE, generator=random) * 100
    return [
        Prediction(
            torch.randn(2, *SHAPE, generator=random) * spread, SURE, lightness, n == 0
        )
        for n in range(count)
    ]


def smoothed(predictions: list[Prediction], radius: int) -> list[Tensor]:
    return [p.ab for _, p in smooth(((None, p) for p in predictions), radius)]


def with_ab(values: list[float], lightness: list[Tensor]) -> list[Prediction]:
    return [
        Prediction(torch.full((2, *SHAPE), value), SURE, light, n == 0)
        for n, (value, light) in enumerate(zip(values, lightness, strict=True))
    ]


def test_radius_0_changes_nothing() -> None:
    given = shot(5)
    for before, after in zip(given, smoothed(given, 0), strict=True):
        assert torch.equal(before.ab, after)


def test_a_negative_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        next(smooth([], -1))


def test_of_nothing_comes_nothing() -> None:
    assert list(smooth([], 3)) == []


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_items_come_in_order_with_their_own_lightness(radius: int) -> None:
    given = shot(4) + shot(1, 1) + shot(12, 2)
    result = list(smooth(enumerate(given), radius))
    assert [number for number, _ in result] == list(range(17))
    for (_, after), before in zip(result, given, strict=True):
        assert after.lightness is before.lightness
        assert after.starts_shot == before.starts_shot


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_a_shot_is_the_same_alone_and_in_a_film(radius: int) -> None:
    shots = [shot(5, 1), shot(1, 2), shot(11, 3), shot(2, 4)]
    inside = smoothed([p for one in shots for p in one], radius)
    alone = [ab for one in shots for ab in smoothed(one, radius)]
    for a, b in zip(inside, alone, strict=True):
        assert torch.equal(a, b)


def test_nothing_passes_a_cut() -> None:
    light = torch.full(SHAPE, 50.0)
    film = with_ab([30.0] * 4, [light] * 4) + with_ab([-30.0] * 4, [light] * 4)
    result = torch.stack(smoothed(film, 3))
    torch.testing.assert_close(result[:4], torch.full_like(result[:4], 30))
    torch.testing.assert_close(result[4:], torch.full_like(result[4:], -30))


def test_a_first_frame_that_claims_no_shot_is_one_all_the_same() -> None:
    given = [replace(p, starts_shot=False) for p in shot(4)]
    assert len(smoothed(given, 2)) == 4


def test_answers_are_late_by_the_radius_and_no_more() -> None:
    radius, taken = 3, 0

    def counted() -> Iterator[tuple[int, Prediction]]:
        nonlocal taken
        for number, prediction in enumerate(shot(20)):
            taken += 1
            yield number, prediction

    for number, _ in smooth(counted(), radius):
        assert taken <= number + radius + 1


def test_a_cut_lets_go_of_what_came_before() -> None:
    # One frame beyond the shot's end says that it has ended.
    taken = 0

    def counted() -> Iterator[tuple[int, Prediction]]:
        nonlocal taken
        for number, prediction in enumerate(shot(3) + shot(10, 1)):
            taken += 1
            yield number, prediction

    stages = smooth(counted(), 8)
    assert [next(stages)[0] for _ in range(3)] == [0, 1, 2]
    assert taken == 4


def test_one_colour_stays_that_colour() -> None:
    random = Generator().manual_seed(0)
    lights = [torch.rand(SHAPE, generator=random) * 100 for _ in range(9)]
    for ab in smoothed(with_ab([12.5] * 9, lights), 4):
        torch.testing.assert_close(ab, torch.full_like(ab, 12.5))


def test_noise_falls_as_it_does_in_a_mean() -> None:
    # A mean of n equals has 1/n of the variance; weights fall off, so ask for half.
    radius = 4
    result = torch.stack(smoothed(shot(40), radius))[radius:-radius]
    assert result.var() < 20**2 / (2 * radius + 1) * 2


def test_flicker_does_not_hinder() -> None:
    still = shot(20)
    flickering = [
        replace(p, lightness=p.lightness + (15 if n % 2 else -15))
        for n, p in enumerate(still)
    ]
    for calm, wild in zip(smoothed(still, 3), smoothed(flickering, 3), strict=True):
        torch.testing.assert_close(calm, wild, atol=1e-2, rtol=0)


def test_what_moved_away_leaves_no_colour_behind() -> None:
    # A light thing, a column wide, goes over a dark ground, a column a frame.
    predictions = []
    for column in range(8):
        ab, light = torch.full((2, *SHAPE), -20.0), torch.full(SHAPE, 20.0)
        ab[..., column], light[..., column] = 60.0, 80.0
        predictions.append(Prediction(ab, SURE, light, column == 0))
    for before, after in zip(predictions, smoothed(predictions, 4), strict=True):
        torch.testing.assert_close(after, before.ab, atol=0.1, rtol=0)


def test_the_nearest_in_time_count_most() -> None:
    light = torch.full(SHAPE, 50.0)
    impulse = with_ab([0.0] * 5 + [1.0] + [0.0] * 5, [light] * 11)
    answer = torch.stack([ab.mean() for ab in smoothed(impulse, 4)])
    assert (answer[1:6].diff() > 0).all()
    torch.testing.assert_close(answer[3], answer[7])
    assert answer[0] == answer[10] == 0
