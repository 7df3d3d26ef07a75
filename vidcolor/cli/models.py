"""`vidcolor models`: the zoo, and the weights that are here."""

from functools import partial
from typing import Annotated

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
from rich.table import Table

from vidcolor.cli.codes import FAILED
from vidcolor.cli.output import print_path, print_text, stdout
from vidcolor.show import console, printable
from vidcolor_models.registry import DEFAULT_MODEL, MODELS, entry_of

models_app = typer.Typer(help="The zoo: which models there are, and their weights.")


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
    with stdout() as out:
        out.print(table)
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
        entry_of(name)  # before a bar is shown for what is none
        bar = Progress(
            *_byte_columns(), console=console, disable=not console.is_terminal
        )
        with bar as progress:
            task = progress.add_task(f"fetching {name}", total=None)
            path = fetch(name, partial(_tell_bytes, progress, task))
        print_path(path)


@models_app.command("check")
def check_models(
    names: Annotated[list[str] | None, typer.Argument(help="Default: all.")] = None,
) -> None:
    """Compare the weights that are here with the checksums they should have."""
    from vidcolor_models.store import State, check

    wrong = False
    for name in names or list(MODELS):
        state = check(name)
        print_text(f"{name}: {state}")
        wrong |= state in (State.WRONG, State.UNREADABLE)
        wrong |= state is State.MISSING and (names is not None or not MODELS[name].url)
    raise typer.Exit(FAILED if wrong else 0)


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
