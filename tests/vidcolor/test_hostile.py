"""Names, tags and targets from hell, through the command line: told, or they work."""

import io
import json
import os
import re
import stat
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from tests.vidcolor.test_cli import Result, Run, run  # noqa: F401 - run is a fixture
from vidcolor import cli
from vidcolor.show import printable

Film = Callable[..., Path]

CONTROLS = re.compile(r"[^\n\x20-\U0010FFFF]|[\x7f-\x9f\u202e\u2028]")
ESCAPE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202e[bold]\r\n:smile:"
WILD = {
    "spaces": "a film of  1926 ",
    "quotes": "a 'film' \"of\" `1926` $HOME; rm -rf ~",
    "newline": "a film\nof 1926",
    "escape": "a film\x1b[31m\x07",
    "dash": "-rf",
    "address": "http:film",
    "markup": "[bold]film[red] :smile:",
    "percent": "film%03d",
    "latin-1": os.fsdecode(b"f\xfclm \xff"),
    "long": "x" * 251,
}


@pytest.fixture
def clip(film: Film) -> Path:
    return film([np.full((48, 64), 20 * n, np.uint8) for n in range(4)])


def named(path: Path, name: str) -> Path:
    """Give a file another name, and go where it is; return the name alone."""
    try:
        path = path.rename(path.with_name(name + path.suffix))
    except OSError as error:
        pytest.skip(f"this file system takes no such name: {error}")
    os.chdir(path.parent)
    return Path(path.name)


def check_plain(result: Result) -> None:
    assert not CONTROLS.search(result.err)
    assert "Traceback" not in result.err


@pytest.mark.parametrize("kind", WILD)
def test_a_film_may_have_any_name(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clip.parent)
    source = named(clip, WILD[kind])
    seen = run("info", "--json", "--", source)
    assert seen.code == 0
    check_plain(seen)
    json.loads(seen.out.encode("utf-8"))
    result = run(
        *("colorize", "--model", weights, "--size", 64, "-o", "result.mkv"),
        *("--", source),
    )
    assert (result.code, result.out) == (0, "result.mkv\n")
    check_plain(result)
    assert {path.name for path in clip.parent.iterdir()} == {str(source), "result.mkv"}


@pytest.mark.parametrize("kind", WILD)
def test_a_result_may_have_any_name(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clip.parent)
    target = f"{WILD[kind]}.mkv"
    result = run(
        *("colorize", "--model", weights, "--size", 64, f"--output={target}"), clip
    )
    check_plain(result)
    if len(os.fsencode(target)) > 240:  # there is no room for the work folder's ending
        assert result.code in (0, cli.FAILED)
    else:
        assert result.code == 0
    there = {"film.mkv"} | ({target} if result.code == 0 else set())
    assert {path.name for path in clip.parent.iterdir()} == there


@pytest.mark.parametrize("kind", WILD)
def test_weights_and_sheets_may_have_any_name(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clip.parent)
    name = WILD[kind][:240]
    os.link(weights, f"{name}.safetensors")
    names = f"--model={name}.safetensors", f"--output={name}.png"
    result = run("preview", clip, *names, "--size", 64, "--at", 0)
    assert result.code == 0, result.err
    check_plain(result)
    assert Path(f"{name}.png").stat().st_size > 0


@given(st.text())
@example("\\")
def test_whatever_a_name_is_it_is_printed_as_one_line_of_text(text: str) -> None:
    out = io.StringIO()
    Console(file=out, highlight=False, emoji=False, width=80).print(
        printable(text), soft_wrap=True
    )
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    assert out.getvalue() == f"{shown}\n"


def test_names_that_are_too_long_are_told_in_a_line(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
) -> None:
    endless = clip.with_name("x" * 5000 + ".mkv")
    for arguments in (
        ("info", endless),
        ("preview", endless),
        ("evaluate", endless, endless),
        ("colorize", endless),
        ("colorize", clip, "-o", endless, "--model", weights),
        ("colorize", clip, "--model", endless.with_suffix(".pth")),
        ("preview", clip, "-o", endless.with_suffix(".png"), "--model", weights),
    ):
        result = run(*arguments)
        assert result.code == cli.FAILED
        assert len(result.err.split("\n")) == 2
        check_plain(result)


