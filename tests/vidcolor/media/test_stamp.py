"""A film that changes while it is read is told, and never goes on as if it had not."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from vidcolor.errors import ReadError
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer

MakeFilm = Callable[..., Path]


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(bytes(1000))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())  # even of the same content
    other.replace(path)


def remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (grow, "grows while"),
        (cut, "was changed while"),
        (replace, "was changed while"),
        (remove, "no such file"),
    ],
)
@pytest.mark.parametrize("frame", [3, 9])  # of 10: in the middle, and after the last
def test_a_film_that_changes_while_it_is_read_is_told(
    make_film: MakeFilm, change: Callable[[Path], None], word: str, frame: int
) -> None:
    path = make_film()
    frames = Reader(path).frames()
    for _ in range(frame + 1):
        next(frames)
    change(path)
    with pytest.raises(ReadError, match=word) as caught:
        list(frames)
    assert "\n" not in str(caught.value)


def test_a_change_between_two_readings_is_told(make_film: MakeFilm) -> None:
    path = make_film()
    reader = Reader(path)
    assert len(list(reader.frames())) == 10
    replace(path)
    with pytest.raises(ReadError, match="was changed"):
        next(reader.frames())


def test_a_film_may_be_looked_at_by_others(make_film: MakeFilm) -> None:
    path = make_film()
    frames = Reader(path).frames()
    next(frames)
    path.read_bytes()
    path.chmod(0o444)
    os.link(path, path.with_name("link"))
    assert len(list(frames)) == 9


def test_sound_is_not_taken_from_a_film_that_was_changed(
    make_film: MakeFilm, tmp_path: Path
) -> None:
    path = make_film(sound="aac")
    target = tmp_path / "result.mkv"
    reader = Reader(path)
    plan = plan_target(reader.info, target)
    chroma = np.full(plan.yuv.chroma_shape(48, 64), 128, np.uint8)

    def color() -> None:
        with Writer(plan, reader.info) as writer:
            for frame in reader.frames():
                writer.write(frame, chroma, chroma)
            replace(path)  # only now, when all that is left to copy is sound

    with pytest.raises(ReadError, match="was changed"):
        color()
    assert list(tmp_path.iterdir()) == [path]
