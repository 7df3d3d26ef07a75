from pathlib import Path

import pytest

from vidcolor.errors import OptionError, ReadError
from vidcolor.sources import (
    choose_targets,
    default_target,
    find_sources,
    target_in,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mkv", "a.MP4", "notes.txt", "b.color.mkv", "deep/c.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_a_folder_gives_its_films_and_photos_but_no_results(folder: Path) -> None:
    names = [p.relative_to(folder).as_posix() for p in find_sources([folder])]
    assert names == ["a.MP4", "b.mkv", "deep/c.png"]


def test_what_a_preview_left_in_a_folder_is_no_source(folder: Path) -> None:
    for name in ("b.preview.png", "b.sample.mkv"):
        (folder / name).touch()
    names = [p.relative_to(folder).as_posix() for p in find_sources([folder])]
    assert names == ["a.MP4", "b.mkv", "deep/c.png"]


def test_what_is_hidden_is_no_source(folder: Path) -> None:
    (folder / "._b.mkv").touch()  # as Macs leave them on other systems' disks
    (folder / ".Trash-1000").mkdir()
    (folder / ".Trash-1000" / "old.mkv").touch()
    names = [p.relative_to(folder).as_posix() for p in find_sources([folder])]
    assert names == ["a.MP4", "b.mkv", "deep/c.png"]
    assert find_sources([folder / "._b.mkv"]) == [folder / "._b.mkv"]  # if it is named


def test_results_inside_of_a_folder_are_no_sources(folder: Path) -> None:
    before = find_sources([folder])
    out = folder / "deep" / "out"
    (out / "deep").mkdir(parents=True)
    for name in ("a.MP4", "deep/c.png"):
        (out / name).touch()
    assert find_sources([folder], out) == before
    assert find_sources([folder], folder / "x" / ".." / "deep" / "out") == before


def test_results_around_or_in_a_folder_itself_leave_its_films(folder: Path) -> None:
    before = find_sources([folder])
    assert find_sources([folder], folder.parent) == before
    assert find_sources([folder], folder) == before


def test_a_file_that_is_named_is_taken_whatever_it_is(folder: Path) -> None:
    assert find_sources([folder / "notes.txt"]) == [folder / "notes.txt"]


def test_a_file_that_is_named_twice_comes_once(folder: Path) -> None:
    assert find_sources([folder / "b.mkv", folder]).count(folder / "b.mkv") == 1


def test_nothing_found_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="no films"):
        find_sources([tmp_path])
    with pytest.raises(ReadError, match="no such file"):
        find_sources([tmp_path / "x.mp4"])


def test_one_file_goes_where_it_is_told(folder: Path) -> None:
    one = [folder / "b.mkv"]
    assert choose_targets(one, one, None) == [None]
    assert choose_targets(one, one, Path("out.mkv")) == [Path("out.mkv")]


def test_what_was_found_in_a_folder_keeps_its_place(folder: Path) -> None:
    targets = choose_targets([folder], find_sources([folder]), folder / "out")
    assert targets == [folder / "out", folder / "out", folder / "out" / "deep"]


def test_several_files_do_not_fit_into_one(folder: Path) -> None:
    found = find_sources([folder])
    with pytest.raises(OptionError, match="folder"):
        choose_targets([folder], found, folder / "notes.txt")


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    twins = [tmp_path / "1" / "x.mp4", tmp_path / "2" / "x.mp4"]
    with pytest.raises(OptionError, match=r"1/x\.mp4 and .*2/x\.mp4 have one name"):
        choose_targets(twins, twins, tmp_path / "out")


def test_the_target_stands_beside_the_source() -> None:
    assert default_target(Path("a/b.c.mp4")) == Path("a/b.c.color.mp4")


@pytest.mark.parametrize("name", ["reel", "reel.1906", "Part.01", ".hidden"])
def test_what_ends_as_no_film_does_keeps_all_of_its_name(name: str) -> None:
    assert default_target(Path("a") / name) == Path(f"a/{name}.color.mkv")
    assert target_in(Path("b"), Path("a") / name) == Path(f"b/{name}.mkv")


@pytest.mark.parametrize("name", ["x.mp4", "x.GIF", "x.qt", "x.tiff"])
def test_in_a_folder_a_result_has_its_source_s_name(name: str) -> None:
    assert target_in(Path("b"), Path("a") / name) == Path("b") / name
