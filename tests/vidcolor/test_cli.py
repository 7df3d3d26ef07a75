"""The command line as users and scripts meet it: words, streams, exit codes."""

import gc
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from vidcolor import cli
from vidcolor.cli.interrupt import Interrupted
from vidcolor.errors import WriteError
from vidcolor.media.reader import Reader
from vidcolor.media.target_plan import Plan
from vidcolor.media.verification.verify import Verification, verify

Film = Callable[..., Path]
Run = Callable[..., "Result"]


class Result:
    """What a run of the command left: exit code and both streams."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `vidcolor ARGUMENTS` in this process."""

    def call(*arguments: object) -> Result:
        monkeypatch.setattr(sys, "argv", ["vidcolor", *map(str, arguments)])
        before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
        with pytest.raises(SystemExit) as exited:
            cli.main()
        for number, handler in before.items():
            signal.signal(number, handler)
        gc.unfreeze()  # the command's end is the process's: ours goes on
        code = exited.value.code
        assert isinstance(code, int)
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return call


@pytest.fixture
def clip(film: Film) -> Path:
    """Ten frames of a ball on a ramp."""
    planes = []
    for step in range(10):
        plane = np.tile(np.linspace(30, 200, 96, dtype=np.uint8), (64, 1))
        cv2.circle(plane, (20 + 4 * step, 32), 9, 230, -1)
        planes.append(plane)
    return film(planes)


@pytest.fixture
def cut(film: Film) -> Path:
    """A film that breaks off."""
    rng = np.random.default_rng(0)
    path = film(rng.integers(0, 255, (60, 32, 32), np.uint8), "cut.mkv")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 3])
    return path


@pytest.mark.parametrize("command", ["--help", "models list", "info FILM"])
def test_what_colours_nothing_needs_no_torch(command: str, clip: Path) -> None:
    words = command.replace("FILM", str(clip)).split()
    code = (
        "import sys; from vidcolor.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code\n"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], stdout=subprocess.PIPE)
    assert (bool(done.stdout), done.returncode) == (True, 0)


def test_a_film_is_coloured_and_its_name_is_the_answer(
    run: Run, clip: Path, weights: str
) -> None:
    result = run("colorize", clip, "--model", weights, "--size", 64)
    target = clip.with_name("film.color.mkv")
    assert (result.code, result.out) == (0, f"{target}\n")
    assert target.exists()
    assert "10 frames" in result.err


def test_a_part_starts_at_its_start_and_stops_before_its_end(
    run: Run, clip: Path, weights: str
) -> None:
    target = clip.with_name("part.mkv")
    run(
        *("colorize", clip, "-o", target, "--model", weights, "--size", 64),
        *("--start", "0.08", "--end", "0.2", "--codec", "ffv1"),
    )
    with Reader(clip) as whole, Reader(target) as part:
        expected = [frame.luma.copy() for frame in whole.frames()][2:5]
        found = [(frame.seconds, frame.luma.copy()) for frame in part.frames()]
    assert [seconds for seconds, _ in found] == [0, Fraction(1, 25), Fraction(2, 25)]
    for before, (_, after) in zip(expected, found, strict=True):
        np.testing.assert_array_equal(before, after)


def test_json_is_an_object_a_line_and_ends_with_the_account(
    run: Run, clip: Path, weights: str
) -> None:
    result = run("colorize", clip, "--model", weights, "--size", 64, "--json")
    events = [json.loads(line) for line in result.out.splitlines()]
    assert [e["event"] for e in events] == ["started", *["progressed"] * 10, "finished"]
    assert events[-1]["frames"] == 10
    assert events[-1]["lost"] == []
    assert events[-1]["encoder"] == "ffv1"  # as the source's
    assert result.err == ""


def test_vividness_is_in_the_account(run: Run, clip: Path, weights: str) -> None:
    options = ("--model", weights, "--size", 64, "--vividness", "0.5", "--json")
    account = json.loads(run("colorize", clip, *options).out.splitlines()[-1])
    assert account["settings"]["vividness"] == 0.5