@pytest.fixture
def tagged(tmp_path: Path) -> Path:
    """A film whose every tag, title, chapter and attachment wants something."""
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w", metadata_errors="surrogateescape") as out:
        out.metadata.update(
            title=ESCAPE,
            comment=os.fsdecode(b"\xff\xfe\xed\xa0\x80"),
            huge="x" * 300_000,
        )
        stream = out.add_stream("ffv1", 25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.metadata.update(title=ESCAPE, language="\x1b[c")
        for name in ("../../evil.txt", "/etc/passwd", "a\x1b[31m", "x" * 5000):
            out.add_attachment(name, "text/plain", b"attached bytes")
        out.set_chapters(
            [
                {
                    "id": 1,
                    "start": 0,
                    "end": 100,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": ESCAPE},
                }
            ]
        )
        for number in range(3):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts = number
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def test_escapes_in_a_film_reach_no_terminal(
    run: Run,  # noqa: F811
    tagged: Path,
    weights: str,
) -> None:
    options = ("--model", weights, "--size", 64)
    for arguments in (
        ("info", tagged),
        ("info", tagged, "--json"),
        ("preview", tagged, *options),
        ("colorize", tagged, *options),
        ("colorize", tagged, *options, "--json", "--overwrite"),
        ("evaluate", tagged, tagged),
    ):
        result = run(*arguments)
        assert result.code == 0, result.err
        check_plain(result)
        assert not CONTROLS.search(result.out)
        if "--json" in arguments:
            for line in result.out.splitlines() if arguments[0] != "info" else []:
                json.loads(line)


def test_json_has_no_half_characters(run: Run, tagged: Path) -> None:  # noqa: F811
    facts = json.loads(run("info", tagged, "--json").out)
    assert facts["metadata"]["title"] == ESCAPE
    json.dumps(facts, ensure_ascii=False).encode("utf-8")  # none is a surrogate


def test_attachments_are_bytes_and_their_names_are_no_paths(
    run: Run,  # noqa: F811
    tagged: Path,
    weights: str,
) -> None:
    before = set(tagged.parent.parent.rglob("*"))
    target = tagged.with_name("film.color.mkv")
    assert run("colorize", tagged, "--model", weights, "--size", 64).code == 0
    assert set(tagged.parent.parent.rglob("*")) - before == {target}
    with av.open(str(target), metadata_errors="surrogateescape") as result:
        kept = [s for s in result.streams if s.type == "attachment"]
        assert [s.metadata["filename"] for s in kept[:2]] == [
            "../../evil.txt",
            "/etc/passwd",
        ]
        assert {bytes(s.data) for s in kept} == {b"attached bytes"}


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
def test_results_are_as_private_as_their_sources(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
) -> None:
    photo = clip.with_name("photo.png")
    cv2.imwrite(str(photo), np.full((30, 40), 90, np.uint8))
    options = ("--model", weights, "--size", 64)
    for mode in (0o600, 0o640, 0o644):
        clip.chmod(mode)
        photo.chmod(mode)
        for command, source, name in (
            ("colorize", clip, "result.mkv"),
            ("colorize", photo, "result.png"),
            ("preview", clip, "sheet.png"),
        ):
            target = clip.with_name(name)
            target.unlink(missing_ok=True)
            result = run(command, source, "-o", target, *options)
            assert result.code == 0, result.err
            assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize("how", ["same", "symlink", "hard link", "other spelling"])
@pytest.mark.parametrize("command", ["colorize", "preview"])
def test_a_film_is_never_its_own_target(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    how: str,
    command: str,
) -> None:
    before = clip.read_bytes()
    target = clip.with_name("link.mkv")
    if how == "symlink":
        target.symlink_to(clip)
    elif how == "hard link":
        os.link(clip, target)
    else:
        target = clip if how == "same" else clip.parent / "x" / ".." / clip.name
        (clip.parent / "x").mkdir()
    there = set(clip.parent.iterdir())
    result = run(
        *(command, clip, "-o", target, "--model", weights, "--size", 64, "--overwrite")
    )
    assert result.code == cli.FAILED
    assert "the film itself" in result.err
    assert clip.read_bytes() == before
    assert set(clip.parent.iterdir()) == there


@pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes of POSIX")
@pytest.mark.parametrize("command", ["colorize", "preview"])
def test_a_device_or_pipe_is_no_target(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    command: str,
) -> None:
    suffix = ".mkv" if command == "colorize" else ".png"
    fifo = clip.with_name(f"fifo{suffix}")
    os.mkfifo(fifo)
    link = clip.with_name(f"null{suffix}")
    link.symlink_to("/dev/null")
    for target in (fifo, link):
        kind = stat.S_IFMT(target.stat().st_mode)
        options = ("--model", weights, "--size", 64, "--overwrite")
        result = run(command, clip, "-o", target, *options)
        assert result.code == cli.FAILED
        assert "is no file" in result.err
        assert stat.S_IFMT(target.stat().st_mode) == kind
    assert link.is_symlink()


@pytest.mark.skipif(sys.platform == "win32", reason="devices and pipes of POSIX")
def test_a_device_or_pipe_is_no_source(
    run: Run,  # noqa: F811
    clip: Path,
) -> None:
    fifo = clip.with_name("fifo.mkv")
    os.mkfifo(fifo)
    for source in (fifo, Path("/dev/zero"), Path("/dev/null")):
        for command in ("info", "colorize", "preview"):
            options = () if command == "info" else ("-o", clip.with_name("x.png"))
            result = run(command, source, *options)
            assert result.code == cli.FAILED
            assert len(result.err.split("\n")) == 2


def test_a_folder_that_is_missing_or_a_file_is_told_before_the_work(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
) -> None:
    for target in (
        clip.parent / "no" / "x.mkv",
        clip / "x.mkv",
        clip.parent / "a\x1b[31m" / "x.mkv",
    ):
        result = run("colorize", clip, "-o", target, "--model", weights)
        assert result.code == cli.FAILED
        assert "there is no folder" in result.err
        check_plain(result)
    assert list(clip.parent.iterdir()) == [clip]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do everything"
)
def test_what_is_not_permitted_is_told_and_nothing_is_left(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
) -> None:
    folder = clip.parent / "locked"
    folder.mkdir(mode=0o555)
    options = ("--model", weights, "--size", 64)
    result = run("colorize", clip, "-o", folder / "x.mkv", *options)
    assert result.code == cli.FAILED
    assert "permission denied" in result.err
    clip.chmod(0)
    assert "permission denied" in run("info", clip).err


