"""Names, kinds and marks that go with a film's streams, chapters and covers."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.vidcolor.media.made import make
from vidcolor.media.containers import MATROSKA, MOV, MP4
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.tags import kept_tags, muxer_options, stream_tags

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


def image(suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, np.zeros((16, 16, 3), np.uint8))[1])


def labels(path: Any) -> list[tuple[str | None, str | None]]:
    with av.open(str(path)) as film:
        tags = [s.metadata for s in film.streams if s.disposition & 1024]
        return [(t.get("filename"), t.get("mimetype")) for t in tags]


def test_a_cover_has_a_name_and_a_kind(tmp_path: Path, color: Color) -> None:
    covers = [
        ("front.jpg", "image/jpeg", image(".jpg")),
        ("small.png", "image/png", image(".png")),
    ]
    source = make(tmp_path / "a.mkv", attachments=covers)
    kept = plan(source)
    color(kept, source)
    assert labels(kept.path) == [
        ("front.jpg", "image/jpeg"),
        ("small.png", "image/png"),
    ]
    through = plan(source, "out.mp4")
    color(through, source)
    back = plan(through.path, "back.mkv")
    color(back, through.path)
    assert labels(back.path) == [
        ("cover.jpg", "image/jpeg"),
        ("cover.png", "image/png"),
    ]


def test_a_part_has_its_chapters_only(make_film: Make, color: Color) -> None:
    source = make_film(
        chapters=[(0, 120, "one"), (120, 280, "two"), (280, 400, "three")],
        codec="libx264",
    )
    made = plan(source, span=Span(Fraction(16, 100), Fraction(24, 100)))
    color(made, source, Fraction(16, 100), Fraction(24, 100))
    chapters = Reader(made.path).info.chapters
    assert [(c.title, float(c.start), float(c.end)) for c in chapters] == [
        ("two", 0, 0.08)
    ]


def test_a_chapter_of_no_length_is_kept_in_a_whole_film(
    make_film: Make, color: Color
) -> None:
    source = make_film(chapters=[(0, 0, "a mark"), (0, 400, "all")])
    made = plan(source)
    color(made, source)
    assert [c.title for c in Reader(made.path).info.chapters] == ["a mark", "all"]


def test_tags_that_are_true_go_where_they_belong() -> None:
    assert kept_tags({"alpha_mode": "1", "vendor_id": "x"}) == {}
    signed = {"software": "DaVinci", "comment": "Lavf is what I used"}
    assert kept_tags(signed) == signed
    assert stream_tags({"name": "A"}, "matroska,webm", MATROSKA) == {"name": "A"}
    assert stream_tags({"handler_name": "H"}, "mov,mp4", MATROSKA) == {}
    assert stream_tags({"handler_name": "H"}, "mov,mp4", MP4) == {"handler_name": "H"}
    assert stream_tags({"language": "gle"}, "matroska", MOV) == {"language": "iri"}
    for name in ("episode_id", "network", "grouping"):
        assert "movflags" not in muxer_options({name: "A"}, MP4, False)
