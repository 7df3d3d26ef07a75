from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from rich.console import Console

from vidcolor.confidence import scale_bar
from vidcolor.sheet import CELL, RGB, Pair, contact_sheet, half_blocks, time_caption

RED, GREY = (200, 20, 20), (90, 90, 97)  # no grey that text has at its edges
BLUE = (10, 20, 220)


def even(color: tuple[int, int, int], height: int = 90, width: int = 160) -> RGB:
    return np.full((height, width, 3), color, np.uint8)


def pair(height: int = 90, width: int = 160) -> Pair:
    return Pair("0:00:01.0", even(GREY, height, width), even(RED, height, width))


def places(sheet: RGB, color: tuple[int, int, int]) -> list[tuple[int, int]]:
    """The top left corners of all rectangles of a colour, row by row."""
    shown = np.pad((sheet == color).all(axis=2), 1)
    above, left = shown[:-1, 1:], shown[1:, :-1]
    corners = shown[1:, 1:] & ~above & ~left
    return [(int(y), int(x)) for y, x in np.argwhere(corners)]


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [
        (0, "0:00:00.0"),
        (83.4, "0:01:23.4"),
        (59.96, "0:01:00.0"),
        (3600, "1:00:00.0"),
        (-0.5, "-0:00:00.5"),
        (-0.01, "0:00:00.0"),
    ],
)
def test_a_caption_has_time_and_shot(seconds: float, clock: str) -> None:
    assert time_caption(seconds, 3) == f"{clock} · shot 3"


@pytest.mark.parametrize("count", [1, 2, 5, 12, 30])
@pytest.mark.parametrize("shape", [(90, 160), (160, 90), (64, 64)])
def test_each_pair_is_there_grey_above_colour(
    count: int, shape: tuple[int, int]
) -> None:
    sheet = contact_sheet([pair(*shape)] * count)
    greys, reds = places(sheet, GREY), places(sheet, RED)
    assert len(greys) == len(reds) == count
    assert [x for _, x in greys] == [x for _, x in reds]
    assert all(red > grey for (grey, _), (red, _) in zip(greys, reds, strict=True))


@pytest.mark.parametrize("count", [1, 2, 5, 12])
@pytest.mark.parametrize("shape", [(90, 160), (160, 90)])
def test_confidence_is_a_third_picture_below(
    count: int, shape: tuple[int, int]
) -> None:
    pairs = [replace(pair(*shape), confidence=even(BLUE, *shape))] * count
    sheet = contact_sheet(pairs)
    stacks = zip(*(places(sheet, color) for color in (GREY, RED, BLUE)), strict=True)
    for (grey_y, grey_x), (red_y, red_x), (blue_y, blue_x) in stacks:
        assert grey_y < red_y < blue_y
        assert red_y - grey_y == blue_y - red_y
        assert grey_x == red_x == blue_x


def test_what_confidence_means_stands_at_the_foot() -> None:
    sheet = contact_sheet([replace(pair(), confidence=even(BLUE))] * 2)
    last = np.argwhere((sheet == BLUE).all(axis=2))[:, 0].max()
    foot = sheet[last + 1 :]
    (sure,), (unsure,) = scale_bar(2, 1)[:, :1], scale_bar(2, 1)[:, 1:]
    for end in (sure, unsure):
        assert (foot == end).all(axis=2).any()
    left = np.argwhere((foot == sure).all(axis=2))[:, 1].min()
    right = np.argwhere((foot == unsure).all(axis=2))[:, 1].max()
    assert left < right
    for words in (foot[:, :left], foot[:, right + 1 :]):
        assert words.max() > 150


def test_without_confidence_the_sheet_has_no_foot() -> None:
    sheet = contact_sheet([pair()] * 2)
    last = np.argwhere((sheet == RED).all(axis=2))[:, 0].max()
    assert len(np.unique(sheet[last + 1 :])) == 1


@pytest.mark.parametrize("count", [5, 12, 30])
@pytest.mark.parametrize("shape", [(90, 160), (160, 90)])
def test_a_sheet_is_about_as_wide_as_a_screen(
    count: int, shape: tuple[int, int]
) -> None:
    height, width, _ = contact_sheet([pair(*shape)] * count).shape
    assert 0.75 < width / height < 2.6


def test_columns_can_be_chosen() -> None:
    greys = places(contact_sheet([pair()] * 6, columns=2), GREY)
    assert len({x for _, x in greys}) == 2
    assert len({y for y, _ in greys}) == 3


def test_the_long_side_of_a_picture_is_that_of_a_cell() -> None:
    shown = (contact_sheet([pair()] * 2, columns=1) == RED).all(axis=2)
    assert shown.any(axis=0).sum() == CELL
    assert shown.any(axis=1).sum() == 2 * CELL * 90 // 160


def test_a_caption_stands_above_each_picture() -> None:
    sheet = contact_sheet([pair()])
    (top, left) = places(sheet, GREY)[0]
    line = sheet[:top, left:]
    assert line.max() > 150
    assert line.min() < 50


def test_a_long_caption_stays_in_its_cell() -> None:
    quiet, loud = (
        contact_sheet([Pair(text, even(GREY), even(RED)), pair()], columns=2)
        for text in ("", "very long " * 20)
    )
    middle = places(quiet, GREY)[1][1]
    np.testing.assert_array_equal(quiet[:, middle - 12 :], loud[:, middle - 12 :])
    assert (quiet != loud).any()


def test_a_picture_of_another_shape_is_shown_whole() -> None:
    sheet = contact_sheet([pair(), pair(160, 90)], columns=1)
    assert len(places(sheet, RED)) == 2
    rows = (sheet == RED).all(axis=2).sum(axis=1)
    assert rows.max() == CELL
    assert 100 <= rows[-20] <= 102  # 180 high, so 101 wide


def test_a_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])
    with pytest.raises(ValueError, match="columns must be 1 or more, not 0"):
        contact_sheet([pair()], columns=0)


@settings(deadline=None, max_examples=25)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=30)))
def test_any_picture_can_be_drawn(grey: RGB) -> None:
    rgb = np.repeat(grey[..., None], 3, axis=2)
    assert contact_sheet([Pair("x", rgb, rgb)] * 2).ndim == 3
    assert contact_sheet([Pair("x", rgb, rgb, rgb)]).ndim == 3
    assert len(half_blocks(rgb, 7).plain.splitlines()[0]) == 7


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 60))
def test_terminal_pictures_keep_their_shape(width: int, high: int, wide: int) -> None:
    lines = half_blocks(even(RED, high, wide), width).plain.split("\n")
    assert {len(line) for line in lines} == {width}
    assert len(lines) == max(1, round(width * high / wide / 2))


def test_the_terminal_shows_two_pixels_a_character() -> None:
    picture = np.concatenate([even(RED, 1, 4), even(GREY, 1, 4)])
    console = Console(force_terminal=True, color_system="truecolor", width=80)
    with console.capture() as capture:
        console.print(half_blocks(picture, 4))
    shown = capture.get()
    assert shown.count("▀") == 4
    assert "38;2;200;20;20" in shown
    assert "48;2;90;90;97" in shown