@pytest.fixture
def fail(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Make an error happen in the middle of colouring."""

    def plan(error: Exception) -> None:
        def to_chroma(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("vidcolor.planes.to_chroma", to_chroma)

    return plan


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 4 GB"),
        cv2.error("Insufficient memory (Failed to allocate 4 bytes)"),
    ],
)
def test_too_little_memory_is_told_in_a_line(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    fail: Callable[[Exception], None],
    error: Exception,
) -> None:
    fail(error)
    result = run("colorize", clip, "--model", weights, "--size", 64)
    assert result.code == cli.FAILED
    assert "smaller --size" in result.err
    assert not clip.with_name("film.color.mkv").exists()


def test_a_mistake_of_ours_keeps_its_traceback(
    run: Run,  # noqa: F811
    clip: Path,
    weights: str,
    fail: Callable[[Exception], None],
) -> None:
    fail(ZeroDivisionError("a mistake"))
    with pytest.raises(ZeroDivisionError, match="a mistake"):
        run("colorize", clip, "--model", weights, "--size", 64)


def test_wrong_usage_is_told_without_escapes(run: Run, clip: Path) -> None:  # noqa: F811
    evil = "evil\x1b[31m\x07"
    for arguments in (
        ("info", clip, evil),
        (evil,),
        ("colorize", clip, f"--{evil}"),
        ("colorize", clip, "--device", evil),
        ("colorize", clip, "--start", evil),
        ("colorize", clip, "--model", evil),
        ("colorize", clip, "-x", evil),
        ("colorize", clip, "--codec", evil),
        ("models", "check", evil),
    ):
        result = run(*arguments)
        assert result.code in (cli.FAILED, cli.WRONG_USAGE)
        check_plain(result)
