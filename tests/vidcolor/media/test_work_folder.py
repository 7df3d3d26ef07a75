import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from av.packet import Packet
from filelock import FileLock
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vidcolor.errors import WriteError
from vidcolor.media.segment import SegmentFile
from vidcolor.media.work_folder import WorkFolder

JOB = {"film": "one", "--size": "64"}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder / "film.mkv"


def begin(target: Path, **wishes: bool) -> WorkFolder:
    work = WorkFolder(target)
    work.open(JOB, **{"resume": False, "overwrite": False} | wishes)
    return work


def keep(work: WorkFolder, frames: int = 10, memory: bytes = b"") -> None:
    file = SegmentFile(work.part)
    packet: Packet = Packet(b"some of the film")  # type: ignore[type-arg]
    packet.pts = work.frames
    file.add(packet)
    work.keep(file, frames=frames, shots=1, shot=work.frames, memory=memory)


def stopped(target: Path, segments: int) -> Path:
    """Leave a folder as a job does that is stopped after so many segments."""
    work = begin(target)
    for _ in range(segments):
        keep(work)
    work.close(KeyboardInterrupt())
    return work.path


@pytest.fixture
def left(target: Path) -> Path:
    return stopped(target, segments=3)


def test_what_is_kept_is_there_the_next_time(target: Path, left: Path) -> None:
    work = begin(target, resume=True)
    assert work.frames == 30
    assert [segment.number for segment in work.segments] == [1, 2, 3]
    assert all(work.file(segment).exists() for segment in work.segments)
    if os.name == "posix":
        assert stat.S_IMODE(left.stat().st_mode) == 0o700
    work.close(None)
    assert list(target.parent.iterdir()) == []


def test_an_error_is_told_what_is_kept(target: Path) -> None:
    work, error = begin(target), RuntimeError()
    keep(work)
    work.close(error)
    (note,) = error.__notes__
    assert "10 frames" in note
    assert str(work.path) in note
    assert "--resume" in note


def test_where_nothing_is_kept_nothing_stays(target: Path) -> None:
    error = RuntimeError()
    work = begin(target)
    work.part.write_bytes(b"half a segment")
    work.joined.write_bytes(b"half a film")
    work.close(error)
    assert list(target.parent.iterdir()) == []
    assert not hasattr(error, "__notes__")


def test_a_job_without_a_name_keeps_nothing(target: Path) -> None:
    work = WorkFolder(target)
    work.open({}, resume=False, overwrite=False)
    keep(work)
    work.close(RuntimeError())
    assert list(target.parent.iterdir()) == []


def test_half_a_segment_goes(target: Path, left: Path) -> None:
    (left / "segment.part").write_bytes(b"half a segment")
    (left / "000004.packets").write_bytes(b"a segment that is not listed")
    (left / "joined").write_bytes(b"half a film")
    work = begin(target, resume=True)
    assert {path.name for path in left.iterdir()} == {
        *("lock", "manifest.jsonl"),
        *("000001.packets", "000002.packets", "000003.packets"),
    }
    work.close(None)


def test_finished_work_is_neither_lost_nor_taken_over_unasked(
    target: Path, left: Path
) -> None:
    with pytest.raises(WriteError, match=r"30 frames.*--resume.*--overwrite"):
        begin(target)
    work = begin(target, overwrite=True)
    assert work.frames == 0
    assert {path.name for path in left.iterdir()} == {"lock", "manifest.jsonl"}
    work.close(None)


def test_unfinished_work_is_replaced_without_a_word(target: Path) -> None:
    work = begin(target)
    # As a process that is killed leaves it.
    work._lock.release()
    work.part.write_bytes(b"half a segment")
    again = begin(target)
    assert not again.part.exists()
    again.close(None)


