import math

import pytest
import torch
from torch import Tensor

from training.casts import Sums, hue_errors, neutral_cast, things
from vidcolor.lab import rgb_to_lab

SKIN, SKY, GRASS, GREY = (224, 172, 138), (135, 190, 235), (95, 140, 60), (128,) * 3


def picture(*rows: tuple[int, ...]) -> Tensor:
    """Return RGB (3, rows, 4) in 0..1, each row of one colour."""
    rgb = torch.tensor(rows, dtype=torch.float32).T / 255
    return rgb[..., None].expand(-1, -1, 4).contiguous()


def lab_of(*colors: tuple[float, float]) -> Tensor:
    """Return Lab (3, 1, N) with these ab, as light as sky is."""
    ab = torch.tensor(colors).T
    return torch.cat([torch.full_like(ab[:1], 70), ab])[:, None]


def at(degrees: float, chroma: float = 20.0) -> tuple[float, float]:
    angle = math.radians(degrees)
    return chroma * math.cos(angle), chroma * math.sin(angle)


def mean(sums: Sums, name: str) -> float:
    total, weight = sums[name]
    return total / weight


def sky_error(truth: Tensor, result: Tensor) -> Sums:
    """Return the errors of pixels that are all sky: there is no lower half."""
    padded = [torch.cat([lab, torch.zeros_like(lab)], dim=1) for lab in (truth, result)]
    return hue_errors(torch.zeros_like(padded[0]), *padded)


def test_neutral_grey_has_no_cast() -> None:
    grey = rgb_to_lab(picture(GREY, (0,) * 3, (255,) * 3))
    for name in ("neutral_chroma", "neutral_a", "neutral_b"):
        assert mean(neutral_cast(grey, grey), name) == pytest.approx(0, abs=0.01)


def test_a_tint_of_what_is_grey_is_the_cast() -> None:
    truth = rgb_to_lab(picture(GREY, GRASS))
    tinted = truth + torch.tensor([0.0, 3.0, -4.0]).view(3, 1, 1)
    sums = neutral_cast(truth, tinted)
    assert mean(sums, "neutral_a") == pytest.approx(3, abs=0.01)
    assert mean(sums, "neutral_b") == pytest.approx(-4, abs=0.01)
    assert mean(sums, "neutral_chroma") == pytest.approx(5, abs=0.01)
    assert sums["neutral_a"][1] == 4  # pixels: the grass is none of them


def test_a_picture_without_greys_counts_for_nothing() -> None:
    grass = rgb_to_lab(picture(GRASS))
    assert neutral_cast(grass, grass)["neutral_chroma"] == (0, 0)


@pytest.mark.parametrize(
    ("thing", "color"), [("skin", SKIN), ("sky", SKY), ("vegetation", GRASS)]
)
def test_things_are_known_by_their_colour(thing: str, color: tuple[int, ...]) -> None:
    rgb = picture(color, GREY)
    masks = things(rgb, rgb_to_lab(rgb))
    assert {name for name, mask in masks.items() if mask[0].any()} == {thing}
    assert masks[thing][0].all()
    assert not any(mask[1].any() for mask in masks.values())


def test_the_sky_is_above() -> None:
    rgb = picture(SKY, SKY, SKY, SKY)
    sky = things(rgb, rgb_to_lab(rgb))["sky"]
    assert sky[:2].all()
    assert not sky[2:].any()


def test_oranges_are_not_skin() -> None:
    rgb = picture((240, 130, 20))
    assert not things(rgb, rgb_to_lab(rgb))["skin"].any()


@pytest.mark.parametrize(
    ("true", "found", "error"),
    [(250, 250, 0), (250, 280, 30), (250, 220, 30), (250, 70, 180), (250, 10, 120)],
)
def test_degrees_wrap_round(true: float, found: float, error: float) -> None:
    sums = sky_error(lab_of(at(true)), lab_of(at(found)))
    assert mean(sums, "sky") == pytest.approx(error, abs=0.01)


def test_colourful_pixels_count_for_more() -> None:
    truth = lab_of(at(250, chroma=10), at(250, chroma=30))
    sums = sky_error(truth, lab_of(at(250), at(290)))
    assert mean(sums, "sky") == pytest.approx(30, abs=0.01)  # 3/4 of 40 degrees


def test_what_stayed_grey_has_no_hue_to_be_wrong() -> None:
    truth = lab_of(at(250), at(250), at(250), at(250))
    sums = sky_error(truth, lab_of(at(250), at(40, chroma=2), (0.0, 0.0), at(260)))
    assert mean(sums, "sky") == pytest.approx(5, abs=0.01)
    assert mean(sums, "sky_colored") == 0.5
