import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from vidcolor.flow import outside
from vidcolor.memory import Memory
from vidcolor.motion import Motion, Step
from vidcolor.smooth import Prediction, smooth

SHAPE = (6, 8)
SURE = torch.zeros(SHAPE)
TWICE = np.ones((2, 2), np.float32)  # a pixel at twice the size


def motion(x: float = 0.0, trust: float = 1.0) -> Motion:
    """Return how all of a frame moved to the right, out of sight at the border."""
    flow = np.zeros((*SHAPE, 2), np.float32)
    flow[..., 0] = x
    return Motion(flow, np.where(outside(flow), np.float32(0), np.float32(trust)))


STILL = Step(motion(), motion())
LOST = Step(motion(trust=0), motion(trust=0))


def film(abs_: list[Tensor], step: Step = STILL) -> list[Prediction]:
    """Return a shot of certain predictions with the same step between all."""
    return [
        Prediction(ab, SURE, n == 0, step if n else None) for n, ab in enumerate(abs_)
    ]


def noise(count: int, seed: int = 0) -> list[Tensor]:
    random = Generator().manual_seed(seed)
    return [torch.randn(2, *SHAPE, generator=random) * 20 for _ in range(count)]


def shot(count: int, seed: int = 0) -> list[Prediction]:
    """Return a still scene whose ab is noise."""
    return film(noise(count, seed))


def even(*values: float) -> list[Tensor]:
    """Return frames of one colour each."""
    return [torch.full((2, *SHAPE), float(value)) for value in values]


def smoothed(predictions: list[Prediction], radius: int) -> list[Tensor]:
    return [p.ab for _, p in smooth(((None, p) for p in predictions), radius)]


def test_radius_0_changes_nothing() -> None:
    given = shot(5)
    for before, after in zip(given, smoothed(given, 0), strict=True):
        assert torch.equal(before.ab, after)


def test_a_negative_radius_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        next(smooth([], -1))


def test_of_nothing_comes_nothing() -> None:
    assert list(smooth([], 3)) == []


@settings(deadline=None)
@given(st.lists(st.integers(1, 12), max_size=4), st.integers(0, 9))
def test_as_many_come_as_were_given_in_order_and_late_by_the_radius_at_most(
    lengths: list[int], radius: int
) -> None:
    given = [p for seed, length in enumerate(lengths) for p in shot(length, seed)]
    taken = 0

    def counted() -> Iterator[tuple[int, Prediction]]:
        nonlocal taken
        for number, prediction in enumerate(given):
            taken += 1
            yield number, prediction

    numbers = []
    for number, after in smooth(counted(), radius):
        assert taken <= number + radius + 1
        assert after.starts_shot == given[number].starts_shot
        numbers.append(number)
    assert numbers == list(range(len(given)))


@pytest.mark.parametrize("radius", [1, 3, 8])
def test_a_shot_is_the_same_alone_and_in_a_film(radius: int) -> None:
    shots = [shot(5, 1), shot(1, 2), shot(11, 3), shot(2, 4)]
    inside = smoothed([p for one in shots for p in one], radius)
    alone = [ab for one in shots for ab in smoothed(one, radius)]
    for a, b in zip(inside, alone, strict=True):
        assert torch.equal(a, b)


def test_nothing_passes_a_cut() -> None:
    given = film(even(30, 30, 30, 30)) + film(even(-30, -30, -30, -30))
    result = torch.stack(smoothed(given, 3))
    torch.testing.assert_close(result[:4], torch.full_like(result[:4], 30))
    torch.testing.assert_close(result[4:], torch.full_like(result[4:], -30))


def test_a_first_frame_that_claims_no_shot_is_one_all_the_same() -> None:
    given = film(even(1, 2, 3, 4))
    given[0] = Prediction(given[0].ab, SURE, False)
    assert len(smoothed(given, 2)) == 4


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


@pytest.mark.parametrize("radius", [1, 4, 10, 16])
@pytest.mark.parametrize("place", [1, 5, 6, 8, 9, 23])
def test_with_its_memory_a_frame_is_what_it_was(place: int, radius: int) -> None:
    def remembering(predictions: list[Prediction]) -> list[Prediction]:
        return [replace(p, memory=Memory(n)) for n, p in enumerate(predictions)]

    steps = Step(motion(-0.7, 0.9), motion(0.7, 0.8))
    shots = film(noise(6, 1), steps), film(noise(30, 2), steps)
    given = [p for one in shots for p in remembering(one)]
    whole = [p for _, p in smooth(((None, p) for p in given), radius)]
    memory = whole[place].memory
    assert memory is not None
    assert (memory.past is None) == (place == 6)
    part = smooth(((None, p) for p in given[place:]), radius, memory)
    for before, (_, after) in zip(whole[place:], part, strict=True):
        assert torch.equal(before.ab, after.ab)


def test_one_colour_stays_that_colour_however_things_move() -> None:
    for ab in smoothed(film(even(*[12.5] * 9), Step(motion(-0.7), motion(0.7))), 4):
        torch.testing.assert_close(ab, torch.full_like(ab, 12.5))


def test_noise_falls_as_it_does_in_a_mean() -> None:
    # A mean of n equals has 1/n of the variance, and weights that fall off a bit more.
    radius = 4
    given = film([ab + 60 for ab in noise(40)])
    result = torch.stack(smoothed(given, radius))[radius:-radius]
    assert result.var() < 20**2 / (2 * radius + 1) * 1.2


