"""`vidcolor info`: what is in a film."""

from math import floor
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from vidcolor.cli.codes import DAMAGED
from vidcolor.cli.options import Json, Quiet
from vidcolor.cli.output import frame_bar, print_text, stdout
from vidcolor.show import printable, to_json


def info(
    source: Annotated[Path, typer.Argument(help="A film.")],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what is in a film, its shots, what is kept, and whether it has colour."""
    from vidcolor.describe import describe

    with frame_bar(quiet or as_json, None) as tick:
        facts = describe(source, tick)
    if as_json:
        print_text(to_json(facts, indent=2))
    else:
        _print_table(facts)
    raise typer.Exit(DAMAGED if facts["lost"] else 0)


def _print_table(facts: dict[str, Any]) -> None:
    table = Table("", Column("", overflow="fold"), show_header=False, box=None)
    for key, value in facts.items():
        _add_rows(table, key.replace("_", " "), value)
    with stdout() as out:
        out.print(table)


def _add_rows(table: Table, key: str, value: Any) -> None:
    if isinstance(value, dict):
        value = [f"{name}: {text}" for name, text in value.items()]
    for item in value if isinstance(value, list | tuple) else [value]:
        parts = item.values() if isinstance(item, dict) else [item]
        text = "  ".join(_text(part) for part in parts if part not in ("", None))
        table.add_row(key, printable(text))
        key = ""


def _text(value: Any) -> str:
    """Return a value as text, numbers to a millionth.

    Cut and not rounded: from the time of a shot on (`--start`) its first frame is to
    be found.
    """
    if not isinstance(value, float):
        return str(value)
    millionths = floor(round(value * 1e6, 3))  # 8.04 * 1e6 is less than 8040000
    return f"{millionths / 1e6:.6f}".rstrip("0").removesuffix(".")
