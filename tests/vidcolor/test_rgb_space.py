import pytest
import torch
from torch import Generator, Tensor

from vidcolor.chroma import to_chroma, to_grey, to_lightness, to_rgb
from vidcolor.lab import grey_to_lightness, lab_to_rgb, rgb_to_lab, to_linear
from vidcolor.light import from_linear_srgb, to_srgb
from vidcolor.media.color_tags import ColorTags
from vidcolor.rgb_space import SRGB, Primaries, RgbSpace, Transfer
from vidcolor.yuv import Matrix

PQ = RgbSpace(Primaries.BT2020, Transfer.PQ)
HLG = RgbSpace(Primaries.BT2020, Transfer.HLG)
SPACES = [*(RgbSpace(primaries) for primaries in Primaries), PQ, HLG]
every_space = pytest.mark.parametrize("space", SPACES)


def grey(light: float) -> Tensor:
    return torch.full((3, 1, 1), float(light))


@every_space
def test_grey_stays_grey(space: RgbSpace) -> None:
    greys = torch.linspace(0, 1, 101).expand(3, 1, 101)
    coded = from_linear_srgb(greys, space)
    assert (coded.amax(dim=0) - coded.amin(dim=0)).max() < 1e-5
    assert (coded[0, 0].diff() > 0).all()


@every_space
def test_there_and_back(space: RgbSpace) -> None:
    # Not the purest: a projector's white is another, which takes them out of reach.
    rgb = 0.2 + 0.6 * torch.rand(3, 100, 100, generator=Generator().manual_seed(0))
    found = to_srgb(from_linear_srgb(to_linear(rgb), space), space)
    torch.testing.assert_close(found, rgb, atol=2e-3, rtol=0)


def test_the_white_of_paper_is_where_bt2408_has_it() -> None:
    # BT.2408, table 1: 203 cd/m2 is 58 % of PQ's signal and 75 % of HLG's.
    assert from_linear_srgb(grey(1), PQ)[0].item() == pytest.approx(0.58, abs=0.005)
    assert from_linear_srgb(grey(1), HLG)[0].item() == pytest.approx(0.75, abs=0.005)


@pytest.mark.parametrize(
    ("candela", "signal"),
    [(1, 0.1499), (100, 0.5081), (1000, 0.7518), (1e4, 1)],
)  # as calculators of SMPTE ST 2084 give them
def test_pq_is_that_of_st_2084(candela: float, signal: float) -> None:
    found = from_linear_srgb(grey(candela / 203), PQ)[0].item()
    assert found == pytest.approx(signal, abs=2e-3)


def test_wider_primaries_are_those_of_bt2087() -> None:
    # ITU-R BT.2087, section 4: linear BT.709 in BT.2020.
    red = from_linear_srgb(
        torch.tensor([1.0, 0, 0]).view(3, 1, 1), RgbSpace(Primaries.BT2020)
    )
    expected = torch.tensor([0.6274, 0.0691, 0.0164])
    torch.testing.assert_close(to_linear(red).flatten(), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("space", [PQ, HLG])
def test_what_is_brighter_than_paper_is_white_to_the_network(space: RgbSpace) -> None:
    luma = from_linear_srgb(torch.tensor([0.2, 1.0, 4.0]).expand(3, 1, 3), space)[0]
    lightness = to_lightness(luma, space)[0]
    assert lightness[0].item() == pytest.approx(51.8, abs=0.2)  # CIE 15 at Y = 0.2
    torch.testing.assert_close(lightness[1:], torch.full((2,), 100.0), atol=0.1, rtol=0)


def test_sdr_is_left_alone() -> None:
    luma = torch.rand(4, 5)
    assert to_grey(luma, SRGB) is luma
    torch.testing.assert_close(to_lightness(luma), grey_to_lightness(luma))


@every_space
def test_any_colour_keeps_its_luma(space: RgbSpace) -> None:
    random = Generator().manual_seed(0)
    luma = torch.rand(100, 100, generator=random)
    luma[0], luma[1] = 0, 1
    ab = torch.randn(2, 100, 100, generator=random) * 90
    rgb = to_rgb(luma, to_chroma(ab, luma, Matrix.BT2020, space), Matrix.BT2020)
    red, blue = Matrix.BT2020.value
    weights = torch.tensor([red, 1 - red - blue, blue]).view(3, 1, 1)
    # Half a code of ten bits.
    torch.testing.assert_close((weights * rgb).sum(dim=0), luma, atol=5e-4, rtol=0)


@every_space
def test_no_colour_has_no_chroma(space: RgbSpace) -> None:
    luma = torch.linspace(0, 1, 257)[None]
    chroma = to_chroma(torch.zeros(2, 1, 257), luma, Matrix.BT2020, space)
    torch.testing.assert_close(chroma, torch.zeros(2, 1, 257), atol=1e-4, rtol=0)


@pytest.mark.parametrize("space", [PQ, HLG, RgbSpace(Primaries.DISPLAY_P3)])
def test_a_colour_is_the_same_in_every_space(space: RgbSpace) -> None:
    # Skin, leaf, sky and brick, as light coded in the space and then read as sRGB.
    lab = torch.tensor([[65.0, 50, 70, 40], [18, -20, -5, 30], [20, 30, -25, 25]])
    truth = lab_to_rgb(lab.view(3, 1, 4))
    coded = from_linear_srgb(to_linear(truth), space)
    red, blue = Matrix.BT2020.value
    weights = torch.tensor([red, 1 - red - blue, blue]).view(3, 1, 1)
    luma = (weights * coded).sum(dim=0)
    made = to_rgb(
        luma,
        to_chroma(lab[1:].view(2, 1, 4), luma, Matrix.BT2020, space),
        Matrix.BT2020,
    )
    off = (rgb_to_lab(to_srgb(made, space)) - lab.view(3, 1, 4)).norm(dim=0)
    assert off.max() < 3  # the table's steps are 5 units of ab wide


@pytest.mark.parametrize(
    ("tags", "space"),
    [
        (ColorTags(), SRGB),
        (ColorTags(1, 6, 6, 6), SRGB),
        (ColorTags(1, 5, 4, 5), SRGB),
        (ColorTags(1, 9, 16, 9), PQ),
        (ColorTags(1, 9, 18, 9), HLG),
        (ColorTags(1, 2, 16, 2), PQ),
        (ColorTags(1, 9, 14, 2), RgbSpace(Primaries.BT2020)),
        (ColorTags(1, 1, 1, 12), RgbSpace(Primaries.DISPLAY_P3)),
        (ColorTags(1, 1, 16, 12), RgbSpace(Primaries.DISPLAY_P3, Transfer.PQ)),
    ],
)
def test_tags_say_which_space(tags: ColorTags, space: RgbSpace) -> None:
    assert tags.rgb_space() == space
    assert not tags.problem


def test_untagged_matrix_goes_with_its_primaries() -> None:
    assert ColorTags(1, 2, 16, 9).matrix_for(1080) is Matrix.BT2020
    assert ColorTags(1, 14, 16, 9).matrix_for(1080) is Matrix.BT2020  # ICtCp's grey
    assert ColorTags(1, 2, 16, 12).matrix_for(1080) is Matrix.BT709


@pytest.mark.parametrize(
    "tags",
    [ColorTags(trc=8), ColorTags(trc=9), ColorTags(trc=17), ColorTags(primaries=10)],
)
def test_light_that_is_not_for_screens_is_refused(tags: ColorTags) -> None:
    assert tags.problem
