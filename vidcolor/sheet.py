"""Drawing frames before and after: a sheet of them, and one in the terminal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from rich.color import Color
from rich.style import Style
from rich.text import Text

from vidcolor.confidence import scale_bar

RGB = NDArray[np.uint8]  # height, width, 3

CELL = 320  # pixels of a picture's long side: a face in a full shot can be judged
_CELL_ALONE = 640  # where there is but one pair, there is room
_MARGIN = 12
_GAP = 6  # between the pictures of a pair
_CAPTION = 16  # font size
_LINE = 26  # height of the line a caption stands in
_PAPER = (24, 24, 24)  # dark, and no colour of its own to judge others against
_INK = (208, 208, 208)
_BAR = 140  # pixels of the legend's scale
SURE_TEXT, UNSURE_TEXT = "sure of its colours", "unsure"
_SHAPE = 1.5  # width by height that a sheet comes close to, as screens do


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A frame before and after, and how sure the network is, if that is asked."""

    caption: str
    grey: RGB
    color: RGB  # of grey's shape
    confidence: RGB | None = None  # of grey's shape; see `uncertainty_map`

    @property
    def pictures(self) -> list[RGB]:
        """All pictures, from top to bottom."""
        sure = [] if self.confidence is None else [self.confidence]
        return [self.grey, self.color, *sure]


def time_caption(seconds: float, shot: int | None) -> str:
    """Return `0:01:23.4 · shot 3` for that many seconds into a film, and shot 3."""
    total = round(seconds * 10)
    minutes, tenths = divmod(abs(total), 600)
    sign = "-" if total < 0 else ""
    clock = f"{sign}{minutes // 60}:{minutes % 60:02}:{tenths // 10:02}.{tenths % 10}"
    return clock if shot is None else f"{clock} · shot {shot}"


def contact_sheet(
    pairs: Sequence[Pair], columns: int | None = None, cell: int | None = None
) -> RGB:
    """Return one picture of all pairs, row by row: caption, grey, and colour below it.

    Confidence stands below them, and what it means at the foot. All cells have the
    shape of the first picture, with a long side of `cell` pixels (`CELL`, more for one
    pair alone); others are fitted in whole. Without `columns`, the sheet has about a
    screen's shape.
    """
    if not pairs:
        raise ValueError("a sheet needs at least one pair")
    if columns is not None and columns < 1:
        raise ValueError(f"columns must be 1 or more, not {columns}")
    cell = cell or (CELL if len(pairs) > 1 else _CELL_ALONE)
    size = _fitted(pairs[0].grey, (cell, cell))
    stack = max(len(pair.pictures) for pair in pairs)
    step = size[0] + _MARGIN, _LINE + stack * (size[1] + _GAP) - _GAP + _MARGIN
    columns = columns or _columns(len(pairs), step)
    rows = ceil(len(pairs) / columns)
    foot = _LINE if stack > 2 else 0
    whole = _MARGIN + columns * step[0], _MARGIN + rows * step[1] + foot
    sheet = Image.new("RGB", whole, _PAPER)
    if foot:
        _draw_legend(sheet)
    for n, pair in enumerate(pairs):
        row, column = divmod(n, columns)
        corner = _MARGIN + column * step[0], _MARGIN + row * step[1]
        _draw_pair(sheet, pair, corner, size)
    return np.asarray(sheet, np.uint8)


def half_blocks(rgb: RGB, width: int) -> Text:
    """Return a picture for the terminal, `width` characters wide and without frame.

    Each character shows two pixels, one above the other, and a terminal's characters
    are about twice as high as wide: the shape is kept. It is for the caller to see
    that the terminal is so wide, or lines wrap.
    """
    height = max(1, round(width * rgb.shape[0] / rgb.shape[1] / 2))
    small = Image.fromarray(rgb).resize((width, 2 * height), Image.Resampling.BOX)
    pixels = np.asarray(small).reshape(height, 2, width, 3).tolist()
    rows = [_terminal_row(upper, lower) for upper, lower in pixels]
    return Text("\n").join(rows)


def _terminal_row(upper: Iterable[list[int]], lower: Iterable[list[int]]) -> Text:
    """Return one line of characters with two lines of pixels in it."""
    row = Text()
    for above, below in zip(upper, lower, strict=True):
        ink, paper = Color.from_rgb(*above), Color.from_rgb(*below)
        row.append("\N{UPPER HALF BLOCK}", Style(color=ink, bgcolor=paper))
    return row


def _fitted(picture: RGB, box: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height of a picture as large as a box of these allows."""
    height, width = picture.shape[:2]
    scale = min(box[0] / width, box[1] / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _columns(count: int, step: tuple[int, int]) -> int:
    """Return how many columns bring a sheet near its shape and leave few gaps."""

    def badness(columns: int) -> float:
        rows = ceil(count / columns)
        gaps = columns * rows / count - 1
        return abs(log(columns * step[0] / (rows * step[1]) / _SHAPE)) + gaps

    return min(range(1, count + 1), key=badness)


def _draw_pair(
    sheet: Image.Image, pair: Pair, corner: tuple[int, int], size: tuple[int, int]
) -> None:
    """Draw a caption and the pictures, with their top left corner there."""
    left, top = corner
    font = ImageFont.load_default(_CAPTION)
    draw = ImageDraw.Draw(sheet)
    text = _shortened(pair.caption, size[0], draw, font)
    draw.text((left, top + _LINE // 2 - 2), text, _INK, font, anchor="lm")
    for n, picture in enumerate(pair.pictures):
        y = top + _LINE + n * (size[1] + _GAP)
        inside = _fitted(picture, size)
        small = Image.fromarray(picture).resize(inside, Image.Resampling.LANCZOS)
        free = size[0] - inside[0], size[1] - inside[1]
        sheet.paste(small, (left + free[0] // 2, y + free[1] // 2))


def _draw_legend(sheet: Image.Image) -> None:
    """Say in the last line what the colours of the third pictures mean."""
    font = ImageFont.load_default(_CAPTION)
    draw = ImageDraw.Draw(sheet)
    left, middle = _MARGIN, sheet.height - _MARGIN // 2 - _LINE // 2
    draw.text((left, middle), SURE_TEXT, _INK, font, anchor="lm")
    left += round(draw.textlength(SURE_TEXT, font)) + _GAP
    bar = Image.fromarray(scale_bar(_BAR, _CAPTION))
    sheet.paste(bar, (left, middle - bar.height // 2))
    draw.text((left + _BAR + _GAP, middle), UNSURE_TEXT, _INK, font, anchor="lm")


def _shortened(
    text: str,
    width: int,
    draw: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> str:
    """Return as much of a text as a width holds."""
    if draw.textlength(text, font) <= width:
        return text
    while text and draw.textlength(text + "…", font) > width:
        text = text[:-1]
    return text.rstrip() + "…"