def test_verify_tells_what_is_equal(run: Run, clip: Path, weights: str) -> None:
    result = run("colorize", clip, "--model", weights, "--size", 64, "--verify")
    assert result.code == 0
    assert "10 frames compared: luma is equal bit for bit in all" in result.err


def test_verify_tells_programs_in_the_account(
    run: Run, clip: Path, weights: str
) -> None:
    options = ("--model", weights, "--size", 64, "--verify", "--json")
    events = [json.loads(x) for x in run("colorize", clip, *options).out.splitlines()]
    seen = [event for event in events if event["event"] == "verifying"]
    assert [(event["frames"], event["of"]) for event in seen] == [
        (number, 10) for number in range(1, 11)
    ]
    found = events[-1]["verification"]
    assert (found["faults"], found["lossless"]) == ([], True)
    assert (found["pictures"]["frames"], found["pictures"]["psnr"]) == (10, None)


def spoil(source: Path, plan: Plan, *more: Any) -> Verification:
    """Verify a result that was damaged before."""
    data = bytearray(plan.path.read_bytes())
    data[len(data) // 2] ^= 255
    plan.path.write_bytes(data)
    return verify(source, plan, *more)


def test_a_result_that_is_not_as_planned_is_kept_and_told(
    run: Run, clip: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidcolor.coloring.verify_result", spoil)
    target = clip.with_name("film.color.mkv")
    result = run("colorize", clip, "--model", weights, "--size", 64, "--verify", "-q")
    assert (result.code, result.out) == (cli.FAILED, f"{target}\n")
    assert result.err.startswith(f"error: {target} is kept, but is not as planned: ")
    assert target.exists()


@pytest.mark.parametrize("spoiled", [False, True])
def test_a_film_that_is_done_is_verified_all_the_same(
    run: Run,
    clip: Path,
    weights: str,
    monkeypatch: pytest.MonkeyPatch,
    spoiled: bool,
) -> None:
    command = ("colorize", clip, "--model", weights, "--size", 64, "--resume")
    assert run(*command).code == 0
    with monkeypatch.context() as patch:
        if spoiled:
            patch.setattr("vidcolor.coloring.verify_result", spoil)
        result = run(*command, "--verify")
    assert "is done already" in result.err
    assert "10 frames compared" in result.err
    assert ("is kept, but is not as planned" in result.err) is spoiled
    assert result.code == (cli.FAILED if spoiled else 0)
    *_, told = map(json.loads, run(*command, "--verify", "--json").out.splitlines())
    assert told["event"] == "skipped"
    assert bool(told["verification"]["faults"]) is spoiled


def test_who_stops_the_verification_is_told_that_the_film_is_done(
    run: Run, clip: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise Interrupted

    monkeypatch.setattr("vidcolor.coloring.verify_result", stop)
    monkeypatch.setattr(os, "_exit", sys.exit)
    command = ("colorize", clip, "--model", weights, "--size", 64, "--verify")
    result = run(*command)
    target = clip.with_name("film.color.mkv")
    assert result.code == cli.INTERRUPTED
    assert f"{target} is done; it was not verified" in result.err
    assert target.exists()


def test_what_stdout_has_no_characters_for_is_no_end(clip: Path) -> None:
    name = clip.rename(clip.with_name("\N{GREEK SMALL LETTER BETA}.mkv"))
    done = subprocess.run(
        [sys.executable, "-m", "vidcolor", "info", name],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "?.mkv" in done.stdout
    assert not done.stderr


def test_quiet_says_nothing(run: Run, clip: Path, weights: str) -> None:
    result = run("colorize", clip, "--model", weights, "--size", 64, "--quiet")
    assert result.code == 0
    assert result.err == ""


def test_an_existing_target_is_kept(run: Run, clip: Path, weights: str) -> None:
    target = clip.with_name("precious.mkv")
    target.write_bytes(b"precious")
    command = ("colorize", clip, "-o", target, "--model", weights, "--size", 64)
    result = run(*command)
    assert result.code == cli.FAILED
    assert "--overwrite" in result.err
    assert target.read_bytes() == b"precious"
    assert run(*command, "--overwrite").code == 0
    assert target.read_bytes() != b"precious"


def test_a_film_never_overwrites_itself(run: Run, clip: Path, weights: str) -> None:
    before = clip.read_bytes()
    result = run("colorize", clip, "-o", clip, "--model", weights, "--overwrite")
    assert result.code == cli.FAILED
    assert clip.read_bytes() == before


def test_in_a_folder_each_file_fails_on_its_own(
    run: Run, clip: Path, weights: str
) -> None:
    (clip.parent / "a_text.mp4").write_text("no film")
    cv2.imwrite(str(clip.parent / "photo.png"), np.full((40, 50), 90, np.uint8))
    out = clip.parent / "out"
    result = run("colorize", clip.parent, "-o", out, "--model", weights, "--size", 64)
    assert result.code == cli.FAILED
    assert "a_text.mp4" in result.err
    assert sorted(p.name for p in out.iterdir()) == ["film.mkv", "photo.png"]


def test_a_command_is_repeated_until_all_is_done(
    run: Run, clip: Path, weights: str
) -> None:
    other, out = clip.with_name("other.mkv"), clip.parent / "out"
    other.write_text("not yet a film")
    command = ["colorize", clip, other, "-o", out, "--model", weights, "--size", 64]
    command += ["--resume"]
    assert run(*command).code == cli.FAILED
    made = (out / clip.name).read_bytes()
    other.write_bytes(clip.read_bytes())
    result = run(*command)
    assert result.code == 0
    assert f"{out / clip.name} is done already\n" in result.err
    assert result.out.splitlines() == [str(out / clip.name), str(out / other.name)]
    *_, last = map(json.loads, run(*command, "--json").out.splitlines())
    assert last == {
        "event": "skipped",
        "source": str(other),
        "target": str(out / other.name),
        "verification": None,
    }
    assert (out / clip.name).read_bytes() == made


def test_a_film_that_was_there_is_not_taken_for_done(
    run: Run, clip: Path, weights: str
) -> None:
    out = clip.parent / "out"
    out.mkdir()
    (out / clip.name).write_bytes(clip.read_bytes())
    result = run("colorize", clip, "-o", out, "--model", weights, "--resume")
    assert result.code == cli.FAILED
    assert "is there already" in result.err
    assert (out / clip.name).read_bytes() == clip.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["colorize"], cli.WRONG_USAGE, "SOURCE"),
        (["dance"], cli.WRONG_USAGE, "dance"),
        (["colorize", "x.mp4", "--smooth", "-1"], cli.WRONG_USAGE, "--smooth"),
        (["colorize", "x.mp4", "--vividness", "4"], cli.WRONG_USAGE, "--vividness"),
        (["colorize", "x.mp4", "--vividness", "nan"], cli.WRONG_USAGE, "--vividness"),
        (["preview", "x.mp4", "--vividness", "-1"], cli.WRONG_USAGE, "--vividness"),
        (["colorize", "nowhere.mp4"], cli.FAILED, "nowhere.mp4"),
        (["colorize", "x.mp4", "--start", "soon"], cli.WRONG_USAGE, "soon"),
        (
            ["colorize", "x.mp4", "--start", "2", "--end", "1"],
            cli.WRONG_USAGE,
            "--start",
        ),
        (["colorize", "x.mp4", "-x", "qp"], cli.WRONG_USAGE, "KEY=VALUE"),
        (["info", "nowhere.mp4"], cli.FAILED, "nowhere.mp4"),
        (["evaluate", "x.mp4"], cli.WRONG_USAGE, "RESULT"),
        (["evaluate", "nowhere.mp4", "x.mp4"], cli.FAILED, "nowhere.mp4"),
        (["evaluate", "x.mp4", "y.mp4", "--plot", "z.jpg"], cli.FAILED, "z.jpg"),
        (["models", "fetch", "nobody"], cli.FAILED, "nobody"),
    ],
)
def test_mistakes_are_told_in_words(
    run: Run, arguments: list[str], code: int, word: str
) -> None:
    result = run(*arguments)
    assert result.code == code
    assert word in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("device", "code"), [("xpu", cli.WRONG_USAGE), ("cuda:99", cli.FAILED)]
)
def test_a_device_that_is_not_there_is_told(
    run: Run, clip: Path, device: str, code: int
) -> None:
    result = run("colorize", clip, "--device", device)
    assert (result.code, "Traceback" in result.err) == (code, False)
    assert device.partition(":")[0] in result.err


