import cv2
import pytest
import torch
from skimage.data import astronaut
from torch import Generator, Tensor

from vidcolor.lab import lab_to_rgb, rgb_to_lab
from vidcolor.upsample import (
    sample,
    shrink,
    shrink_codes,
    spread,
    to_grid,
    upsample,
)

SIZES = [((9, 13), (40, 61)), ((5, 5), (5, 5)), ((8, 8), (3, 5)), ((1, 1), (7, 4))]
ONE, OTHER = torch.tensor([40.0, -30.0]), torch.tensor([-20.0, 50.0])


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(0))


def blurred(ab: Tensor, side: int) -> Tensor:
    """Smear ab as a network does, over `side` pixels."""
    planes = [
        cv2.blur(plane.numpy(), (side, side), borderType=cv2.BORDER_REPLICATE)
        for plane in ab
    ]
    return torch.stack([torch.from_numpy(plane) for plane in planes])


def luma(lightness: Tensor) -> Tensor:
    """Return the luma (H, W), 0..1, of greys of this lightness, 0..100."""
    none = torch.zeros_like(lightness)
    return lab_to_rgb(torch.stack([lightness, none, none]))[0]


def halves(distance: Tensor, light: float) -> tuple[Tensor, Tensor]:
    """Return ab and lightness of two things, one on either side of distance 0."""
    beyond = (distance > 0).float()
    ab = ONE.view(2, 1, 1) + (OTHER - ONE).view(2, 1, 1) * beyond
    return ab, 50 + light * (beyond - 0.5)


def leak(distance: Tensor, small: tuple[int, int], smear: int, light: float) -> Tensor:
    """Return how much of the other side's colour each pixel has."""
    truth, guide = halves(distance, light)
    ab = torch.stack([shrink(plane, *small) for plane in truth])
    result = spread(blurred(ab, smear), luma(guide))
    error: Tensor = (result - truth).norm(dim=0) / (OTHER - ONE).norm()
    return error


@pytest.mark.parametrize(("small", "large"), SIZES)
def test_one_colour_stays_that_colour(
    small: tuple[int, int], large: tuple[int, int]
) -> None:
    ab = ONE.view(2, 1, 1).expand(2, *small)
    result = spread(ab, luma(noise(*large) * 100))
    expected = ONE.view(2, 1, 1).expand(2, *large)
    torch.testing.assert_close(result, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("small", "large"), SIZES)
def test_no_colour_is_stronger_than_the_strongest(
    small: tuple[int, int], large: tuple[int, int]
) -> None:
    ab = noise(2, *small) * 200 - 100
    result = spread(ab, luma(noise(*large) * 100))
    assert result.shape == (2, *large)
    for before, after in zip(ab, result, strict=True):
        assert after.min() >= before.min() - 1e-3
        assert after.max() <= before.max() + 1e-3


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("light", [80.0, -40.0, 25.0])
@pytest.mark.parametrize("factor", [2, 2.5, 3, 4.7, 8.44])
def test_no_halo_is_left_at_a_strong_edge(
    factor: float, light: float, upright: bool
) -> None:
    side = round(24 * factor)
    for place in (0.0, 0.3, 0.5):  # of the edge inside a small pixel
        at = torch.arange(side) + 0.5 - (12 + place) * factor
        distance = at[None].expand(side, side)
        distance = distance.T.contiguous() if upright else distance
        for smear in (3, 5):
            halo = leak(distance, (24, 24), smear, light)
            assert halo[distance.abs() > 1].max() < 0.05


def test_no_halo_is_left_around_a_disc() -> None:
    y, x = torch.meshgrid(torch.arange(240.0), torch.arange(240.0), indexing="ij")
    distance = torch.hypot(y - 120, x - 118) - 70
    halo = leak(distance, (40, 40), 5, 50.0)
    # Its rim is a staircase: a pixel at a step's corner is two away from the other.
    assert halo[distance.abs() > 2].max() < 0.05


def test_grain_leaves_no_halo_either() -> None:
    at = (torch.arange(256) - 130.5)[None].expand(256, 256)
    truth, guide = halves(at, 60.0)
    grain = torch.randn(256, 256, generator=Generator().manual_seed(1)) * 3
    ab = torch.stack([shrink(plane, 32, 32) for plane in truth])
    result = spread(blurred(ab, 3), luma(guide + grain))
    halo = (result - truth).norm(dim=0) / (OTHER - ONE).norm()
    assert halo[at.abs() > 1].max() < 0.05


def test_colour_is_not_blocky_where_luma_is_flat() -> None:
    # A slope of 1 a small pixel is one of 1/8 a large one, without steps.
    ab = torch.arange(16.0).expand(2, 16, 16).contiguous()
    steps = spread(ab, luma(torch.full((128, 128), 50.0))).diff(dim=-1)
    assert (steps[..., 16:-16] - 1 / 8).abs().max() < 1e-3


def test_a_sample_is_the_luma_of_one_side() -> None:
    guide = torch.full((40, 40), 20.0)
    guide[:, 17:] = 80
    assert set(sample(guide, 7, 9).flatten().tolist()) == {20.0, 80.0}


def test_shrinking_keeps_the_mean() -> None:
    plane = noise(60, 90)
    small = shrink(plane, 20, 30)
    assert small.shape == (20, 30)
    assert small.mean().item() == pytest.approx(plane.mean().item(), abs=1e-5)


