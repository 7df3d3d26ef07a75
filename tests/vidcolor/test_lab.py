import pytest
import torch

from vidcolor.lab import grey_to_lightness, lab_to_rgb, rgb_to_lab, to_gamma, to_linear

GREYS = torch.linspace(0, 1, 11).expand(3, 1, 11)


def test_greys_have_no_colour() -> None:
    lab = rgb_to_lab(GREYS)
    torch.testing.assert_close(lab[1:], torch.zeros(2, 1, 11), atol=1e-4, rtol=0)


def test_lightness_runs_from_0_to_100() -> None:
    lightness = rgb_to_lab(GREYS)[0, 0]
    assert lightness[0] == pytest.approx(0, abs=1e-4)
    assert lightness[-1] == pytest.approx(100, abs=1e-4)
    assert (lightness.diff() > 0).all()


def test_a_grey_s_lightness_needs_no_colour() -> None:
    lightness = grey_to_lightness(GREYS[0])
    torch.testing.assert_close(lightness, rgb_to_lab(GREYS)[0], atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
        ((0.0, 1.0, 0.0), (87.73, -86.18, 83.18)),
        ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
    ],
)  # CIE 15 on the primaries of IEC 61966-2-1, as colour calculators give them
def test_the_primaries_are_where_they_are_known_to_be(
    rgb: tuple[float, ...], lab: tuple[float, ...]
) -> None:
    found = rgb_to_lab(torch.tensor(rgb).view(3, 1, 1)).flatten()
    torch.testing.assert_close(found, torch.tensor(lab), atol=0.02, rtol=0)


def test_there_and_back() -> None:
    rgb = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(lab_to_rgb(rgb_to_lab(rgb)), rgb, atol=1e-5, rtol=0)


def test_gamma_goes_on_beyond_what_can_be_shown() -> None:
    linear = torch.linspace(-0.5, 2, 101)
    coded = to_gamma(linear)
    assert (coded.diff() > 0).all()
    torch.testing.assert_close(to_linear(coded), linear, atol=1e-5, rtol=0)


def test_colours_that_cannot_be_shown_are_clipped() -> None:
    rgb = lab_to_rgb(torch.tensor([50.0, 200.0, -200.0]).view(3, 1, 1))
    assert rgb.min() >= 0
    assert rgb.max() <= 1


def test_black_has_a_gradient() -> None:
    black = torch.zeros(3, 1, 1, requires_grad=True)
    (gradient,) = torch.autograd.grad(lab_to_rgb(rgb_to_lab(black)).sum(), black)
    assert gradient.isfinite().all()
