from itertools import product

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vidcolor.titles import picture_share


def card(ground: int, *lines: str, scale: float = 1.2) -> NDArray[np.uint8]:
    """Return codes of light letters on an even ground."""
    picture = np.full((360, 640), ground, np.uint8)
    for row, line in enumerate(lines):
        place = 60, 120 + round(50 * scale) * row
        thick = max(2, round(scale * 2))
        cv2.putText(picture, line, place, cv2.FONT_HERSHEY_COMPLEX, scale, 230, thick)
    return picture


def share(codes: NDArray[np.uint8]) -> float:
    return picture_share(torch.from_numpy(codes.astype(np.float32) / 2.55))


def with_grain(codes: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    grain = np.random.default_rng(0).normal(0, deviation, codes.shape)
    return np.clip(codes + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("ground", [0, 20, 45, 75, 90, 120])
@pytest.mark.parametrize("scale", [0.7, 1.2, 3.0])
def test_letters_on_a_dark_ground_are_no_picture(ground: int, scale: float) -> None:
    title = card(ground, "The next", "morning", "at ten.", scale=scale)
    assert share(title) == 0
    assert share(with_grain(title, 8)) == 0
    shade = np.linspace(0.85, 1, title.shape[1])  # lit unevenly
    assert share((title * shade).astype(np.uint8)) == 0


@pytest.mark.parametrize("ground", [5, 20, 45, 90])
def test_a_title_full_of_words_is_no_picture(ground: int) -> None:
    title = np.full((360, 640), ground, np.uint8)
    for row in range(7):
        place = 15, 45 + 44 * row
        words = "OUT OF TOWN WITH FIFTY MEN"
        cv2.putText(title, words, place, cv2.FONT_HERSHEY_DUPLEX, 1.2, 230, 5)
    assert share(title) == 0
    assert share(with_grain(title, 8)) == 0


@pytest.mark.parametrize("ground", [5, 20, 45, 90])
def test_letters_that_fill_the_picture_are_no_picture(ground: int) -> None:
    title = np.full((360, 640), ground, np.uint8)
    cv2.putText(title, "END", (70, 280), cv2.FONT_HERSHEY_SIMPLEX, 8, 230, 30)
    assert share(title) == 0
    assert share(with_grain(title, 8)) == 0


@pytest.mark.parametrize("ground", [5, 20, 45])
def test_a_crowd_in_the_dark_is_a_picture(ground: int) -> None:
    random = np.random.default_rng(0)
    crowd = np.full((360, 640), ground, np.uint8)
    for y, x in product(range(40, 360, 60), range(40, 640, 60)):
        lit = int(random.integers(90, 220))
        cv2.ellipse(crowd, (x, y), (18, 24), 0, 0, 360, lit, -1)
        cv2.ellipse(crowd, (x, y), (18, 24), 0, 90, 270, lit // 2, -1)  # in shade
    assert share(crowd) == 1
    assert share(with_grain(crowd, 8)) == 1


@pytest.mark.parametrize("code", [90, 120, 180])
def test_letters_over_a_scene_leave_it_one(code: int) -> None:
    scene = card(40, "The next", "morning")
    scene[180:, :] = np.maximum(scene[180:, :], code)  # a road
    assert share(scene) == 1


def test_a_frame_drawn_around_a_title_is_no_picture() -> None:
    title = card(20, "COME HERE")
    cv2.rectangle(title, (30, 30), (610, 330), 200, 6)
    assert share(title) == 0


def test_black_is_no_picture() -> None:
    assert share(card(0)) == share(with_grain(card(10), 5)) == 0


@pytest.mark.parametrize("code", [220, 235, 250])
def test_white_is_no_picture_but_what_stands_before_it_is_one(code: int) -> None:
    white = card(code)
    assert share(white) == share(with_grain(white, 8)) == 0
    ramp = np.linspace(0.97, 1, white.shape[1])  # lit unevenly
    assert share((white * ramp).astype(np.uint8)) < 0.2
    cv2.circle(white, (320, 180), 60, 150, -1)
    assert share(white) == 1


def test_an_even_sky_is_a_picture() -> None:
    assert share(with_grain(card(170), 4)) == 1


@pytest.mark.parametrize("turned", [False, True])
def test_a_lit_face_in_the_dark_is_a_picture(turned: bool) -> None:
    night = card(5)
    cv2.ellipse(night, (320, 180), (50, 65), 0, 0, 360, 150, -1)
    assert share(np.ascontiguousarray(night.T) if turned else night) == 1


def test_one_speck_makes_no_picture_of_a_wide_title() -> None:
    title = np.full((360, 1000), 5, np.uint8)
    title[300:352, 800:852] = 230  # less than a hundredth of it
    assert share(title) == 0


def test_black_bars_do_not_hide_a_picture() -> None:
    barred = np.full((360, 640), 120, np.uint8)
    barred[:, :80] = barred[:, -80:] = 0
    assert share(barred) == 1


def test_dark_letters_on_light_paper_are_a_picture() -> None:
    assert share(255 - card(20, "My dear", "Mary")) == 1


def test_a_fade_to_black_is_gradual() -> None:
    shares = [share(np.full((90, 120), code, np.uint8)) for code in range(120, 0, -3)]
    assert shares[0] == 1
    assert shares[-1] == 0
    assert shares == sorted(shares, reverse=True)
    assert any(0 < s < 1 for s in shares)
