"""A report's figures as tables for the terminal."""

from rich.console import Console
from rich.table import Table

Figures = dict[str, float]
Columns = list[tuple[str, str, str]]  # heading, figure, format

_COLORS: Columns = [
    ("PSNR\ndB", "psnr", "{:.2f}"),
    ("above\ngrey", "gain", "{:+.2f}"),
    ("colour-\nfulness", "colorfulness", "{:.1f}"),
    ("of the\ntruth's", "share", "{:.0%}"),
]
_PERCEPTION: Columns = [
    ("ST-LPIPS", "stlpips", "{:.4f}"),
    ("of grey's", "stlpips_share", "{:.0%}"),
    ("Fréchet", "frechet", "{:.1f}"),
    ("of grey's", "frechet_share", "{:.0%}"),
]
_CASTS: Columns = [
    ("a", "neutral_a", "{:+.1f}"),
    ("b", "neutral_b", "{:+.1f}"),
    ("cast", "neutral_cast", "{:.1f}"),
    ("chroma", "neutral_chroma", "{:.1f}"),
]
_HUES: Columns = [
    ("skin", "skin", "{:.0f}°"),
    ("coloured", "skin_colored", "{:.0%}"),
    ("sky", "sky", "{:.0f}°"),
    ("coloured", "sky_colored", "{:.0%}"),
    ("plants", "vegetation", "{:.0f}°"),
    ("coloured", "vegetation_colored", "{:.0%}"),
]
_STEADINESS: Columns = [
    ("worn input\ndB", "worn", "{:+.2f}"),
    ("two worn views\nab", "views", "{:.2f}"),
    ("ten points\ndB", "hints", "{:+.2f}"),
]
_CONFIDENCE: Columns = [
    ("rank\ncorrelation", "rank_correlation", "{:.2f}"),
    ("surest\nfifth", "error_1", "{:.1f}"),
    ("second", "error_2", "{:.1f}"),
    ("third", "error_3", "{:.1f}"),
    ("fourth", "error_4", "{:.1f}"),
    ("least\nsure", "error_5", "{:.1f}"),
]


def print_tables(
    figures: dict[str, Figures], curves: dict[str, dict[float, Figures]]
) -> None:
    """Print the figures by model, and of each model its curve over vividness."""
    console = Console()
    for title, columns in (
        ("Colours", _COLORS),
        ("Distances from the truth", _PERCEPTION),
        ("Colour of neutral things, in ab", _CASTS),
        ("Hue error, and share that has a hue", _HUES),
        ("Steadiness and hints", _STEADINESS),
        ("Uncertainty and error, in ab", _CONFIDENCE),
    ):
        console.print(_table(title, "model", columns, figures))
    for model, curve in curves.items():
        rows = {f"{strength:.2f}": at for strength, at in curve.items()}
        console.print(_table(model, "vividness", _COLORS, rows))


def _table(title: str, what: str, columns: Columns, rows: dict[str, Figures]) -> Table:
    table = Table(what, title=title, title_justify="left")
    for heading, _, _ in columns:
        table.add_column(heading, justify="right")
    for name, figures in rows.items():
        cells = [
            form.format(figures[figure]) if figure in figures else ""
            for _, figure, form in columns
        ]
        if any(cells):
            table.add_row(name, *cells)
    return table
