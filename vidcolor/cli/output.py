"""Results on stdout, and the bar for a look through a film on stderr."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from vidcolor.show import console, printable, printing


@contextmanager
def stdout() -> Iterator[Console]:
    """Give a console for results, on what stdout is now."""
    with printing():
        yield Console(highlight=False, emoji=False)


def print_text(text: str) -> None:
    """Print what is for programs."""
    with printing():
        print(text, flush=True)


def print_path(path: Path) -> None:
    """Print the path of a result, alone on its line."""
    if sys.stdout is None:  # closed by whoever began this: nobody wants to know
        return
    if sys.stdout.isatty():
        with stdout() as out:
            out.print(printable(path), soft_wrap=True)
        return
    # Names are bytes on some systems: those that are no text come out as they are.
    with printing():
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(path) + b"\n")
        sys.stdout.flush()


def tell_losses(lines: Iterable[str]) -> None:
    """Say on stderr what damage took, a sentence each."""
    for line in lines:
        console.print(f"[yellow]damaged:[/] {printable(line)}", soft_wrap=True)


@contextmanager
def frame_bar(quiet: bool, total: int | None) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many frames have been looked at."""
    disable = quiet or not console.is_terminal
    with Progress(console=console, transient=True, disable=disable) as progress:
        task = progress.add_task("looking through", total=total)
        yield lambda done: progress.update(task, completed=done)
