"""What encoders are told, and what the film's stream says in the end."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.vidcolor.media.made import TICK, make
from vidcolor.media import encoder as module
from vidcolor.media.encoder import repeatable
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span

Make = Callable[..., Path]
Color = Callable[..., list[tuple[Fraction, Any]]]
QUIET = {"x265-params": "log-level=error"}


def plan(source: Path, target: str = "out.mkv", **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


@pytest.mark.parametrize("fields", ["", "tff"])
@pytest.mark.parametrize("capability", ["AVX2", "AVX512"])
def test_x264_is_told_what_the_user_says_and_what_makes_it_repeatable(
    make_film: Make, monkeypatch: pytest.MonkeyPatch, fields: str, capability: str
) -> None:
    monkeypatch.setattr(module, "get_cpu_capability", lambda: capability)
    source, said = make_film(fields=fields), {"x264-params": "rc-lookahead=7:bframes=1"}
    ours = ["asm=avx2"] * (capability == "AVX512") + ["threads=1"] * bool(fields)
    for options in ({}, said):
        params = repeatable(plan(source, codec="h264", options=options))
        wanted = [*ours, *said["x264-params"].split(":")] if options else ours
        assert params.get("x264-params", "") == ":".join(wanted)


@pytest.mark.parametrize("target", ["out.mp4", "out.mov"])
def test_apple_s_players_are_given_the_name_they_know(
    make_film: Make, color: Color, target: str
) -> None:
    source = make_film(times=(0, 40))
    made = plan(source, target, codec="hevc", options=QUIET)
    color(made, source)
    with av.open(str(made.path)) as film:
        assert film.streams.video[0].codec_context.codec_tag == "hvc1"


def test_only_shots_must_begin_with_a_key_frame(make_film: Make, color: Color) -> None:
    """Every frame of FFV1 is one: what it was in the source says nothing."""
    source = make_film(times=range(0, 1000, 40), options={"g": "1"})
    made = plan(source, codec="h264")
    color(made, source)
    with av.open(str(made.path)) as film:
        assert sum(p.is_keyframe for p in film.demux(video=0) if p.size) == 1


@pytest.mark.parametrize("disposition", ["default", "forced", "comment"])
def test_what_the_film_s_stream_is_for_is_kept(
    make_film: Make, color: Color, disposition: str
) -> None:
    source = make_film(times=(0, 40))
    info = Reader(source).info
    (stream,) = info.streams
    info = replace(info, streams=(replace(stream, disposition=(disposition,)),))
    made = plan_target(info, source.with_name("out.mkv"))
    with av.open(str(made.path), "w") as out:
        found = module.FilmEncoder(out, made, info, Fraction(0)).stream.disposition
    assert found == av.stream.Disposition[disposition]


@pytest.mark.parametrize(
    ("codec", "target"),
    [
        *(("h264", "out.mkv"), ("h264", "out.mp4"), ("vp9", "out.mkv")),
        *(("av1", "out.mkv"), ("av1", "out.mp4")),
    ],
)
def test_the_last_frame_lasts_as_long_as_it_did(
    tmp_path: Path, color: Color, codec: str, target: str
) -> None:
    source = make(tmp_path / "film.mp4", tick=TICK, times=(0, 40, 500))
    made = plan(source, target, codec=codec)
    color(made, source)
    with av.open(str(made.path)) as film:
        packets = [p for p in film.demux(video=0) if p.size]
    ends = [((p.pts or 0) + (p.duration or 0)) * p.time_base for p in packets]
    assert max(ends) == pytest.approx(Reader(source).info.duration, abs=0.002)


def test_a_part_of_a_film_that_starts_late_counts_from_its_own_start(
    tmp_path: Path, color: Color
) -> None:
    tags = {"timecode": "10:00:00:00"}
    source = make(tmp_path / "a.mkv", start=Fraction(7), stream_tags=tags)
    info = Reader(source).info
    for start, is_kept in ((Fraction(0), True), (Fraction(1, 5), False)):
        span = Span.of(info, start, None)
        made = plan(source, span=span, overwrite=True)
        color(made, source, start)
        (stream,) = Reader(made.path).info.streams
        found = {name.lower() for name in stream.metadata}
        assert ("timecode" in found) is is_kept
