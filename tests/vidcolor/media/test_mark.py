"""A film tells which job made it, where its container has a place for that."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vidcolor.media.mark import mark_of, read_mark
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader

Make = Callable[..., Path]


@pytest.mark.parametrize("tags", [{}, {"title": "Reel", "reel": "7"}], ids=str)
@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *[("out.mkv", "ffv1"), ("out.mp4", "h264"), ("out.m4v", "h264")],
        *[("out.mov", "prores"), ("out.webm", "vp9")],
    ],
)
def test_a_film_tells_its_job(
    make_film: Make,
    color: Callable[..., object],
    name: str,
    codec: str,
    tags: dict[str, str],
) -> None:
    source = make_film(tags=tags)
    target = source.with_name(name)
    color(plan_target(Reader(source).info, target, codec=codec), source)
    assert read_mark(target) == mark_of({})


def test_what_is_no_film_of_ours_tells_none(make_film: Make, tmp_path: Path) -> None:
    words = tmp_path / "words.mkv"
    words.write_text("vidcolor")
    for path in (make_film(), words, tmp_path, tmp_path / "nowhere.mkv"):
        assert not read_mark(path).startswith("vidcolor")


def test_jobs_are_told_apart() -> None:
    jobs = [{}, {"film": "one"}, {"film": "two"}, {"film": "one", "--fast": "on"}]
    assert len({mark_of(job) for job in jobs}) == len(jobs)
    assert mark_of({"a": "1", "b": "2"}) == mark_of({"b": "2", "a": "1"})