@pytest.mark.parametrize("name", ["--size", "film"])
def test_work_that_does_not_fit_is_refused_and_kept(
    target: Path, left: Path, name: str
) -> None:
    before = {path: path.read_bytes() for path in left.iterdir()}
    with pytest.raises(WriteError, match=rf"{name}.*--overwrite"):
        WorkFolder(target).open({**JOB, name: "other"}, resume=True, overwrite=True)
    assert {path: path.read_bytes() for path in left.iterdir()} == before


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cut=st.integers(1, 1000), garbage=st.binary(max_size=5))
def test_a_torn_line_is_as_if_it_had_not_been_written(
    target: Path, cut: int, garbage: bytes
) -> None:
    left = stopped(target, segments=3)
    manifest = left / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    torn = b"".join(lines)[:-cut]
    whole = next(n for n in range(4, -1, -1) if torn.startswith(b"".join(lines[:n])))
    manifest.write_bytes(torn + garbage.replace(b"\n", b""))
    work = begin(target, resume=True)
    assert len(work.segments) == max(0, whole - 1)
    keep(work)
    work.close(RuntimeError())
    work = begin(target, resume=True)
    assert len(work.segments) == max(0, whole - 1) + 1
    work.close(None)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(line=st.integers(0, 3), place=st.integers(0, 40), junk=st.binary(max_size=40))
@example(line=1, place=0, junk=b"5\n")
@example(line=1, place=0, junk=b'{"number": 3}\n')
@example(line=0, place=0, junk=b"[1]\n")
def test_a_damaged_manifest_lists_what_is_before_the_damage(
    target: Path, line: int, place: int, junk: bytes
) -> None:
    left = stopped(target, segments=3)
    manifest = left / "manifest.jsonl"
    lines = manifest.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line][:place] + junk + lines[line][place + len(junk) :]
    manifest.write_bytes(b"".join(lines))
    work = WorkFolder(target)
    try:
        work.open(JOB, resume=True, overwrite=True)
    except WriteError:
        assert line == 0  # another job's
        for path in left.iterdir():
            path.unlink()
        left.rmdir()
    else:
        listed = [segment.number for segment in work.segments]
        assert listed == [1, 2, 3][: len(listed)]
        assert len(listed) >= line - 1
        work.close(None)


@pytest.mark.parametrize("number", [-1, 0, 4])
def test_a_segment_of_an_impossible_number_ends_the_list(
    target: Path, left: Path, number: int
) -> None:
    manifest = left / "manifest.jsonl"
    said = manifest.read_text()
    manifest.write_text(said.replace('"number": 3', f'"number": {number}'))
    work = begin(target, resume=True)
    assert [segment.number for segment in work.segments] == [1, 2]
    work.close(None)


def test_a_folder_that_is_removed_meanwhile_is_told(target: Path) -> None:
    work = begin(target)
    for path in work.path.iterdir():
        path.unlink()
    work.path.rmdir()
    error = RuntimeError()
    work.close(error)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 3)])
def test_from_a_segment_that_is_missing_on_all_is_made_again(
    target: Path, left: Path, damage: object
) -> None:
    damage(left / "000002.packets")  # type: ignore[operator]
    work = begin(target, resume=True)
    assert work.frames == 10
    keep(work, frames=7)
    work.close(RuntimeError())
    work = begin(target, resume=True)
    assert [segment.frames for segment in work.segments] == [10, 7]
    work.close(None)


def test_the_last_segment_s_memory_is_kept_and_no_other(target: Path) -> None:
    work = begin(target)
    for memory in (b"first", b"second", b"", b"last"):
        keep(work, memory=memory)
        assert work.memory() == memory
        assert len(list(work.path.glob("*.memory"))) == bool(memory)
    work.close(RuntimeError())
    work = begin(target, resume=True)
    assert work.memory() == b"last"
    work.close(None)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    "damage",
    [
        Path.unlink,
        lambda path: path.write_bytes(b"lasT"),
        lambda path: path.write_bytes(b"las"),
        lambda path: path.with_name("000003.packets").unlink(),
    ],
)
def test_a_memory_that_is_damaged_or_another_segment_s_is_none(
    target: Path, damage: Callable[[Path], object]
) -> None:
    work = begin(target)
    for memory in (b"first", b"second", b"last"):
        keep(work, memory=memory)
    work.close(RuntimeError())
    damage(work.path / "000003.memory")
    work = begin(target, resume=True)
    assert work.segments
    assert work.memory() == b""
    work.close(None)
    assert list(target.parent.iterdir()) == []


