"""`vidcolor colorize`: films and photos, one or many."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from vidcolor.cli.codes import DAMAGED, FAILED
from vidcolor.cli.importing import all_kept
from vidcolor.cli.interrupt import interrupts
from vidcolor.cli.options import (
    Device,
    Fast,
    Json,
    Model,
    Overwrite,
    Quiet,
    Resume,
    Size,
    Smooth,
    Verify,
    Vividness,
)
from vidcolor.cli.output import print_path
from vidcolor.defaults import RADIUS
from vidcolor.errors import DoneError, UsageError, VidcolorError
from vidcolor.events import Failed, Finished, OnEvent, Skipped
from vidcolor.show import choose_show, told
from vidcolor.times import parse_time
from vidcolor_models.errors import ModelError
from vidcolor_models.registry import DEFAULT_MODEL


def colorize(
    sources: Annotated[
        list[Path], typer.Argument(metavar="SOURCE...", help="Films, photos, folders.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A file, or a folder for several."),
    ] = None,
    model: Model = DEFAULT_MODEL,
    device: Device = "auto",
    size: Size = None,
    vividness: Vividness = 1.0,
    smooth: Smooth = RADIUS,
    fast: Fast = False,
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
    resume: Resume = False,
    verify: Verify = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Colour films and photos; the results go to NAME.color.EXT beside them."""
    from vidcolor.sources import choose_targets, find_sources

    span = [None if t is None else parse_time(t) for t in (start, end)]
    if span[0] is not None and span[1] is not None and span[0] >= span[1]:
        raise UsageError("--start must be before --end")
    options = _key_values(encoder_option or [])
    files = find_sources(sources, output)
    _check_photos(files, span, [codec, crf, preset, *options])
    targets = choose_targets(sources, files, output)
    with all_kept():
        from vidcolor.coloring import colorize as color_file
        from vidcolor.colorizer import Colorizer

    kept = {_resolved(file) for file in files}  # and the results to come
    color = partial(
        color_file,
        model=Colorizer(model, device, size, vividness),
        smooth=smooth,
        fast=fast,
        start=span[0],
        end=span[1],
        codec=codec,
        crf=crf,
        preset=preset,
        options=options,
        overwrite=overwrite,
        spared=kept,
        resume=resume,
        verify=verify,
    )
    with choose_show(quiet=quiet, as_json=as_json, files=len(files)) as show:
        tell = interrupts.watch(show)
        codes = set()
        for source, target in zip(files, targets, strict=True):
            codes.add(_color_one(color, source, target, kept, tell, named=not as_json))
    raise typer.Exit(next((c for c in (FAILED, DAMAGED) if c in codes), 0))


def _color_one(
    color: Callable[..., Finished],
    source: Path,
    target: Path | None,
    kept: set[Path],
    tell: OnEvent,
    *,
    named: bool,
) -> int:
    """Colour a file, tell how it went, and return its code.

    The result's path is added to those `kept`, resolved, and printed if `named`.
    """
    done: Finished | Skipped
    try:
        done = color(source, target, on_event=tell)
    except DoneError as error:
        done = Skipped(source, error.path, error.verification)
    except UsageError:
        raise  # as it would of the other files
    except (VidcolorError, ModelError) as error:
        tell(Failed(source, told(error)))
        return FAILED
    kept.add(_resolved(done.target))
    tell(done)
    if named:
        print_path(done.target)
    if done.verification is not None and done.verification.faults:
        return FAILED
    return DAMAGED if isinstance(done, Finished) and done.lost else 0


def _check_photos(files: list[Path], *settings: list[Any]) -> None:
    """Refuse what is for films where there are photos only."""
    from vidcolor.stills import STILL_SUFFIXES

    films = [file for file in files if file.suffix.lower() not in STILL_SUFFIXES]
    if not films and any(value is not None for part in settings for value in part):
        raise UsageError(
            f"{files[0]} is a photo: --start, --end, --codec, --crf, --preset and -x "
            "are for films"
        )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links go in circles: whoever opens it is told
        return path


def _key_values(texts: list[str]) -> dict[str, str]:
    pairs = dict[str, str]()
    for text in texts:
        key, equals, value = text.partition("=")
        if not key or not equals:
            raise UsageError(f"{text!r} is no encoder option: write KEY=VALUE")
        pairs[key] = value
    return pairs
