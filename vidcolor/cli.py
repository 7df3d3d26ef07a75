"""The command line: reads options, calls the library, reports. No work is done here.

Torch takes seconds to import, so everything that needs it is imported where it is
used: help and mistakes are answered at once.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column, Table

from vidcolor import __version__
from vidcolor.defaults import RADIUS
from vidcolor.errors import OptionError, VidcolorError
from vidcolor.events import Failed, Finished
from vidcolor.show import Show, choose_show, console, printable
from vidcolor.times import parse_time
from vidcolor_models.errors import ModelError
from vidcolor_models.registry import DEFAULT_MODEL, MODELS

if TYPE_CHECKING:
    from vidcolor.colorizer import Colorizer

FAILED, WRONG_USAGE, DAMAGED, INTERRUPTED = 1, 2, 3, 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="The zoo: which models there are, and their weights.")
app.add_typer(models_app, name="models")


class Device(StrEnum):
    """Where the network runs."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


Model = Annotated[
    str, typer.Option(help="A name ('vidcolor models') or a weights file.")
]
On = Annotated[Device, typer.Option("--device", help="Where the network runs.")]
Size = Annotated[
    int | None,
    typer.Option(min=64, max=2048, help="Short side at the network, in pixels."),
]
Smooth = Annotated[
    int, typer.Option(min=0, max=60, help="Neighbours on each side; 0 is off.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the target.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only say what went wrong.")]
Json = Annotated[bool, typer.Option("--json", help="Tell it to programs, on stdout.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vidcolor {__version__}")
        raise typer.Exit


@app.callback()
def vidcolor(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say it."),
    ] = False,
) -> None:
    """Colour black-and-white film, and leave all else in the file as it was."""