def test_what_is_flat_keeps_its_detail() -> None:
    ab = noise(2, 12, 12) * 50
    result = spread(ab, luma(torch.full((12, 12), 30.0)))
    assert (result - ab).norm() < 0.25 * (ab - ab.mean(dim=(1, 2), keepdim=True)).norm()


def test_a_small_thing_keeps_its_colour_though_grey_around_is_as_light() -> None:
    # A face between a dark hat and a dark coat, in front of a road as light as itself.
    lightness = torch.full((240, 240), 70.0)
    lightness[60:180, 90:150] = 20  # hat and coat
    lightness[110:130, 100:140] = 70
    skin = torch.zeros(2, 240, 240)
    skin[:, 110:130, 100:140] = torch.tensor([18.0, 22.0]).view(2, 1, 1)
    ab = torch.stack([shrink(plane, 60, 60) for plane in skin])
    face = spread(blurred(ab, 3), luma(lightness))[:, 115:125, 110:130]
    assert face.norm(dim=0).min() > 0.8 * torch.tensor([18.0, 22.0]).norm()


def test_a_third_colour_at_an_edge_stays() -> None:
    # Where a road meets the sky there are trees: neither one's colour nor the other's.
    beyond = (torch.arange(240) >= 120).float()[:, None].expand(240, 240)
    ab = torch.stack([-10 * beyond, 30 - 55 * beyond])
    trees = torch.tensor([-35.0, 30.0])
    ab[:, 108:120] = trees.view(2, 1, 1)
    small = torch.stack([shrink(plane, 60, 60) for plane in ab])
    result = spread(small, luma(30 + 50 * beyond))
    assert (result[:, 112:117] - trees.view(2, 1, 1)).norm(dim=0).max() < 5


@pytest.mark.parametrize("smear", [1, 3, 5])
def test_a_photo_comes_out_as_near_as_without_a_guide(smear: int) -> None:
    photo = torch.from_numpy(astronaut()).permute(2, 0, 1) / 255
    photo = photo[:, : 4 * (photo.shape[1] // 4), : 4 * (photo.shape[2] // 4)]
    guide = (photo * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=0)
    truth = rgb_to_lab(photo)[1:]
    height, width = guide.shape
    small = torch.stack([shrink(p, height // 4, width // 4) for p in truth])
    small = blurred(small, smear)
    plain = torch.nn.functional.interpolate(
        small[None], guide.shape, mode="bilinear", align_corners=False
    )[0]
    error = (spread(small, guide) - truth).norm()
    assert error < 1.1 * (plain - truth).norm()


def test_where_nothing_is_alike_the_surroundings_count() -> None:
    ab = ONE.view(2, 1, 1).expand(2, 4, 4)
    # A single light pixel, which is the middle of none of the small ones.
    guide = torch.zeros(16, 16)
    guide[8, 8] = 100
    result = spread(ab, luma(guide))
    torch.testing.assert_close(result[:, 8, 8], ONE, atol=1e-2, rtol=0)


def test_very_fine_ab_takes_no_more_memory_than_a_grid_may_have() -> None:
    ab = ONE.view(2, 1, 1).expand(2, 600, 800)
    grid = to_grid(ab, torch.full((600, 800), 0.5))
    assert (grid.height, grid.width) == (256, 341)


@pytest.mark.parametrize("shape", [(1080, 1920), (270, 482), (33, 47), (10, 20)])
def test_shrunk_codes_keep_their_mean(shape: tuple[int, int]) -> None:
    codes = (noise(*shape) * 255).byte().numpy()
    small = shrink_codes(codes, 30, 40)
    assert small.shape == (30, 40)
    assert small.mean() == pytest.approx(codes.mean(), abs=0.5)


@pytest.mark.parametrize("shape", [(45, 56), (60, 80), (61, 83), (120, 160)])
def test_shrunk_codes_are_those_of_their_places(shape: tuple[int, int]) -> None:
    ramp = torch.arange(float(shape[1])).expand(shape)
    small = shrink_codes(ramp.byte().numpy(), 30, 40)
    truth = (torch.arange(40.0) + 0.5) * shape[1] / 40 - 0.5
    away = torch.from_numpy(small) - truth
    assert away[:, 1:-1].abs().max() <= 0.5  # halves are rounded up


def test_each_code_has_its_say_in_what_is_shrunk() -> None:
    stripes = torch.zeros(93, 123)
    stripes[:, ::3] = 255
    small = shrink_codes(stripes.byte().numpy(), 31, 41)
    assert small == pytest.approx(85, abs=0.5)


def test_some_rows_are_as_they_are_among_all() -> None:
    guide = noise(40, 60)
    grid = to_grid(noise(2, 10, 15) * 60, guide)
    some = upsample(grid, guide, slice(11, 23))
    torch.testing.assert_close(some, upsample(grid, guide)[:, 11:23])


@pytest.mark.parametrize(
    ("small", "large"), [((2048, 256), (2048, 256)), ((3000, 8), (40000, 20))]
)
def test_tall_pictures_are_no_less_than_wide_ones(
    small: tuple[int, int], large: tuple[int, int]
) -> None:
    ab = torch.full((2, *small), 30.0)
    found = spread(ab, torch.rand(large, generator=Generator().manual_seed(0)))
    assert found.shape == (2, *large)
    torch.testing.assert_close(found, torch.full_like(found, 30.0), atol=1e-3, rtol=0)
