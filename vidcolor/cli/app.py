"""The commands under one name, and what becomes of an error."""

import os
import sys
from io import TextIOWrapper
from typing import Annotated, NoReturn

import typer

from vidcolor import __version__
from vidcolor.cli.codes import FAILED, INTERRUPTED, WRONG_USAGE
from vidcolor.cli.colorize import colorize
from vidcolor.cli.evaluate import evaluate
from vidcolor.cli.heap import keep_freed_memory
from vidcolor.cli.info import info
from vidcolor.cli.interrupt import Interrupted, interrupts
from vidcolor.cli.models import models_app
from vidcolor.cli.output import print_text
from vidcolor.cli.preview import preview
from vidcolor.cli.sleep import let_threads_sleep
from vidcolor.errors import UsageError, VidcolorError, is_memory_full
from vidcolor.show import console, notes, printable, stdout_failed, told
from vidcolor_models.errors import ModelError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (colorize, preview, info, evaluate):
    app.command()(_command)
app.add_typer(models_app, name="models")


def _version(wanted: bool) -> None:
    if wanted:
        print_text(f"vidcolor {__version__}")
        raise typer.Exit


@app.callback()
def vidcolor(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say it."),
    ] = False,
) -> None:
    """Colour black-and-white film, and leave all else in the file as it was."""


def _tell(error: Exception) -> int:
    """Tell what is no mistake of ours, and return the code for it; raise the rest."""
    if is_memory_full(error):
        console.print("[red]error:[/] there is not enough memory: try a smaller --size")
        return FAILED
    # Usage errors know how to show themselves, whichever click typer comes with.
    if not hasattr(error, "exit_code") or not hasattr(error, "show"):
        raise error
    error.show()
    return WRONG_USAGE


def main() -> None:
    """Run the command line; an expected failure is one line, not a traceback."""
    interrupts.catch()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # not all are for all characters
            stream.reconfigure(errors="replace")
    stdout_failed.clear()
    keep_freed_memory()
    let_threads_sleep()
    try:
        code = _run()
    except Interrupted:  # once more, before the first one was told
        code = INTERRUPTED
    interrupts.end()
    _leave(code or (FAILED if stdout_failed.is_set() else 0))


def _run() -> int:
    """Run the command, tell how it failed if it did, and return its exit status."""
    try:
        _check_arguments(sys.argv[1:])
        code = app(standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (VidcolorError, ModelError) as error:
        console.print(f"[red]error:[/] {printable(told(error))}", soft_wrap=True)
        return WRONG_USAGE if isinstance(error, UsageError) else FAILED
    except Interrupted as error:
        interrupts.end()  # already now: another one would end the line below
        said = notes(error) or "nothing unfinished was left behind"
        console.print(f"interrupted: {printable(said)}", soft_wrap=True)
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return _tell(error)


def _check_arguments(arguments: list[str]) -> None:
    """Refuse empty ones: as a path, that would be the folder one is in."""
    for text in arguments:
        if not text or (text.startswith("--") and text.endswith("=")):
            raise UsageError(
                f"there is nothing in {text or repr(text)}: a name, or what a "
                "variable should hold, is missing"
            )


def _leave(code: int) -> NoReturn:
    """End the process; at once where it was interrupted.

    Its threads may still be in the middle of C++ code then, which calls abort where
    Python ends a thread under it.
    """
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)
