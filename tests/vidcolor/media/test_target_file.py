"""How a film comes to its name: safely, as private as its source, over nothing."""

import os
import stat
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vidcolor.errors import WriteError
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.target_file import check_target
from vidcolor.media.writer import Writer

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]


def plan(source: Path, name: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / name, **wishes)


def test_a_film_is_on_the_disk_before_it_has_its_name(
    make_film: Make, color: Color, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[str, bool]] = []
    source = make_film()
    made = plan(source)

    def seen(path: Path) -> None:
        synced.append((path.name, made.path.exists()))

    monkeypatch.setattr("vidcolor.media.writer.sync", seen)
    monkeypatch.setattr("vidcolor.media.writer.sync_folder", seen)
    color(made, source)
    assert synced == [("joined", False), (source.parent.name, True)]


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX has them")
@pytest.mark.parametrize(
    ("mode", "wanted"), [(0o640, 0o640), (0o444, 0o644), (0o755, 0o644)]
)
def test_a_film_is_as_private_as_its_source(
    make_film: Make, color: Color, mode: int, wanted: int
) -> None:
    source = make_film()
    source.chmod(mode)
    made = plan(source)
    color(made, source)
    assert stat.S_IMODE(made.path.stat().st_mode) == wanted


def test_targets_that_are_something_else_are_left_alone(tmp_path: Path) -> None:
    source = tmp_path / "film.mkv"
    source.touch()
    (tmp_path / "same.mkv").hardlink_to(source)
    (tmp_path / "folder.mkv").mkdir()
    (tmp_path / "dangling.mkv").symlink_to(tmp_path / "nowhere.mkv")
    os.mkfifo(tmp_path / "pipe.mkv")
    (tmp_path / "deep").mkdir()
    (tmp_path / "made.mkv").touch()
    spared = {(tmp_path / "made.mkv").resolve()}
    for name, overwrite, words in (
        ("same.mkv", True, "the film itself"),
        ("folder.mkv", True, "is a folder"),
        ("pipe.mkv", True, "a pipe or a device"),
        ("dangling.mkv", False, "is there already"),
        ("deep/../made.mkv", True, "what another film became"),
    ):
        with pytest.raises(WriteError, match=words):
            check_target(source, tmp_path / name, overwrite=overwrite, spared=spared)


def test_a_target_that_appears_during_the_work_is_left_alone(make_film: Make) -> None:
    source = make_film()
    made = plan(source)

    def work() -> None:
        reader = Reader(source)
        with Writer(made, reader.info) as writer:
            for frame in reader.frames():
                grey = np.full(made.yuv.chroma_shape(*frame.luma.shape), 128, np.uint8)
                writer.write(frame, grey, grey)
            made.path.write_text("precious")

    with pytest.raises(WriteError, match="is there already"):
        work()
    assert made.path.read_text() == "precious"


def test_a_target_that_appears_before_the_work_is_told_before_it(
    make_film: Make,
) -> None:
    source = make_film()
    made = plan(source)
    made.path.write_text("precious")
    with pytest.raises(WriteError, match="is there already"):
        Writer(made, Reader(source).info).__enter__()


@pytest.mark.skipif(os.name != "posix", reason="names of 255 bytes as POSIX has them")
@pytest.mark.parametrize("length", [250, 260])  # too long for the work, and at all
def test_a_name_that_is_too_long_says_what_to_do(
    make_film: Make, color: Color, length: int
) -> None:
    source = make_film(times=(0, 40))
    with pytest.raises(WriteError, match="name is too long; choose a shorter one"):
        color(plan(source, "a" * (length - 4) + ".mkv"), source)
    assert [*source.parent.iterdir()] == [source]