def test_one_job_at_a_time(target: Path) -> None:
    work = begin(target)
    with pytest.raises(WriteError, match="another process"):
        begin(target, resume=True, overwrite=True)
    keep(work)
    work.close(None)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["photo.jpg", "000001.packets", "sub/manifest.jsonl"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_somebody_else_is_left_alone(
    target: Path, name: str, overwrite: bool
) -> None:
    path = target.with_name("film.mkv.vidcolor") / name
    path.parent.mkdir(parents=True)
    path.write_text("precious")
    with pytest.raises(WriteError, match="not of vidcolor's making"):
        begin(target, resume=True, overwrite=overwrite)
    assert path.read_text() == "precious"
    assert len(list(target.parent.rglob("*"))) == 1 + len(Path(name).parts)


def test_a_link_is_no_folder_of_ours(target: Path) -> None:
    elsewhere = target.parent / "elsewhere"
    elsewhere.mkdir()
    target.with_name("film.mkv.vidcolor").symlink_to(elsewhere)
    with pytest.raises(WriteError, match="not of vidcolor's making"):
        begin(target)
    assert list(elsewhere.iterdir()) == []


def test_somebody_s_file_among_ours_stays(target: Path, left: Path) -> None:
    (left / "notes.txt").write_text("precious")
    work = begin(target, resume=True)
    work.close(None)
    assert [path.name for path in left.iterdir() if path.name != "lock"] == [
        "notes.txt"
    ]


def test_the_manifest_is_lines_of_json(left: Path) -> None:
    job, *segments = map(json.loads, (left / "manifest.jsonl").read_text().splitlines())
    assert job == JOB
    assert [segment["number"] for segment in segments] == [1, 2, 3]


def test_a_disk_that_is_full_at_once_leaves_nothing(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("vidcolor.media.work_folder.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        begin(target)
    assert list(target.parent.iterdir()) == []


def test_a_memory_is_on_the_disk_before_the_manifest_tells_of_it(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = begin(target)
    seen: list[tuple[str, int]] = []
    manifest = work.path / "manifest.jsonl"

    def note(path: Path) -> None:
        seen.append((path.name, len(manifest.read_bytes().splitlines())))

    monkeypatch.setattr("vidcolor.media.work_folder.sync", note)
    monkeypatch.setattr("vidcolor.media.work_folder.sync_folder", note)
    keep(work, memory=b"memory")
    work.close(None)
    assert seen == [("000001.memory", 1), (work.path.name, 1)]


def test_a_folder_is_on_the_disk_before_there_is_anything_to_lose(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []
    monkeypatch.setattr("vidcolor.media.work_folder.sync_folder", seen.append)
    work = begin(target)
    assert seen == [target.parent]
    work.close(None)


def test_a_segment_is_on_the_disk_before_the_manifest_tells_of_it(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = begin(target)
    manifest = work.path / "manifest.jsonl"
    seen: dict[int, tuple[int, int]] = {}

    def note(descriptor: int) -> None:
        found = os.fstat(descriptor)
        lines = manifest.read_bytes().count(b"\n")
        seen.setdefault(found.st_ino, (found.st_size, lines))

    monkeypatch.setattr(os, "fsync", note)
    keep(work)
    kept = work.file(work.segments[0]).stat()
    assert seen[kept.st_ino] == (kept.st_size, 1)
    work.close(None)


def test_a_folder_that_cannot_be_locked_does_not_stay(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: FileLock) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(FileLock, "acquire", fail)
    with pytest.raises(OSError, match="not supported"):
        begin(target)
    assert list(target.parent.iterdir()) == []


def test_a_segment_that_was_cut_short_is_not_said_to_be_kept(target: Path) -> None:
    work, error = begin(target), RuntimeError()
    keep(work)
    keep(work)
    os.truncate(work.path / "000002.packets", 3)
    work.close(error)
    assert "10 frames" in error.__notes__[0]
    assert not (work.path / "000002.packets").exists()
