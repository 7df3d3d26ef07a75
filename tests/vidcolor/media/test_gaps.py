from fractions import Fraction

import pytest

from vidcolor.media.gaps import Gaps


def gaps(*milliseconds: int) -> Gaps:
    found = Gaps(Fraction(1, 25))
    for time in milliseconds:
        found.add(Fraction(time, 1000))
    return found


def test_a_steady_film_has_no_holes() -> None:
    found = gaps(0, 40, 80, 120)
    assert (found.places, found.missing, found.uneven) == (0, 0, 0)
    assert not found.are_losses(damaged=False)


def test_a_hole_counts_the_frames_that_would_fit() -> None:
    found = gaps(0, 40, 240, 280)
    assert (found.places, found.missing) == (1, 4)
    assert found.are_losses(damaged=False)


def test_a_short_hole_is_a_loss_only_in_a_damaged_film() -> None:
    found = gaps(0, 40, 120, 160)
    assert not found.are_losses(damaged=False)
    assert found.are_losses(damaged=True)


def test_a_film_of_few_pictures_far_apart_has_lost_none() -> None:
    assert not gaps(0, 1_800_000, 3_600_000).are_losses(damaged=False)
    assert not gaps(0, 40, 80, 7_200_000).are_losses(damaged=False)


@pytest.mark.parametrize("damaged", [False, True])
def test_an_uneven_film_has_holes_by_nature(damaged: bool) -> None:
    assert not gaps(0, 40, 55, 400, 700).are_losses(damaged=damaged)
