from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.hints import carried, draw_hints, points, region


def random(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def colors(count: int, side: int = 32) -> Tensor:
    return torch.randn(count, 2, side, side, generator=random(9)) * 40


def test_masks_are_shares() -> None:
    ab = colors(16)
    for draw in (points, region, carried):
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


def test_hints_are_of_all_kinds_about_as_often() -> None:
    _, mask = draw_hints(torch.zeros(150, 2, 128, 128), 1.0, random())
    soft = ((mask > 0) & (mask < 1)).flatten(1).any(dim=1)
    # A region of an even picture is a box that no point is as large as.
    boxes = (F.avg_pool2d(mask, 13, stride=1) > 1 - 1e-6).flatten(1).any(dim=1)
    for count in (soft.sum(), (boxes & ~soft).sum(), (~boxes & ~soft).sum()):
        assert 30 < count < 70


def test_nothing_is_said_where_the_mask_is_0() -> None:
    for draw in (points, region):
        hint, mask = draw(colors(32), random())
        assert (hint * (1 - mask)).abs().max() == 0


@pytest.mark.parametrize("draw", [points, region, carried])
def test_pictures_do_not_mix(draw: Callable[..., tuple[Tensor, Tensor]]) -> None:
    ab = colors(8)
    changed = ab.clone()
    changed[3] += 50
    before, after = (draw(one, random()) for one in (ab, changed))
    others = [0, 1, 2, 4, 5, 6, 7]
    for a, b in zip(before, after, strict=True):
        assert torch.equal(a[others], b[others])


def test_where_points_overlap_each_place_has_one_of_their_colours() -> None:
    ab = colors(200, side=12)  # crowded
    hint, mask = points(ab, random())
    for given, where in zip(hint, mask[:, 0] > 0, strict=True):
        assert len(given[:, where].T.unique(dim=0)) <= 60
        assert (given[:, ~where] == 0).all()


def test_a_region_has_its_mean_colour() -> None:
    ab = colors(32)
    hint, mask = region(ab, random())
    for truth, given, where in zip(ab, hint, mask[:, 0] > 0, strict=True):
        assert where.any()
        expected = truth[:, where].mean(dim=1, keepdim=True)
        torch.testing.assert_close(
            given[:, where], expected.expand(2, int(where.sum())), atol=1e-3, rtol=0
        )


def test_a_region_stays_inside_its_thing() -> None:
    # Red on the left and blue on the right: 90 apart, and no region reaches so far.
    ab = torch.zeros(64, 2, 32, 32)
    ab[:, 0, :, :16], ab[:, 1, :, 16:] = 60, -67
    _, mask = region(ab, random())
    left, right = mask[..., :16].flatten(1).any(dim=1), mask[..., 16:].flatten(1).any(1)
    assert (left ^ right).all()
    assert 10 < left.sum() < 54
    sizes = mask.mean(dim=(1, 2, 3))
    assert sizes.max() > 5 * sizes.min()


def test_carried_colours_are_near_the_true_ones() -> None:
    even = torch.full((8, 2, 32, 32), 30.0)
    hint, _ = carried(even, random())
    assert hint.min() >= 0.6 * 30 - 1e-3
    assert hint.max() <= 1.1 * 30 + 1e-3


def test_each_picture_is_carried_along_its_own_motion() -> None:
    # A soft spot on grey: where the colours' middle lies tells how far they moved.
    at = torch.arange(64.0)
    spot = torch.exp(-((at - 31.5) ** 2) / 50)
    ab = (60 * spot[:, None] * spot).expand(32, 2, 64, 64)
    hint, _ = carried(ab, random())
    weight = hint[:, 0] / hint[:, 0].sum(dim=(1, 2), keepdim=True)
    y = (weight.sum(dim=2) * at).sum(dim=1) - 31.5
    x = (weight.sum(dim=1) * at).sum(dim=1) - 31.5
    assert y.std() > 0.7
    assert x.std() > 0.7
    assert torch.stack([y, x]).abs().max() < 8
