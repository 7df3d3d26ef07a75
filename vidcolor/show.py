"""Events shown to people: bars in a terminal, lines elsewhere; or to programs, as JSON.

All of it goes to stderr but JSON, which is a result and goes to stdout.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event as Flag
from time import monotonic
from types import TracebackType
from typing import Any, Protocol, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from vidcolor.events import (
    Event,
    Failed,
    Finished,
    Progressed,
    Skipped,
    Started,
    Verifying,
)
from vidcolor.plain_file import reason
from vidcolor.times import format_time

_HALVES = re.compile("[\ud800-\udfff]")
_LINE_EVERY = 10.0  # seconds between progress lines where there is no terminal

stdout_failed = Flag()  # results could not be printed
console = Console(stderr=True, highlight=False, emoji=False)


class Show(Protocol):
    """Something that shows events, from the first file to the last."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End, whatever happened."""
        ...

    def __call__(self, event: Event) -> None:
        """Show one event."""
        ...


def choose_show(*, quiet: bool, as_json: bool, files: int) -> Show:
    """Return what fits where the output goes."""
    if as_json:
        return JsonShow()
    if quiet:
        return QuietShow()
    return BarShow(files) if console.is_terminal else LineShow()


def printable(text: object) -> str:
    """Return a text from a file, fit for a terminal: no escapes, no markup."""
    shown = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)
    )
    # Followed by something, or rich doubles a last backslash, and shows it so.
    return escape(f"{shown} ")[:-1]


def notes(error: BaseException) -> str:
    """Return what was noted on an error on its way up; '' for nothing."""
    return "; ".join(getattr(error, "__notes__", []))


def told(error: Exception) -> str:
    """Return what an error says, and what was noted on its way up."""
    return "; ".join(filter(None, [str(error), notes(error)]))


class QuietShow:
    """Nothing but what went wrong."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Say what failed, and what was lost."""
        if isinstance(event, Failed):
            console.print(f"[red]error:[/] {printable(event.problem)}", soft_wrap=True)
        elif isinstance(event, Finished):
            for concession in event.concessions:
                console.print(printable(concession), style="yellow", soft_wrap=True)
            _tell_losses(event)
        if isinstance(event, Finished | Skipped):
            _tell_faults(event)


class LineShow(QuietShow):
    """Plain lines, a few a minute: for logs."""

    def __init__(self) -> None:
        self._began = self._told = 0.0
        self._done: int | None = 0  # frames when it began; None: it has not yet
        self._total: int | None = None

    def __call__(self, event: Event) -> None:
        """Print a line when there is something to say."""
        if isinstance(event, Started):
            self._began = self._told = monotonic()
            self._total = event.frames
            self._done = None if event.done else 0
            _tell_start(event)
        elif isinstance(event, Progressed | Verifying):
            now = monotonic()
            if self._done is None:  # so far, time went to what was done before
                self._began = self._told = now
                self._done = event.frames
            if now - self._told >= _LINE_EVERY:
                self._told = now
                line = self._line(event, now)
                console.print(f"{printable(event.source.name)}: {line}", soft_wrap=True)
        else:
            super().__call__(event)
            _tell_end(event)

    def _line(self, event: Progressed | Verifying, now: float) -> str:
        if isinstance(event, Verifying):
            of = f"/{event.of}" if event.of else ""
            return f"{event.frames}{of} frames verified"
        rate = (event.frames - (self._done or 0)) / (now - self._began)
        of = f"/{self._total}" if self._total else ""
        left = ""
        if self._total and self._total > event.frames:
            left = f", {format_time((self._total - event.frames) / rate)} left"
        return (
            f"{event.frames}{of} frames, {rate:.1f} frames/s{left}, shot {event.shot}"
        )