def test_an_unknown_model_is_told_with_those_there_are(run: Run, clip: Path) -> None:
    result = run("colorize", clip, "--model", "nobody")
    assert result.code == cli.FAILED
    assert "film" in result.err


def test_escapes_in_names_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    name = tmp_path / "evil\x1b[31m[bold].mp4"
    name.write_text("no film")
    result = run("info", name)
    assert result.code == cli.FAILED
    assert "\x1b" not in result.err
    assert "[bold]" in result.err


def test_a_damaged_film_is_done_and_said(run: Run, cut: Path, weights: str) -> None:
    result = run("colorize", cut, "--model", weights, "--size", 64)
    assert result.code == cli.DAMAGED
    assert "damaged: " in result.err
    assert "cut.mkv" in result.err
    assert cut.with_name("cut.color.mkv").exists()


def test_info_is_json_and_says_that_grey_is_grey(run: Run, clip: Path) -> None:
    facts = json.loads(run("info", clip, "--json").out)
    assert facts["frames"] == 10
    assert facts["color"] == "black and white"
    assert len(facts["shots"]) == 1
    assert facts["target"].endswith("film.color.mkv")


def test_info_is_a_table_for_people(run: Run, clip: Path) -> None:
    assert "ffv1 96x64" in run("info", clip).out


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(25)])
def test_from_the_time_that_info_tells_a_shot_is_whole(
    run: Run, tmp_path: Path, rate: Fraction
) -> None:
    film, lengths = tmp_path / "film.mp4", (10, 18, 12)
    random, number = np.random.default_rng(1), 0
    with av.open(str(film), "w") as out:
        stream = out.add_stream("libx264", rate)
        stream.width, stream.height, stream.pix_fmt = 96, 72, "yuv420p"
        for length in lengths:
            coarse = random.integers(20, 235, (6, 8), np.uint8)
            picture = np.kron(coarse, np.ones((12, 12), np.uint8))
            for _ in range(length):
                frame = av.VideoFrame.from_ndarray(picture, "gray")
                frame.pts, frame.time_base = number, 1 / rate
                number += 1
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    told = run("info", film).out
    shots = re.findall(r"^(?: shots)? +([\d.]+)  [\d.]+  (\d+) *$", told, re.MULTILINE)
    assert [int(frames) for _, frames in shots] == list(lengths)
    for number, (start, _) in enumerate(shots):
        frames = list(Reader(film).frames(Fraction(start)))
        assert len(frames) == sum(lengths[number:])


