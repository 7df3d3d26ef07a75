"""Stacked bars: what a frame costs, and of what that is made up."""

from itertools import cycle

from PIL import Image, ImageDraw, ImageFont

# Pixels of the drawing, which is averaged down to half its size: letters get smooth.
_LEFT, _WIDTH, _RIGHT = 560, 1500, 200
_BAR, _GAP, _LINE = 56, 34, 44
_FONT = 30

_PAPER, _INK = (24, 24, 24), (208, 208, 208)
_COLORS = (
    (255, 170, 60),
    (90, 160, 230),
    (120, 200, 120),
    (220, 100, 100),
    (170, 130, 220),
    (120, 200, 200),
    (230, 220, 110),
    (190, 150, 120),
    (230, 140, 190),
    (150, 150, 150),
    (70, 120, 120),
    (240, 240, 240),
)

Bars = dict[str, dict[str, float]]  # by name: its parts, none below 0


def draw_bars(bars: Bars, unit: str) -> Image.Image:
    """Return a picture of the bars, all to one scale, and what their colours mean."""
    parts = list(dict.fromkeys(part for bar in bars.values() for part in bar))
    colors = dict(zip(parts, cycle(_COLORS), strict=False))
    most = max(sum(bar.values()) for bar in bars.values())
    legend = -(-len(parts) // 3)  # rows of three
    height = len(bars) * (_BAR + _GAP) + (legend + 1) * _LINE + _GAP
    sheet = Image.new("RGB", (_LEFT + _WIDTH + _RIGHT, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (name, bar) in enumerate(bars.items()):
        top = _GAP + number * (_BAR + _GAP)
        left = float(_LEFT)
        for part, value in bar.items():
            right = left + value / most * _WIDTH
            draw.rectangle((left, top, right, top + _BAR), colors[part])
            left = right
        total = f"{sum(bar.values()):.0f} {unit}"
        _write(draw, name, (_LEFT - _GAP, top + _BAR // 2), "rm")
        _write(draw, total, (left + _GAP // 2, top + _BAR // 2), "lm")
    for number, part in enumerate(parts):
        x = _LEFT + number % 3 * (_WIDTH // 3)
        y = height - (legend - number // 3) * _LINE - _GAP // 2
        draw.rectangle((x, y, x + _FONT, y + _FONT), colors[part])
        _write(draw, part, (x + _FONT * 1.5, y + _FONT // 2), "lm")
    return sheet.reduce(2)


def _write(
    draw: ImageDraw.ImageDraw, text: str, place: tuple[float, float], anchor: str
) -> None:
    draw.text(place, text, _INK, ImageFont.load_default(_FONT), anchor=anchor)
