import torch
from torch import Generator, Tensor

from training.hints import carried, draw_hints, points


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def colors(count: int, side: int = 32) -> Tensor:
    return torch.randn(count, 2, side, side, generator=random(9)) * 40


def test_masks_are_shares() -> None:
    ab = colors(16)
    for draw in (points, carried):
        hint, mask = draw(ab, random())
        assert hint.shape == ab.shape
        assert mask.shape == (16, 1, 32, 32)
        assert mask.min() >= 0
        assert mask.max() <= 1
        assert hint.isfinite().all()


def test_a_point_carries_the_true_mean_colour() -> None:
    ab = colors(64)
    hint, mask = points(ab, random())
    squares = 0
    for truth, given, where in zip(ab, hint, mask[:, 0] > 0, strict=True):
        if len(set(given[0][where].tolist())) > 1:
            continue  # several, and one may lie over another
        squares += 1
        expected = truth[:, where].mean(dim=1, keepdim=True)
        torch.testing.assert_close(
            given[:, where], expected.expand(2, int(where.sum())), atol=1e-3, rtol=0
        )
    assert squares > 4  # one in eight pictures has a single point


def test_there_are_about_eight_points() -> None:
    # The mean of a geometric distribution with p = 1/8 is 8; sides of 1 to 9 pixels
    # cover 95/3 pixels on average. Overlap takes some of it.
    _, mask = points(torch.zeros(400, 2, 128, 128), random())
    covered = float(mask.sum(dim=(1, 2, 3)).mean())
    assert 0.85 * 8 * 95 / 3 < covered < 1.1 * 8 * 95 / 3


def test_points_fit_into_pictures_smaller_than_they_are() -> None:
    hint, mask = points(colors(8, side=3), random())
    assert hint.isfinite().all()
    assert mask.max() == 1


def test_no_share_means_no_hints() -> None:
    _, mask = draw_hints(colors(32), 0.0, random())
    assert mask.sum() == 0


def test_the_share_of_pictures_with_hints_is_what_was_asked_for() -> None:
    _, mask = draw_hints(colors(400, side=8), 0.5, random())
    share = float((mask.sum(dim=(1, 2, 3)) > 0).float().mean())
    assert 0.4 < share < 0.6


def test_carried_colours_are_near_the_true_ones() -> None:
    even = torch.full((8, 2, 32, 32), 30.0)
    hint, _ = carried(even, random())
    assert hint.min() >= 0.6 * 30 - 1e-3
    assert hint.max() <= 1.1 * 30 + 1e-3
