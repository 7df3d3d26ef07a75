"""`vidcolor evaluate`: a result beside the truth."""

from itertools import count
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vidcolor.cli.codes import DAMAGED
from vidcolor.cli.importing import all_kept
from vidcolor.cli.options import Json, Overwrite, Quiet
from vidcolor.cli.output import frame_bar, print_text, tell_losses
from vidcolor.errors import OptionError
from vidcolor.show import printing, to_json
from vidcolor.times import format_time

if TYPE_CHECKING:
    from vidcolor.evaluation.evaluate import Evaluation
    from vidcolor.evaluation.plot import Plot
    from vidcolor.evaluation.scores import Both, Scores, Steadiness

_WIDEST = 160  # characters: the table's lines are shorter, and must not be broken
_CAPTION = "in brackets: the truth's own; after +: what the result has above it"
_COLUMNS = (
    *("frames", "PSNR\ndB", "SSIM", "colourful\nDDColor", "colourful\nHasler"),
    *("CDC RGB\nx 1000", "CDC ab\nx 1000", "warp RGB\nx 1000", "warp ab\n"),
)


def evaluate(
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH", help="A film or photo in true colours.")
    ],
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="It, coloured.")],
    plot: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw the measures over time."),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say how right, how colourful and how steady a result is, shot by shot."""
    if plot is not None:
        _check_plot(plot, truth, result, overwrite)
    with all_kept():
        from vidcolor.evaluation.evaluate import facts
        from vidcolor.stills import Still, write_still

    scored, curves = _measure(truth, result, quiet or as_json)
    if as_json:
        files = {"truth": str(truth), "result": str(result)}
        print_text(to_json(files | facts(scored), indent=2))
    else:
        with printing():
            Console(highlight=False, width=_WIDEST).print(_table(scored))
    tell_losses(scored.lost)
    if plot is not None:  # last: the figures took longer
        write_still(plot, Still(curves.draw()), like=truth)
    raise typer.Exit(DAMAGED if scored.lost else 0)


def _check_plot(plot: Path, truth: Path, result: Path, overwrite: bool) -> None:
    from vidcolor.media.target_file import check_target

    if plot.suffix.lower() != ".png":
        raise OptionError(f"--plot draws a PNG: name it so, not {plot.name}")
    for source in (truth, result):
        check_target(source, plot, overwrite=overwrite)


def _measure(truth: Path, result: Path, quiet: bool) -> "tuple[Evaluation, Plot]":
    from vidcolor.evaluation.evaluate import Moment, evaluate, expected_frames
    from vidcolor.evaluation.plot import Plot

    curves, numbers = Plot(), count(1)
    with frame_bar(quiet, expected_frames(truth)) as tick:

        def show(moment: Moment) -> None:
            curves.add(moment)
            tick(next(numbers))

        return evaluate(truth, result, show), curves


def _table(scored: "Evaluation") -> Table:
    """Return a line for each shot and one for all, the truth's figures in brackets."""
    table = Table(box=None, padding=(0, 1), caption=_CAPTION)
    table.add_column("shot")
    for name in _COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    for number, shot in enumerate(scored.shots, start=1):
        table.add_row(f"{number}, at {format_time(shot.start)}", *_cells(shot.scores))
    table.add_section()
    table.add_row("all", *_cells(scored.total))
    return table


def _cells(scores: "Scores") -> list[str]:
    return [
        str(scores.frames),
        f"{scores.psnr:.2f}" if isfinite(scores.psnr) else "equal",
        f"{scores.ssim:.4f}",
        *(_both(scores.colorfulness[name], 1) for name in ("ddcolor", "hasler")),
        *(_both(scores.cdc[space], 2, 1000) for space in ("rgb", "ab")),
        _steadiness(scores.warp["rgb"], 1000),
        _steadiness(scores.warp["ab"]),
    ]


def _both(figure: "Both", digits: int, scale: int = 1) -> str:
    if figure.truth is None or figure.result is None:
        return "-"
    return f"{figure.result * scale:.{digits}f} ({figure.truth * scale:.{digits}f})"


def _steadiness(figure: "Steadiness", scale: int = 1) -> str:
    excess = "" if figure.excess is None else f" +{figure.excess * scale:.2f}"
    return _both(figure, 2, scale) + excess
