"""`vidcolor preview`: a few frames, before and after."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from vidcolor.cli.codes import DAMAGED, FAILED
from vidcolor.cli.importing import all_kept
from vidcolor.cli.interrupt import interrupts
from vidcolor.cli.options import (
    Device,
    Json,
    Model,
    Overwrite,
    Quiet,
    Size,
    Smooth,
    Vividness,
)
from vidcolor.cli.output import (
    frame_bar,
    print_path,
    print_text,
    stdout,
    tell_losses,
)
from vidcolor.defaults import RADIUS
from vidcolor.errors import UsageError, VidcolorError
from vidcolor.events import Failed, Finished, OnEvent
from vidcolor.show import choose_show, to_json, told
from vidcolor.times import parse_time
from vidcolor_models.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from vidcolor.colorizer import Colorizer
    from vidcolor.sheet import Pair

_COUNT = 12  # frames on a sheet


def preview(
    source: Annotated[Path, typer.Argument(help="A film.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Default: NAME.preview.png, or NAME.sample.EXT; that PNG is replaced.",
        ),
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, max=200, help="Frames to show, if not 12.")
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="TIME", help="Show this moment; may be repeated."),
    ] = None,
    sample: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", min=0.1, help="Write a short film instead."),
    ] = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Show it here instead.")
    ] = False,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Show how sure the network is, too.")
    ] = False,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    size: Size = None,
    vividness: Vividness = 1.0,
    smooth: Smooth = RADIUS,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Look first: frames of a film before and after, on a sheet, as film, or here."""
    if as_json and terminal:
        raise UsageError("--json tells programs where a sheet is: not --terminal")
    if terminal and sample is not None:
        raise UsageError("--sample writes a film: not --terminal")
    if confidence and sample is not None:
        raise UsageError("--confidence is for sheets and the terminal: not --sample")
    times = [parse_time(t) for t in at or []]
    if count is not None and (times or sample is not None):
        raise UsageError("--count spreads frames over a film: not --at, not --sample")
    if sample is not None and len(times) > 1:
        raise UsageError("--sample begins at one moment: give --at once")
    with all_kept():
        from vidcolor.colorizer import Colorizer
        from vidcolor.media.target_file import check_target
        from vidcolor.preview import write_sample, write_sheet
        from vidcolor.sheet import contact_sheet

    load = partial(Colorizer, model, device, size, vividness)
    if sample is not None:
        film = partial(
            write_sample,
            source,
            output,
            load(),
            parse_time(str(sample)),
            times[0] if times else None,
            smooth,
            overwrite,
        )
        raise typer.Exit(_write_film(source, film, quiet=quiet, as_json=as_json))
    target = output or source.with_name(f"{source.stem}.preview.png")
    if not terminal:
        check_target(source, target, overwrite=overwrite or output is None)
    pairs, lost = _pairs(source, times, count or _COUNT, load, quiet, confidence)
    if terminal:
        _show_here(pairs)
    else:
        write_sheet(target, contact_sheet(pairs), source)
        if as_json:
            print_text(to_json({"source": source, "target": target, "lost": lost}))
        else:
            print_path(target)
    tell_losses(lost)
    raise typer.Exit(DAMAGED if lost else 0)


def _write_film(
    source: Path, write: Callable[[OnEvent], Finished], *, quiet: bool, as_json: bool
) -> int:
    """Write a sample, tell how it goes, print its name, and return the exit code."""
    with choose_show(quiet=quiet, as_json=as_json, files=1) as show:
        tell = interrupts.watch(show)
        try:
            done = write(tell)
        except UsageError:
            raise
        except VidcolorError as error:
            tell(Failed(source, told(error)))
            return FAILED
        tell(done)
    if not as_json:
        print_path(done.target)
    return DAMAGED if done.lost else 0


def _pairs(
    source: Path,
    times: list[Fraction],
    count: int,
    load: Callable[[], "Colorizer"],
    quiet: bool,
    confidence: bool,
) -> "tuple[list[Pair], list[str]]":
    """Return the frames at the times, or `count` of the whole film, and what it lost.

    That is known if the film was looked through for them.
    """
    from vidcolor.media.reader import Reader
    from vidcolor.preview import preview_pair, preview_times

    with Reader(source) as reader, frame_bar(quiet, reader.info.frame_count) as tick:
        looks = [(t, None) for t in times] or preview_times(reader, count, tick)
        lost = reader.damage.lines()
        colorizer = load()  # after the looks: a film that cannot be read is told first
        pairs = [preview_pair(reader, colorizer, *look, confidence) for look in looks]
        return pairs, lost


def _show_here(pairs: "list[Pair]") -> None:
    """Print pairs as half blocks, side by side."""
    from vidcolor.confidence import scale_bar
    from vidcolor.sheet import SURE_TEXT, UNSURE_TEXT, half_blocks

    with stdout() as out:
        for pair in pairs:
            out.print(pair.caption)
            width = min(out.width // len(pair.pictures) - 1, 80)
            grid = Table.grid(padding=(0, 1))
            grid.add_row(*(half_blocks(picture, width) for picture in pair.pictures))
            out.print(grid)
        if any(pair.confidence is not None for pair in pairs):
            bar = half_blocks(scale_bar(20, 2), 20)
            out.print(Text(" ").join([Text(SURE_TEXT), bar, Text(UNSURE_TEXT)]))
