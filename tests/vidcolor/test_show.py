import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from vidcolor import show
from vidcolor.events import (
    Event,
    Failed,
    Finished,
    Progressed,
    Settings,
    Skipped,
    Started,
    Verifying,
)
from vidcolor.media.verification.pictures import PictureCheck
from vidcolor.media.verification.verify import Verification
from vidcolor.show import BarShow, JsonShow, LineShow, QuietShow, Show, printable

REEL = Path("reel.mp4")
FINISHED = Finished(
    source=REEL,
    target=Path("reel.color.mp4"),
    decoded=4,
    frames=4,
    done=0,
    lost_frames=2,
    lost=("2 frames missing",),
    shots=1,
    notes=("a note",),
    model="film",
    sha256="0" * 64,
    settings=Settings(size=256, vividness=1.0, smooth=8, fast=False),
    concessions=("it is shown smaller pictures",),
    device="cpu",
    seconds=2.0,
    streams=({"stream": "video 0", "fate": "coloured", "reason": ""},),
)
EVENTS: list[Event] = [
    Started(REEL, Path("reel.color.mp4"), 4, 0, "cpu", ("a note",), "A GPU LIES IDLE"),
    Progressed(REEL, 1, 1),
    Progressed(REEL, 2, 1),
    FINISHED,
    Skipped(Path("old.mp4"), Path("old.color.mp4")),
    Failed(Path("torn.mp4"), "torn.mp4: is torn"),
]
RESUMED: list[Event] = [
    Started(REEL, Path("reel.color.mp4"), 6, 2, "cpu", ()),
    Progressed(REEL, 3, 1),
    Progressed(REEL, 5, 1),
    replace(FINISHED, frames=6, done=2, lost=(), concessions=()),
]


def told(
    shown: Show, monkeypatch: pytest.MonkeyPatch, events: list[Event] = EVENTS
) -> str:
    """Return what is shown of events on stderr."""
    out = io.StringIO()
    console = Console(file=out, width=120, highlight=False)
    monkeypatch.setattr(show, "console", console)
    with shown:
        for event in events:
            shown(event)
    return out.getvalue()


def verified(*faults: str) -> list[Event]:
    """Return the events of a job whose result was looked at."""
    pictures = PictureCheck(
        *(4, 0, 0, None, 4, 0.0, 0, None), *(43.21, 41.0, 0.12), *(0.0, None, 0.0)
    )
    found = Verification(False, pictures, (), 0, 0, (), faults)
    done = replace(FINISHED, lost=(), verification=found)
    return [*EVENTS[:3], Verifying(REEL, 1, 4), Verifying(REEL, 4, 4), done]


@pytest.mark.parametrize("shown", [LineShow(), BarShow(1)])
def test_what_was_verified_is_told(
    shown: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = told(shown, monkeypatch, verified())
    assert "4 frames compared: luma is 43.21 dB from the source's" in out
    assert "error" not in out


@pytest.mark.parametrize("shown", [QuietShow(), LineShow(), BarShow(1)])
def test_a_result_that_is_not_as_planned_is_told(
    shown: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "error: reel.color.mp4 is kept, but is not as planned: one; other"
    assert words in told(shown, monkeypatch, verified("one", "other"))


def test_quiet_tells_only_what_went_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = told(QuietShow(), monkeypatch).splitlines()
    assert lines == [
        "it is shown smaller pictures",
        "damaged: reel.mp4: 2 frames missing",
        "error: torn.mp4: is torn",
    ]


@pytest.mark.parametrize("shown", [LineShow(), BarShow(2)])
def test_what_needs_no_work_is_told_in_a_line(
    shown: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "old.color.mp4 is done already\n" in told(shown, monkeypatch)


def test_lines_tell_notes_before_and_speed_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = told(LineShow(), monkeypatch).splitlines()
    assert lines[:2] == ["A GPU LIES IDLE", "reel.mp4: a note"]
    assert "reel.mp4: 4 frames, 1 shot, in 0:02 (2.0 frames/s)" in lines


def test_lines_of_progress_tell_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 110.0, 111.0])
    monkeypatch.setattr(show, "monotonic", lambda: next(clock))
    lines = told(LineShow(), monkeypatch).splitlines()
    assert lines[2] == "reel.mp4: 1/4 frames, 0.1 frames/s, 0:30 left, shot 1"


@pytest.mark.parametrize(("total", "of"), [(100, "/100"), (None, "")])
def test_a_log_gets_a_few_lines_a_minute(
    monkeypatch: pytest.MonkeyPatch, total: int | None, of: str
) -> None:
    clock = iter(range(200))  # it is looked at once an event, each a second long
    monkeypatch.setattr(show, "monotonic", lambda: next(clock))
    events: list[Event] = [
        Started(REEL, Path("reel.color.mp4"), total, 0, "cpu", ()),
        *(Progressed(REEL, count, 1) for count in range(1, 66)),
        *(Verifying(REEL, count, total) for count in range(1, 31)),
    ]
    lines = told(LineShow(), monkeypatch, events).splitlines()
    counts = [line.split(": ")[1].split(" frames")[0] for line in lines]
    assert counts == [f"{count}{of}" for count in (*range(10, 61, 10), 5, 15, 25)]
    assert all(("left" in line) == (total is not None) for line in lines[:6])


def test_speed_is_that_of_what_was_done_now(monkeypatch: pytest.MonkeyPatch) -> None:
    # It takes 90 s to come to the third frame, and 10 s for two more.
    clock = iter([100.0, 190.0, 200.0])
    monkeypatch.setattr(show, "monotonic", lambda: next(clock))
    assert told(LineShow(), monkeypatch, RESUMED).splitlines() == [
        "reel.mp4: going on after 2 frames",
        "reel.mp4: 5/6 frames, 0.2 frames/s, 0:05 left, shot 1",
        "reel.mp4: 6 frames (4 now), 1 shot, in 0:02 (2.0 frames/s)",
    ]


def test_bars_are_for_files_and_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=120, highlight=False)
    monkeypatch.setattr(show, "console", console)
    with BarShow(files=2) as bars:
        for event in EVENTS:
            bars(event)
            bars._progress.refresh()
    text = out.getvalue()
    assert "all files" in text
    assert "2/4" in text
    assert "shot 1" in text


def test_json_can_be_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    shown = JsonShow()
    for event in EVENTS:
        shown(event)
    read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert read[0]["warning"] == "A GPU LIES IDLE"
    assert read[-3]["lost"] == ["2 frames missing"]
    assert read[-1] == {
        "event": "failed",
        "source": "torn.mp4",
        "problem": "torn.mp4: is torn",
    }


def test_what_a_file_says_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in printable("\x1b[2Jgone")
    assert printable("[red]") == r"\[red]"