def test_preview_draws_a_sheet(run: Run, clip: Path, weights: str) -> None:
    result = run("preview", clip, "--model", weights, "--size", 64, "--count", 3)
    sheet = cv2.imread(result.out.strip())
    assert sheet is not None
    assert sheet.shape[1] > sheet.shape[0]


def test_preview_shows_confidence_as_a_third_picture(
    run: Run, clip: Path, weights: str
) -> None:
    options = ("--model", weights, "--size", 64, "--at", "0.2")
    heights = []
    for more in ((), ("--confidence",)):
        sheet = cv2.imread(run("preview", clip, *options, *more).out.strip())
        assert sheet is not None
        heights.append(sheet.shape[0])
    shown = 640 * 64 // 96  # a picture's height on a sheet of one
    assert shown < heights[1] - heights[0] < 1.2 * shown


def test_the_terminal_shows_confidence_too(run: Run, clip: Path, weights: str) -> None:
    options = ("--at", "0.2", "--terminal", "--model", weights, "--size", 64)
    plain = run("preview", clip, *options).out
    more = run("preview", clip, *options, "--confidence").out
    assert "unsure" in more
    assert "unsure" not in plain


def test_a_sample_has_no_confidence(run: Run, clip: Path) -> None:
    result = run("preview", clip, "--sample", "0.2", "--confidence")
    assert result.code == cli.WRONG_USAGE
    assert "--sample" in result.err
    assert list(clip.parent.iterdir()) == [clip]