def test_colours_hold_still_long_after_the_radius() -> None:
    # The network changes its mind in the middle: what it said before still counts.
    result = torch.stack(smoothed(film(even(*[0.0] * 30, *[10.0] * 90)), 2))
    steps = result.mean(dim=(1, 2, 3)).diff()
    assert steps.max() < 2
    assert steps.min() > -0.1
    assert result[-1].mean() > 7


def test_what_moves_takes_its_colour_along() -> None:
    # A thing a column wide moves a column a frame; what it is said to be flickers.
    ground, said = -20.0, [50.0, 70.0] * 4
    frames = []
    for column, value in enumerate(said):
        ab = torch.full((2, *SHAPE), ground)
        ab[..., column] = value
        frames.append(ab)
    result = smoothed(film(frames, Step(motion(-1), motion(1))), 7)
    for column, ab in enumerate(result):
        assert ab[..., column].mean() == pytest.approx(60, abs=2)
        if column:
            assert ab[..., column - 1].mean() == pytest.approx(ground, abs=0.1)


def test_what_comes_into_sight_has_its_own_colour() -> None:
    result = smoothed(film(even(60, 60, 60, -30, -30, -30), LOST), 4)
    for ab, own in zip(result, [60.0] * 3 + [-30.0] * 3, strict=True):
        torch.testing.assert_close(ab, torch.full_like(ab, own), atol=0.1, rtol=0)


def test_through_a_dissolve_the_old_colours_go_with_the_old_picture() -> None:
    # In a place that is as light in both pictures: the motion gives no hint.
    length = 6
    mixed = [60 - 120 * (n + 1) / (length + 1) for n in range(length)]
    given = film(even(*[60.0] * 20, *mixed, *[-60.0] * 20))
    result = torch.stack(smoothed(given, 8)).mean(dim=(1, 2, 3))
    assert result[:18].min() > 50
    assert result[20 + length + 2 :].max() < -50


def test_a_frame_that_is_wrong_alone_does_not_break_the_memory() -> None:
    given = film(even(*[30.0] * 20, -30.0, *[30.0] * 20))
    result = torch.stack(smoothed(given, 8))
    assert result.min() > 20


def test_colours_that_flicker_turn_less_than_half_as_pale() -> None:
    # Two hues in turn: their mean has less chroma than either, 30.
    hues = [torch.tensor([30.0, side]) for side in (20.0, -20.0)] * 20
    given = film([hue[:, None, None].expand(2, *SHAPE) for hue in hues])
    result = torch.stack(smoothed(given, 8))[20:]
    assert result[:, 1].abs().max() < 5
    most = 30 + 0.6 * (math.hypot(30, 20) - 30)
    assert result.norm(dim=1).mean() == pytest.approx(most, rel=0.01)


def test_frames_that_nobody_was_asked_about_make_nothing_paler() -> None:
    hues = [torch.tensor([30.0, side]) for side in (20.0, -20.0)] * 20
    asked = film([hue[:, None, None].expand(2, *SHAPE) for hue in hues])
    silent = Prediction(
        torch.zeros(2, *SHAPE), torch.full(SHAPE, math.inf), False, STILL
    )
    with_silent = [part for one in asked for part in (one, silent)]
    all_asked, some = (
        torch.stack(smoothed(given, 9))[len(given) // 2 :].norm(dim=1).mean()
        for given in (asked, with_silent)
    )
    assert some > 0.97 * all_asked


def test_who_is_unsure_has_less_say() -> None:
    given = film(even(40, 40, 40, -40, 40, 40, 40))
    given[3] = Prediction(given[3].ab, torch.full(SHAPE, 90.0), False, STILL)
    sure = torch.stack(smoothed(film(even(40, 40, 40, -40, 40, 40, 40)), 3))
    unsure = torch.stack(smoothed(given, 3))
    assert unsure.min() > sure.min() + 5


def test_who_knows_nothing_takes_the_colour_of_the_others() -> None:
    unknown = torch.full(SHAPE, float("inf"))
    given = film(even(30, 0, 0, 0, 30), LOST)
    for n in (1, 2, 3):
        given[n] = Prediction(given[n].ab, unknown, False, LOST)
    for ab in smoothed(given, 4):
        torch.testing.assert_close(ab, torch.full_like(ab, 30))


def test_motion_may_be_known_at_another_size_than_ab() -> None:
    coarse = smoothed(film(noise(5), Step(motion(-1), motion(1))), 3)
    fine = Step(
        *(
            Motion(np.kron(m.flow * 2, TWICE[..., None]), np.kron(m.trust, TWICE))
            for m in (motion(-1), motion(1))
        )
    )
    for a, b in zip(coarse, smoothed(film(noise(5), fine), 3), strict=True):
        torch.testing.assert_close(a, b)


def test_the_nearest_in_time_count_most() -> None:
    run_in = [0.0] * 1000  # until hardly a weight of the past is missing any more
    answers = smoothed(film(even(*run_in, 1.0, *[0.0] * 5)), 4)
    means = torch.stack([ab.mean() for ab in answers])
    assert means[995] == 0
    assert (means[995:1001].diff() > 0).all()
    assert (means[1000:1002].diff() < 0).all()


@pytest.mark.parametrize("radius", [1, 16])
def test_colour_stays_however_long_nobody_knows_better(radius: int) -> None:
    unknown = torch.full(SHAPE, math.inf)
    given = film(even(*[50.0] * 40), LOST)
    for n in range(40):
        if n % 12:
            blank = torch.zeros_like(given[n].ab)
            given[n] = Prediction(blank, unknown, False, LOST)
    for ab in smoothed(given, radius):
        assert float(ab[0].min()) == pytest.approx(50, abs=4)
