"""What a survey says of the colour of films that are made to have some or none."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from vidcolor.media.reader import Reader
from vidcolor.survey import Color, survey

Film = Callable[..., Path]
Planes = NDArray[np.uint8]  # 3, H, W: Y', Cb and Cr

HEIGHT, WIDTH = 48, 64
RAMP = np.tile(np.linspace(30, 220, WIDTH), (HEIGHT, 1))
RED = np.arange(WIDTH) < WIDTH // 20  # where something small and red is


def picture(cb: object, cr: object) -> Planes:
    """Return a grey ramp with this chroma, in codes off neutral."""
    chroma = [
        128 + np.broadcast_to(np.asarray(plane), RAMP.shape) for plane in (cb, cr)
    ]
    return np.rint(np.stack([RAMP, *chroma])).astype(np.uint8)


def seen(film: Film, *pictures: Planes) -> Color:
    with Reader(film(pictures)) as reader:
        return survey(reader).color


def noise(deviation: float) -> Planes:
    return picture(*np.random.default_rng(0).normal(0, deviation, (2, HEIGHT, WIDTH)))


@pytest.mark.parametrize("made", [picture(0, 0), picture(1, -2), noise(0.8)])
def test_next_to_no_chroma_is_none(film: Film, made: Planes) -> None:
    assert seen(film, made) is Color.NONE


@pytest.mark.parametrize(
    "made",
    [
        picture(-12, 8),
        picture(-4, 3),  # old and faded
        picture(-RAMP / 8, RAMP / 12),  # stronger where it is lighter
        picture((RAMP - 125) / 6, (125 - RAMP) / 9),  # two-toned, but on one line
        picture(-40 - (RAMP / 50) ** 2 / 6, 27 - (RAMP / 50) ** 2 / 6),  # it bends
    ],
)
def test_one_hue_is_a_tint(film: Film, made: Planes) -> None:
    assert seen(film, made) is Color.TINT


@pytest.mark.parametrize(
    "made",
    [
        picture((RAMP - 125) / 3, np.linspace(40, -40, HEIGHT)[:, None]),
        np.concatenate([picture(-25, 5), picture(20, 15)], axis=2),
        picture(np.where(RED, -20, 30), np.where(RED, 60, 8)),  # before a blue sky
        picture((RAMP - 125) / 5, np.where(RED, 6, 0)),  # pale, but of two hues
        picture((RAMP - 125) * 0.8, np.where(RED, 11, 0)),  # little beside the other
    ],
)
def test_two_hues_are_colour(film: Film, made: Planes) -> None:
    assert seen(film, made) is Color.FULL


def test_most_of_a_film_has_its_say(film: Film) -> None:
    grey, colored = (
        picture(0, 0),
        picture((RAMP - 125) / 3, np.linspace(40, -40, HEIGHT)[:, None]),
    )
    assert seen(film, *[grey] * 7, *[colored] * 2) is Color.NONE
    assert seen(film, *[grey] * 2, *[colored] * 7) is Color.FULL