@pytest.mark.parametrize("output", [None, "out"])
@pytest.mark.parametrize("again", ["--overwrite", "--resume", "--quiet"])
def test_no_source_of_a_run_replaces_what_another_became(
    run: Run, clip: Path, weights: str, output: str | None, again: str
) -> None:
    folder = clip.parent
    shutil.copy(clip, folder / "film.wmv")  # which is written as .mkv, too
    there = [] if output is None else ["-o", folder / output]
    command = ("colorize", folder, *there, again, "--model", weights, "--size", 64)
    result = run(*command, "--end", "0.1")
    name = "film.color.mkv" if output is None else "out/film.mkv"
    assert (result.code, result.out) == (cli.FAILED, f"{folder / name}\n")
    assert f"{name}: is what another film became" in result.err
    assert "film.wmv" in result.err
    with Reader(folder / name) as coloured:
        assert coloured.info.frame_count == 3


def test_a_path_spelled_in_another_way_is_the_same_result(
    run: Run, clip: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(clip, clip.with_name("film.wmv"))
    monkeypatch.chdir(clip.parent)
    options = ("--overwrite", "--model", weights, "--size", 64, "--end", "0.1")
    result = run("colorize", clip, "film.wmv", *options)
    assert result.code == cli.FAILED
    assert "is what another film became" in result.err


def test_results_inside_of_their_sources_folder_stay_what_they_are(
    run: Run, clip: Path, weights: str
) -> None:
    out = clip.parent / "coloured"
    command = ("colorize", clip.parent, "-o", out, "--model", weights, "--size", 64)
    for _ in range(2):
        assert run(*command, "--resume").code == 0
    assert [p.name for p in out.iterdir()] == ["film.mkv"]


@pytest.mark.parametrize("show", [[], ["--json"]])
def test_films_are_coloured_even_if_nobody_can_be_told(
    run: Run,
    clip: Path,
    weights: str,
    show: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copy(clip, clip.with_name("other.mkv"))
    command = ("colorize", clip.parent, "--model", weights, "--size", 64, *show)
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        result = run(*command)
    assert result.code == cli.FAILED
    assert result.err.count("stdout: ") == 1
    assert "Traceback" not in result.err
    assert clip.with_name("other.color.mkv").exists()
    monkeypatch.setattr(sys, "stdout", None)  # closed
    assert run(*command, "--overwrite").code == 0


def test_info_of_a_damaged_film_says_so_in_its_exit_code(run: Run, cut: Path) -> None:
    result = run("info", cut, "--json")
    assert result.code == cli.DAMAGED
    assert json.loads(result.out)["lost"]


def test_a_sheet_is_told_to_programs(run: Run, clip: Path, weights: str) -> None:
    options = ("--model", weights, "--count", 1)
    told = json.loads(run("preview", clip, "--json", *options).out)
    sheet = clip.with_name("film.preview.png")
    assert told == {"source": str(clip), "target": str(sheet), "lost": []}
    assert sheet.exists()
    result = run("preview", clip, "--json", "--terminal", *options)
    assert result.code == cli.WRONG_USAGE


def test_a_source_of_the_run_is_no_target(run: Run, clip: Path, weights: str) -> None:
    other = clip.with_name("film.flv")
    other.write_bytes(clip.read_bytes())  # it becomes film.mkv
    before = clip.read_bytes()
    options = ("--model", weights, "--size", 64, "--overwrite", "-o", clip.parent)
    result = run("colorize", other, clip, *options)
    assert result.code == cli.FAILED
    assert "another film of this run" in result.err
    assert clip.read_bytes() == before


def test_links_in_circles_are_told(run: Run, clip: Path, weights: str) -> None:
    loop = clip.with_name("loop.mkv")
    loop.symlink_to(loop)
    result = run("colorize", clip, "-o", loop, "--model", weights, "--overwrite")
    assert result.code == cli.FAILED
    assert "loop.mkv" in result.err


@pytest.mark.parametrize("sample", [[], ["--sample", "0.4", "--at", "0.6"]])
def test_a_preview_of_a_damaged_film_says_so(
    run: Run, cut: Path, weights: str, sample: list[str]
) -> None:
    options = ("--model", weights, "--size", 64, *sample)
    result = run("preview", cut, *options)
    assert result.code == cli.DAMAGED
    assert "damaged: " in result.err
    assert Path(result.out.strip()).exists()
    told = run("preview", cut, "--overwrite", "--json", *options)
    assert told.code == cli.DAMAGED
    assert json.loads(told.out.splitlines()[-1])["lost"]


@pytest.mark.parametrize("name", ["film.wmv", "film.gif", "Part.01", "film.webm"])
def test_a_sample_is_named_as_a_film_can_be(
    run: Run, clip: Path, weights: str, name: str
) -> None:
    source = clip.rename(clip.with_name(name))
    options = ("--model", weights, "--size", 64, "--sample", "0.2")
    result = run("preview", source, *options)
    stem = name if name == "Part.01" else "film"
    assert result.code == 0
    assert Path(result.out.strip()) == clip.with_name(f"{stem}.sample.mkv")


def test_programs_are_told_of_a_sample_that_fails(
    run: Run, clip: Path, weights: str
) -> None:
    clip.write_bytes(b"no film")
    options = ("--model", weights, "--sample", "0.2", "--json")
    result = run("preview", clip, *options)
    (failed,) = [json.loads(line) for line in result.out.splitlines()]
    assert (result.code, failed["event"]) == (cli.FAILED, "failed")


@pytest.mark.parametrize(
    "options",
    [
        ("--count", 3, "--at", "0.1"),
        ("--count", 3, "--sample", "0.2"),
        ("--sample", "0.2", "--at", "0", "--at", "0.1"),
    ],
)
def test_options_of_a_preview_that_say_nothing_are_wrong(
    run: Run, clip: Path, weights: str, options: tuple[object, ...]
) -> None:
    result = run("preview", clip, "--model", weights, *options)
    assert result.code == cli.WRONG_USAGE


@pytest.mark.parametrize(
    "options",
    [("--start", "1"), ("--end", "1"), ("--codec", "ffv1"), ("-x", "g=1")],
)
def test_what_is_for_films_is_wrong_of_photos_alone(
    run: Run, clip: Path, weights: str, options: tuple[object, ...]
) -> None:
    photo = clip.with_name("a.png")
    cv2.imwrite(str(photo), np.full((64, 64), 90, np.uint8))
    result = run("colorize", photo, "--model", weights, *options)
    assert result.code == cli.WRONG_USAGE
    assert "is a photo" in result.err
    both = run("colorize", photo, clip, "--model", weights, "--size", 64, "-x", "g=1")
    assert both.code == 0


def test_figures_come_before_a_plot_that_cannot_be_written(
    run: Run, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise WriteError(Path("p.png"), "no space left")

    monkeypatch.setattr("vidcolor.stills.write_still", full)
    plot = clip.with_name("p.png")
    result = run("evaluate", clip, clip, "--plot", plot, "--json")
    assert result.code == cli.FAILED
    assert json.loads(result.out)["total"]["frames"] == 10


def test_preview_shows_a_moment_in_the_terminal(
    run: Run, clip: Path, weights: str
) -> None:
    options = ("--at", "0.2", "--terminal", "--model", weights, "--size", 64)
    result = run("preview", clip, *options)
    assert result.code == 0
    assert "0:00:00.2" in result.out
    assert "\N{UPPER HALF BLOCK}" in result.out


def test_a_sample_is_a_film_with_a_curtain(run: Run, clip: Path, weights: str) -> None:
    options = ("--sample", "0.2", "--model", weights, "--size", 64)
    result = run("preview", clip, *options)
    with Reader(Path(result.out.strip())) as reader:
        assert len(list(reader.frames())) == 5


def test_evaluate_is_a_line_a_shot_and_one_for_all(run: Run, clip: Path) -> None:
    result = run("evaluate", clip, clip)
    assert result.code == 0
    lines = [line.split() for line in result.out.splitlines()]
    (shot,) = (line for line in lines if line[:3] == ["1,", "at", "0:00"])
    (total,) = (line for line in lines if line[:1] == ["all"])
    assert shot[3:] == total[1:]
    assert total[1:4] == ["10", "equal", "1.0000"]


def test_evaluate_is_json_for_programs(run: Run, clip: Path) -> None:
    result = run("evaluate", clip, clip, "--json")
    found = json.loads(result.out)
    assert (found["truth"], found["result"]) == (str(clip), str(clip))
    assert found["total"]["frames"] == found["shots"][0]["frames"] == 10
    assert found["total"]["warp"]["ab"]["excess"] == 0
    assert result.err == ""


def test_evaluate_draws_what_it_measured(run: Run, clip: Path) -> None:
    picture = clip.with_name("curves.png")
    command = ("evaluate", clip, clip, "--plot", picture)
    assert run(*command).code == 0
    assert cv2.imread(str(picture)) is not None
    assert "--overwrite" in run(*command).err
    assert run(*command, "--overwrite").code == 0


def test_evaluate_never_draws_over_what_it_measures(run: Run, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), np.full((40, 50), 90, np.uint8))
    before = photo.read_bytes()
    result = run("evaluate", photo, photo, "--plot", photo, "--overwrite")
    assert result.code == cli.FAILED
    assert photo.read_bytes() == before


def test_evaluate_says_that_a_film_is_damaged(run: Run, cut: Path) -> None:
    result = run("evaluate", cut, cut, "--json")
    assert result.code == cli.DAMAGED
    assert "damaged: " in result.err
    assert "cut.mkv" in json.loads(result.out)["lost"][0]


def test_models_are_listed(run: Run) -> None:
    out = run("models").out
    assert all(name in out for name in ("film", "eccv16", "siggraph17", "default"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(
    film: Film, weights: str, number: int
) -> None:
    rng = np.random.default_rng(0)
    source = film(rng.integers(0, 255, (200, 256, 256), np.uint8))
    job = subprocess.Popen(
        [sys.executable, "-m", "vidcolor", "colorize", source, "--model", weights],
        stderr=subprocess.PIPE,
    )
    while len(list(source.parent.iterdir())) == 1:  # until its temporary is there
        assert job.poll() is None
        time.sleep(0.05)
    job.send_signal(number)
    _, err = job.communicate(timeout=60)
    assert job.returncode == cli.INTERRUPTED
    assert b"Traceback" not in err
    assert [p.name for p in source.parent.iterdir()] == ["film.mkv"]


def test_whoever_is_stopped_again_while_that_is_told_ends_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise Interrupted

    module = sys.modules["vidcolor.cli.app"]
    monkeypatch.setattr(module, "app", stop)
    monkeypatch.setattr(module, "notes", stop)
    for name in ("catch", "end"):  # the signals are the tests' own
        monkeypatch.setattr(module.interrupts, name, lambda: None)
    monkeypatch.setattr(os, "_exit", sys.exit)  # or the tests would end, too
    with pytest.raises(SystemExit) as error:
        module.main()
    assert error.value.code == cli.INTERRUPTED


@pytest.mark.parametrize(
    "arguments",
    [("colorize", ""), ("colorize", "a.mp4", "-o", ""), ("info", ""),
     ("colorize", "a.mp4", "--output="), ("evaluate", "a.mp4", "")],
)  # fmt: skip
def test_an_empty_name_is_not_the_folder_one_is_in(
    run: Run, clip: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(clip.parent)
    shutil.copy(clip, "a.mp4")
    before = sorted(Path().iterdir())
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: there is nothing in ")
    assert len(result.err.splitlines()) == 1
    assert sorted(Path().iterdir()) == before
