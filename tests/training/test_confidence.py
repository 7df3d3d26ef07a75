import numpy as np
import pytest

from training.confidence import Numbers, errors_by_fifth, rank_correlation


def shuffled(count: int = 103) -> Numbers:
    return np.random.default_rng(0).permutation(count).astype(np.float64)


def test_what_rises_with_it_is_correlated_however_it_rises() -> None:
    error = shuffled()
    assert rank_correlation(np.exp(error / 10), error) == pytest.approx(1)
    assert rank_correlation(-(error**3), error) == pytest.approx(-1)


def test_equal_values_share_a_rank() -> None:
    # Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: Pearson's correlation is 4.5 / sqrt(4.5 * 5).
    first, second = np.array([1.0, 2, 2, 3]), np.array([1.0, 3, 2, 4])
    assert rank_correlation(first, second) == pytest.approx(4.5 / 22.5**0.5)


def test_what_never_changes_says_nothing() -> None:
    assert np.isnan(rank_correlation(np.ones(5), np.arange(5.0)))


def test_the_errors_of_a_perfect_predictor_rise() -> None:
    error = shuffled()
    fifths = errors_by_fifth(2 * error + 1, error)
    assert len(fifths) == 5
    assert (np.diff(fifths) > 0).all()


def test_fifths_are_of_all_pixels() -> None:
    error = shuffled(100)
    fifths = errors_by_fifth(shuffled(100)[::-1], error)
    assert np.mean(fifths) == pytest.approx(error.mean())
    assert errors_by_fifth(-error, error) == pytest.approx(
        [89.5, 69.5, 49.5, 29.5, 9.5]
    )