class BarShow(QuietShow):
    """A bar for the file at hand, and one for all files where there are several."""

    def __init__(self, files: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Speed(),
            TimeRemainingColumn(),
            console=console,
            speed_estimate_period=60,
        )
        self._files = files
        self._all: TaskID | None = None
        self._file: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        if self._files > 1:
            self._all = self._progress.add_task("all files", total=self._files, shot=0)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: Event) -> None:
        """Move the bars."""
        if isinstance(event, Started):
            _tell_start(event)
            name = printable(event.source.name)
            self._file = self._progress.add_task(
                name, total=event.frames, completed=event.done, shot=0
            )
        elif isinstance(event, Progressed):
            if self._file is not None:
                done, shot = event.frames, event.shot
                self._progress.update(self._file, completed=done, shot=shot)
        elif isinstance(event, Verifying):
            if self._file is None:  # it was done before
                self._file = self._progress.add_task("", shot=0)
            self._progress.update(
                self._file,
                description=f"verifying {printable(event.source.name)}",
                completed=event.frames,
                total=event.of,
                shot=0,
            )
        else:
            self._end_file()
            super().__call__(event)
            _tell_end(event)

    def _end_file(self) -> None:
        if self._file is not None:
            self._progress.remove_task(self._file)
            self._file = None
        if self._all is not None:
            self._progress.advance(self._all)


class _Speed(ProgressColumn):
    """Frames a second, and the shot."""

    def render(self, task: Task) -> Text:
        if not task.fields["shot"]:
            return Text("")
        speed = f"{task.speed:.1f}" if task.speed else "?"
        return Text(f"{speed} frames/s  shot {task.fields['shot']}")


class JsonShow:
    """An object a line on stdout, with the event's name under "event"."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, event: Event) -> None:
        """Print the event."""
        values = {"event": type(event).__name__.lower(), **asdict(event)}
        with printing():
            print(to_json(values), flush=True)


@contextmanager
def printing() -> Iterator[None]:
    """Let results be printed to stdout; if they cannot be, as on a full disk, say so.

    Work goes on: what it makes matters more than being told of it.
    """
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read them has gone
    except OSError as error:
        # What waits to be printed would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        stdout_failed.set()
        console.print(f"[red]error:[/] stdout: {reason(error)}", soft_wrap=True)


def to_json(values: Any, indent: int | None = None) -> str:
    """Return values as JSON in ASCII; bytes that are no text come out as U+FFFD.

    Python holds them as halves of characters, which parsers choke on.
    """
    text = json.dumps(values, default=_plain, ensure_ascii=False)
    whole = _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
    return json.dumps(json.loads(whole), indent=indent)


def _plain(value: Any) -> str | float:
    return str(value) if isinstance(value, Path) else float(value)


def _tell_start(event: Started) -> None:
    if event.warning:
        console.print(printable(event.warning), style="bold yellow", soft_wrap=True)
    name = printable(event.source.name)
    for note in event.notes:
        console.print(f"{name}: {printable(note)}", soft_wrap=True)
    if event.done:
        console.print(
            f"{name}: going on after {_count(event.done, 'frame')}", soft_wrap=True
        )


def _tell_end(event: Event) -> None:
    if isinstance(event, Skipped):
        console.print(f"{printable(event.target)} is done already", soft_wrap=True)
    elif isinstance(event, Finished):
        _tell_account(event)
    if isinstance(event, Skipped | Finished) and event.verification is not None:
        for line in event.verification.lines():
            console.print(f"  {printable(line)}", soft_wrap=True)


def _tell_account(event: Finished) -> None:
    now = event.frames - event.done
    rate = now / max(event.seconds, 1e-9)
    share = f" ({now} now)" if event.done else ""
    console.print(
        f"{printable(event.source.name)}: {_count(event.frames, 'frame')}{share}, "
        f"{_count(event.shots, 'shot')}, "
        f"in {format_time(event.seconds)} ({rate:.1f} frames/s)",
        soft_wrap=True,
    )
    if not event.streams:  # a photo: what was left out is known at the end only
        for note in event.notes:
            console.print(f"  {printable(note)}", soft_wrap=True)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _tell_losses(event: Finished) -> None:
    if event.lost:
        losses = printable("; ".join(event.lost))
        source = printable(event.source)
        console.print(f"[yellow]damaged:[/] {source}: {losses}", soft_wrap=True)


def _tell_faults(event: Finished | Skipped) -> None:
    if event.verification is not None and event.verification.faults:
        faults = printable("; ".join(event.verification.faults))
        target = printable(event.target)
        console.print(
            f"[red]error:[/] {target} is kept, but is not as planned: {faults}",
            soft_wrap=True,
        )
