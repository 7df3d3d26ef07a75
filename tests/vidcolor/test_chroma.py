import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from vidcolor.chroma import (
    chroma_table,
    luma_at_chroma,
    to_chroma,
    to_codes,
    to_lightness,
    to_luma,
    to_rgb,
)
from vidcolor.lab import rgb_to_lab
from vidcolor.rgb_space import SRGB, Primaries, RgbSpace, Transfer
from vidcolor.yuv import Matrix, Siting, YuvFormat

every_matrix = pytest.mark.parametrize("matrix", Matrix)
PQ, HLG = (RgbSpace(Primaries.BT2020, t) for t in (Transfer.PQ, Transfer.HLG))


def weights(matrix: Matrix) -> Tensor:
    red, blue = matrix.value
    return torch.tensor([red, 1 - red - blue, blue]).view(3, 1, 1)


def wild(seed: int = 0, size: int = 200) -> tuple[Tensor, Tensor]:
    """Return any ab, much of it far out of gamut, and any luma."""
    random = Generator().manual_seed(seed)
    luma = torch.rand(size, size, generator=random)
    luma[0], luma[1] = 0, 1
    return torch.randn(2, size, size, generator=random) * 90, luma


def unclamped_rgb(luma: Tensor, chroma: Tensor, matrix: Matrix) -> Tensor:
    """Return RGB by the definition of Pb and Pr (H.273)."""
    red_weight, blue_weight = matrix.value
    blue = luma + chroma[0] * 2 * (1 - blue_weight)
    red = luma + chroma[1] * 2 * (1 - red_weight)
    green_weight = 1 - red_weight - blue_weight
    green = (luma - red_weight * red - blue_weight * blue) / green_weight
    return torch.stack([red, green, blue])


@every_matrix
def test_grey_has_no_chroma(matrix: Matrix) -> None:
    luma = torch.linspace(0, 1, 257)[None]
    chroma = to_chroma(torch.zeros(2, 1, 257), luma, matrix)
    torch.testing.assert_close(chroma, torch.zeros(2, 1, 257), atol=1e-4, rtol=0)


@pytest.mark.parametrize("space", [SRGB, PQ, HLG], ids=str)
def test_chroma_does_not_depend_on_the_number_of_threads(space: RgbSpace) -> None:
    """A film that one machine began and another goes on with has one colour."""
    before, tables = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            chroma_table.cache_clear()
            tables.append(chroma_table(Matrix.BT709, space))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(table, tables[0]) for table in tables)


@every_matrix
def test_any_colour_can_be_shown_at_any_luma(matrix: Matrix) -> None:
    ab, luma = wild()
    rgb = unclamped_rgb(luma, to_chroma(ab, luma, matrix), matrix)
    assert rgb.min() > -1e-4
    assert rgb.max() < 1 + 1e-4


@every_matrix
def test_luma_stays_whatever_the_colour(matrix: Matrix) -> None:
    ab, luma = wild(seed=1)
    rgb = to_rgb(luma, to_chroma(ab, luma, matrix), matrix)
    kept = (weights(matrix) * rgb).sum(dim=0)
    torch.testing.assert_close(kept, luma, atol=2e-4, rtol=0)


@every_matrix
def test_black_and_white_take_no_colour(matrix: Matrix) -> None:
    ab, _ = wild(seed=2)
    for level in (0.0, 1.0):
        chroma = to_chroma(ab, torch.full(ab.shape[1:], level), matrix)
        assert chroma.abs().max() < 2e-4


@pytest.mark.parametrize("matrix", [Matrix.BT601, Matrix.BT709])
def test_true_colours_come_back(matrix: Matrix) -> None:
    # What is looked up lies between colours of the same luma whose ab is at most 5
    # (the table's step) from the wanted one, so it is off by less than that; and on
    # average, the table being even inside the gamut, by less than a code of 8 bits.
    rgb = torch.rand(3, 200, 200, generator=Generator().manual_seed(3))
    luma = (weights(matrix) * rgb).sum(dim=0)
    found = to_rgb(luma, to_chroma(rgb_to_lab(rgb)[1:], luma, matrix), matrix)
    assert (found - rgb).abs().mean() < 1 / 255
    lost = (rgb_to_lab(found) - rgb_to_lab(rgb))[1:].norm(dim=0)
    assert lost.quantile(0.99) < 5


def test_bt2020_gives_the_same_colour_by_its_own_primaries() -> None:
    # A wider gamut needs smaller numbers for the same colour.
    ab, luma = torch.zeros(2, 1, 1), torch.full((1, 1), 0.5)
    ab[0] = 40
    narrow = to_chroma(ab, luma, Matrix.BT709)
    wide = to_chroma(ab, luma, Matrix.BT2020)
    assert 0 < wide[1].item() < narrow[1].item()


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("depth", [8, 9, 10, 12, 14, 16])
def test_codes_stay_inside_the_range(depth: int, full: bool) -> None:
    yuv = YuvFormat(depth, full, Matrix.BT709, 1, 1)
    chroma = torch.tensor([[[-0.6, -0.5, 0.0, 0.5, 0.6]]]).expand(2, 1, 5)
    low = 1 if full else 16 << (depth - 8)
    high = (1 << depth) - 1 if full else 240 << (depth - 8)
    for codes in to_codes(chroma, yuv):
        assert codes.dtype == (np.uint8 if depth == 8 else np.uint16)
        assert codes[0, 2] == yuv.neutral
        assert codes.min() == low
        assert codes.max() == high