@app.command()
def colorize(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Films, photos, folders.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file, or a folder for several."),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: On = Device.AUTO,
    size: Size = None,
    smooth: Smooth = RADIUS,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin there: 12.5 or 1:02:03.")
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End there.")] = None,
    codec: Annotated[
        str | None,
        typer.Option(help="h264, hevc, av1, vp9, ffv1, prores, dnxhd, or an encoder."),
    ] = None,
    crf: Annotated[
        float | None, typer.Option(help="Quality: less is better and larger.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Speed of the encoder: ultrafast to veryslow.")
    ] = None,
    encoder_option: Annotated[
        list[str] | None,
        typer.Option(
            "-x", "--encoder-option", metavar="KEY=VALUE", help="As in FFmpeg."
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Colour films and photos; the results go to NAME.color.EXT beside them."""
    from vidcolor.sources import choose_targets, find_sources

    span = [None if t is None else parse_time(t) for t in (start, end)]
    if span[0] is not None and span[1] is not None and span[0] >= span[1]:
        raise OptionError("--start must be before --end")
    options = _key_values(encoder_option or [])
    files = find_sources(sources)
    targets = choose_targets(sources, files, output)
    from vidcolor.colorize import colorize as color_file

    colorizer = _colorizer(model, device, size)
    code = 0
    with choose_show(quiet=quiet, as_json=as_json, files=len(files)) as show:
        for source, target in zip(files, targets, strict=True):
            try:
                if target is not None and len(files) > 1:
                    target.parent.mkdir(parents=True, exist_ok=True)
                done = color_file(
                    source,
                    target,
                    model=colorizer,
                    smooth=smooth,
                    start=span[0],
                    end=span[1],
                    codec=codec,
                    crf=crf,
                    preset=preset,
                    options=options,
                    overwrite=overwrite,
                    on_event=show,
                )
            except (VidcolorError, ModelError) as error:
                show(Failed(source, str(error)))
                code = FAILED
            else:
                code = code or _report(done, show, as_json)
    raise typer.Exit(code)


@app.command()
def preview(
    source: Annotated[Path, typer.Argument(help="A film.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Default: NAME.preview.png")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=200, help="Frames to show.")] = 12,
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
    model: Model = DEFAULT_MODEL,
    device: On = Device.AUTO,
    size: Size = None,
    smooth: Smooth = RADIUS,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Look first: frames of a film before and after, on a sheet, as film, or here."""
    times = [parse_time(t) for t in at or []]
    from vidcolor import preview as library
    from vidcolor.media.reader import Reader
    from vidcolor.media.target_file import check_target
    from vidcolor.sheet import contact_sheet, half_blocks

    if sample is not None:
        target = output or source.with_name(f"{source.stem}.sample{source.suffix}")
        colorizer = _colorizer(model, device, size)
        with choose_show(quiet=quiet, as_json=as_json, files=1) as show:
            done = library.write_sample(
                source,
                target,
                colorizer,
                parse_time(str(sample)),
                times[0] if times else None,
                smooth,
                overwrite,
                show,
            )
            show(done)
        if not as_json:
            _print_path(done.target)
        return
    target = output or source.with_name(f"{source.stem}.preview.png")
    if not terminal:
        check_target(source, target, overwrite=overwrite or output is None)
    with Reader(source) as reader, _frame_bar(quiet, reader.info.frame_count) as tick:
        looks = [(t, 0) for t in times] or library.preview_times(reader, count, tick)
        colorizer = _colorizer(model, device, size)
        pairs = [library.preview_pair(reader, colorizer, *look) for look in looks]
    if terminal:
        _show_here(pairs, half_blocks)
        return
    library.write_sheet(target, contact_sheet(pairs))
    _print_path(target)


@app.command()
def info(
    source: Annotated[Path, typer.Argument(help="A film.")],
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Say what is in a film, its shots, what is kept, and whether it has colour."""
    from vidcolor.describe import describe

    with _frame_bar(quiet or as_json, None) as tick:
        facts = describe(source, tick)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    table = Table("", Column("", overflow="fold"), show_header=False, box=None)
    for key, value in facts.items():
        _add_rows(table, key.replace("_", " "), value)
    _stdout().print(table)


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """The zoo: which models there are, and their weights."""
    if context.invoked_subcommand is None:
        list_models()


@models_app.command("list")
def list_models() -> None:
    """List the models, and whether their weights are here."""
    from vidcolor_models.store import check, weights_path

    table = Table("model", "weights", "licence", "what it is")
    for name, entry in MODELS.items():
        label = f"{name} (default)" if name == DEFAULT_MODEL else name
        table.add_row(label, check(name), entry.licence, entry.summary)
    _stdout().print(table)
    places = {weights_path(e).parent for e in MODELS.values() if e.url is not None}
    for place in places:
        console.print(f"fetched weights are kept in {printable(place)}")


@models_app.command("fetch")
def fetch_models(
    names: Annotated[list[str], typer.Argument(help="Which; see 'vidcolor models'.")],
) -> None:
    """Download weights that are not in the package, going on where a try broke off."""
    from vidcolor_models.fetching import fetch

    for name in names:
        with Progress(*_byte_columns(), console=console) as progress:
            task = progress.add_task(f"fetching {name}", total=None)
            path = fetch(name, partial(_tell_bytes, progress, task))
        _print_path(path)


@models_app.command("check")
def check_models(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
) -> None:
    """Compare the weights that are here with the checksums they should have."""
    from vidcolor_models.store import State, check

    wrong = False
    for name in names or list(MODELS):
        state = check(name)
        typer.echo(f"{name}: {state}")
        wrong |= state in (State.WRONG, State.UNREADABLE)
        wrong |= state is State.MISSING and (names is not None or not MODELS[name].url)
    raise typer.Exit(FAILED if wrong else 0)


def main() -> None:
    """Run the command line; an expected failure is one line, not a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)
    except (VidcolorError, ModelError) as error:
        console.print(f"[red]error:[/] {printable(error)}", soft_wrap=True)
        code = FAILED
    except (KeyboardInterrupt, typer.Abort):
        console.print("interrupted: nothing was left behind")
        code = INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    except Exception as error:
        # Usage errors know how to show themselves, whichever click typer comes with.
        if not hasattr(error, "exit_code") or not hasattr(error, "show"):
            raise
        error.show()
        code = WRONG_USAGE
    sys.exit(code if isinstance(code, int) else 0)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _colorizer(model: str, device: Device, size: int | None) -> "Colorizer":
    from vidcolor.colorizer import Colorizer

    return Colorizer(model, device, size)


def _report(done: Finished, show: Show, as_json: bool) -> int:
    show(done)
    if not as_json:
        _print_path(done.target)
    return DAMAGED if done.lost else 0


def _byte_columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )


def _tell_bytes(bar: Progress, task: TaskID, done: int, total: int | None) -> None:
    bar.update(task, completed=done, total=total)


def _key_values(texts: list[str]) -> dict[str, str]:
    pairs = dict[str, str]()
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise OptionError(f"{text!r} is no encoder option: write KEY=VALUE")
        pairs[key] = value
    return pairs


@contextmanager
def _frame_bar(quiet: bool, total: int | None) -> Iterator[Any]:
    """Give a function that is told how many frames have been looked at."""
    with Progress(console=console, transient=True, disable=quiet) as progress:
        task = progress.add_task("looking through", total=total)
        yield lambda done: progress.update(task, completed=done)


def _show_here(pairs: list[Any], half_blocks: Any) -> None:
    out = _stdout()
    width = min(out.width // 2 - 1, 80)
    for pair in pairs:
        out.print(pair.caption)
        grid = Table.grid(padding=(0, 1))
        grid.add_row(half_blocks(pair.grey, width), half_blocks(pair.color, width))
        out.print(grid)


def _add_rows(table: Table, key: str, value: Any) -> None:
    if isinstance(value, dict):
        value = [f"{name}: {text}" for name, text in value.items()]
    for item in value if isinstance(value, list) else [value]:
        parts = item.values() if isinstance(item, dict) else [item]
        text = "  ".join(str(part) for part in parts if part not in ("", None))
        table.add_row(key, printable(text))
        key = ""


def _stdout() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def _print_path(path: Path) -> None:
    # Names are bytes on some systems: those that are no text come out as they are.
    sys.stdout.flush()
    sys.stdout.buffer.write(os.fsencode(path) + b"\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