@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("full", [False, True])
def test_every_code_is_that_of_its_chroma(depth: int, full: bool) -> None:
    yuv = YuvFormat(depth, full, Matrix.BT709, 1, 1)
    half = yuv.chroma_span // 2
    codes = torch.arange(yuv.neutral - half, yuv.neutral + half + 1)
    chroma = (codes - yuv.neutral) / yuv.chroma_span  # H.273, equations 28 and 29
    for found in to_codes(chroma.expand(2, 1, -1).contiguous(), yuv):
        assert found[0].tolist() == codes.tolist()


@every_matrix
def test_what_cannot_be_shown_is_clipped(matrix: Matrix) -> None:
    chroma, luma = wild(seed=4)
    rgb = to_rgb(luma, chroma / 90, matrix)
    torch.testing.assert_close(
        rgb, unclamped_rgb(luma, chroma / 90, matrix).clamp(0, 1)
    )


@pytest.mark.parametrize("depth", [8, 10, 16])
@pytest.mark.parametrize("full", [False, True])
def test_black_is_0_and_white_is_1(depth: int, full: bool) -> None:
    yuv = YuvFormat(depth, full, Matrix.BT709, 1, 1)
    kind = np.uint8 if depth == 8 else np.uint16
    codes = np.array([[yuv.black, yuv.black + yuv.luma_span]], kind)
    assert to_luma(codes, yuv).tolist() == [[0.0, 1.0]]


def test_codes_beyond_black_and_white_are_clipped() -> None:
    yuv = YuvFormat(8, False, Matrix.BT709, 1, 1)
    assert to_luma(np.array([[0, 255]], np.uint8), yuv).tolist() == [[0.0, 1.0]]


@every_matrix
@pytest.mark.parametrize(("depth", "full"), [(8, False), (8, True), (10, False)])
def test_one_picture_has_one_lightness(matrix: Matrix, depth: int, full: bool) -> None:
    # Thirds are whole codes in both ranges: 219 and 255 are divisible by 3.
    yuv = YuvFormat(depth, full, matrix, 1, 1)
    codes = np.array([[yuv.black + yuv.luma_span * n // 3 for n in range(4)]])
    lightness = to_lightness(to_luma(codes.astype(np.uint16), yuv))
    expected = rgb_to_lab((torch.arange(4) / 3).expand(3, 1, 4))[:1, 0]
    torch.testing.assert_close(lightness, expected, atol=1e-3, rtol=0)


def sites(count: int, shift: int, on_sample: bool, total: int) -> tuple[Tensor, slice]:
    """Return where chroma samples lie among luma's, and those away from the border."""
    step = 1 << shift
    at = torch.arange(float(count)) * step + (0 if on_sample else (step - 1) / 2)
    inside = slice(1 if on_sample and shift else 0, total // step - 1)
    return at, inside


@pytest.mark.parametrize("siting", Siting)
@pytest.mark.parametrize("shifts", [(1, 1), (1, 0), (2, 0), (0, 1), (0, 0), (2, 2)])
@pytest.mark.parametrize("shape", [(16, 24), (17, 25), (19, 27)])
def test_luma_is_seen_where_chroma_is(
    siting: Siting, shifts: tuple[int, int], shape: tuple[int, int]
) -> None:
    yuv = YuvFormat(8, False, Matrix.BT709, *shifts, siting)
    y, x = torch.meshgrid(*(torch.arange(float(n)) for n in shape), indexing="ij")
    rows, columns = yuv.chroma_shape(*shape)
    at_x, inside_x = sites(columns, shifts[0], siting is not Siting.CENTER, shape[1])
    at_y, inside_y = sites(rows, shifts[1], siting is Siting.TOPLEFT, shape[0])
    inside = (inside_y, inside_x)
    for ramp, at in ((x, at_x[None]), (y, at_y[:, None])):
        seen = torch.from_numpy(luma_at_chroma(ramp.numpy(), yuv))
        assert seen.shape == (rows, columns)
        expected = at.expand(rows, columns)
        torch.testing.assert_close(seen[inside], expected[inside], atol=1e-4, rtol=0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (5, 1), (3, 3)])
@pytest.mark.parametrize("shifts", [(1, 1), (2, 0), (2, 2)])
def test_even_luma_stays_even_to_the_border(
    shape: tuple[int, int], shifts: tuple[int, int]
) -> None:
    for siting in Siting:
        yuv = YuvFormat(8, False, Matrix.BT709, *shifts, siting)
        seen = torch.from_numpy(luma_at_chroma(np.full(shape, 0.3, np.float32), yuv))
        assert seen.shape == yuv.chroma_shape(*shape)
        torch.testing.assert_close(seen, torch.full_like(seen, 0.3))
