"""What a container has no place for is said before the work."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.vidcolor.media.made import Side, make
from vidcolor.errors import OptionError
from vidcolor.media.fates import Fate
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span

Color = Callable[..., list[tuple[Fraction, Any]]]
UNEVEN = {"tick": Fraction(1, 90000), "times": (0, 3001, 9005, 30003)}
NAMED = Side(
    "libmp3lame", tags={"language": "fra", "title": "Words"}, disposition="comment"
)


def plan(source: Path, target: str, **wishes: Any) -> Plan:
    return plan_target(Reader(source).info, source.parent / target, **wishes)


@pytest.mark.parametrize(
    ("sound", "name", "target", "fate"),
    [
        ("libopus", "film.mkv", "out.mov", Fate.DROP),
        ("flac", "film.mkv", "out.mov", Fate.DROP),
        ("pcm_s16be", "film.mov", "out.avi", Fate.DROP),
        ("pcm_mulaw", "film.mov", "out.mkv", Fate.DROP),
        ("pcm_mulaw", "film.avi", "out.mkv", Fate.COPY),
        ("adpcm_ima_qt", "film.mov", "out.mkv", Fate.DROP),
        ("pcm_f32le", "film.mkv", "out.mkv", Fate.COPY),
        ("adpcm_ms", "film.avi", "out.mkv", Fate.COPY),
    ],
)
def test_sound_is_copied_where_it_can_be_and_else_named(
    tmp_path: Path, color: Color, sound: str, name: str, target: str, fate: Fate
) -> None:
    source = make(tmp_path / name, codec="mpeg4", sides=[Side(sound)])
    made = plan(source, target, codec="ffv1" if target != "out.mov" else "h264")
    assert made.streams[1].fate is fate
    assert (fate is Fate.DROP) == any("cannot carry it" in note for note in made.notes)
    color(made, source)
    kinds = [stream.kind for stream in Reader(made.path).info.streams]
    assert ("audio" in kinds) == (fate is Fate.COPY)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("out.mkv", set()),
        ("out.mp4", set()),
        ("out.mov", {"comment"}),
        ("out.ts", {"title, year", "comment", "names"}),
        ("out.avi", {"tags year", "comment", "languages"}),
    ],
)
def test_labels_are_kept_or_named(
    tmp_path: Path, color: Color, target: str, words: set[str]
) -> None:
    tags = {"title": "My film", "year": "1906"}
    source = make(tmp_path / "film.mkv", tags=tags, sides=[NAMED])
    codec = "ffv1" if target == "out.avi" else "h264"
    made = plan(source, target, codec=codec)
    said = [note for note in made.notes if "no place for" in note]
    assert all(any(word in note for note in said) for word in words)
    color(made, source)
    after = Reader(made.path).info
    (sound,) = (stream for stream in after.streams if stream.kind == "audio")
    values = {key.lower(): value for key, value in after.metadata.items()}
    assert (values.get("year") == "1906") == (not any("year" in w for w in words))
    assert ("comment" in sound.disposition) == ("comment" not in words)
    assert (sound.title == "Words") == ("names" not in words)
    assert (sound.language == "fra") == ("languages" not in words)


@pytest.mark.parametrize("target", ["out.mp4", "out.mov", "out.ts", "out.mkv"])
def test_a_language_comes_through_or_is_said_to_be_lost(
    tmp_path: Path, color: Color, target: str
) -> None:
    spoken = ["swe", "deu", "hrv", "pt-BR", "und"]
    sides = [Side("mp2", tags={"language": language}) for language in spoken]
    source = make(tmp_path / "film.mkv", sides=sides)
    made = plan(source, target, codec="h264")
    color(made, source)
    after = [s.language for s in Reader(made.path).info.streams if s.kind == "audio"]
    (said,) = [n for n in made.notes if "the languages" in n] or [""]
    same = {"ger": "deu", "sve": "swe"}  # the other words for them
    for before, found in zip(spoken, after, strict=True):
        assert (same.get(found, found) == before) is (before not in said) or (
            before == "und"
        )


@pytest.mark.parametrize(
    ("target", "word", "codec"),
    [
        ("out.mkv", "rounds times to 1 ms", "h264"),
        ("out.mp4", "", "h264"),
        ("out.avi", "steady rate", "ffv1"),
        ("out.mkv", "steady rate", "mpeg4"),
    ],
)
def test_times_are_kept_or_the_rounding_is_said(
    tmp_path: Path, target: str, word: str, codec: str
) -> None:
    source = make(tmp_path / "film.mp4", **UNEVEN)
    said = [n for n in plan(source, target, codec=codec).notes if "time" in n]
    assert [word in note for note in said] == ([True] if word else [])


def test_times_that_need_no_rounding_are_not_spoken_of(tmp_path: Path) -> None:
    assert not plan(make(tmp_path / "film.mp4"), "out.mkv").notes  # every 40 ms


@pytest.mark.parametrize("start", [Fraction(2, 25), Fraction(36, 25)])
def test_avi_cannot_start_late(tmp_path: Path, start: Fraction) -> None:
    source = make(tmp_path / "film.mp4", start=start)
    with pytest.raises(OptionError, match=r"late.*\.mkv"):
        plan(source, "out.avi", codec="ffv1")
    assert plan(source, "out.avi", codec="ffv1", explicit=False).path.suffix == ".mkv"


@pytest.mark.parametrize("late", [Fraction(0), Fraction(1, 25), Fraction(3, 10)])
def test_avi_cannot_start_sound_late(tmp_path: Path, late: Fraction) -> None:
    source = make(tmp_path / "film.mkv", sides=[Side("pcm_s16le", late=late)])
    part = Span.of(Reader(source).info, late, None)
    assert plan(source, "out.avi", codec="ffv1", span=part).path.suffix == ".avi"
    if late < Fraction(1, 20):
        assert plan(source, "out.avi", codec="ffv1").path.suffix == ".avi"
        return
    with pytest.raises(OptionError, match=r"sound 0\.300 s late.*\.mkv"):
        plan(source, "out.avi", codec="ffv1")


@pytest.mark.parametrize("size", [(3, 5), (2, 16), (40, 3)])
def test_a_tiny_picture_can_be_kept_for_good(
    tmp_path: Path, color: Color, size: tuple[int, int]
) -> None:
    wishes = {"codec": "png", "pix_fmt": "gray", "width": size[0], "height": size[1]}
    source = make(tmp_path / "film.avi", **wishes)
    made = plan(source, "out.mkv", codec="ffv1")
    truth = color(made, source)
    found = [frame.luma for frame in Reader(made.path).frames()]
    assert all((a == b).all() for a, (_, b) in zip(found, truth, strict=True))


def test_avi_cannot_say_which_field_is_first(tmp_path: Path) -> None:
    source = make(tmp_path / "film.mkv", fields="tff")
    assert any("field" in note for note in plan(source, "out.avi", codec="ffv1").notes)


@pytest.mark.parametrize(
    ("target", "size"), [("out.ts", 188), ("out.m2ts", 192), ("out.MTS", 192)]
)
def test_packets_of_blu_ray_and_avchd_have_a_clock_before_them(
    tmp_path: Path, color: Color, target: str, size: int
) -> None:
    source = make(tmp_path / "film.mp4", sides=[Side("ac3")])
    made = plan(source, target)
    color(made, source)
    written = made.path.read_bytes()
    assert set(written[size - 188 :: size]) == {0x47}  # what each packet begins with
    info = Reader(made.path).info
    assert [stream.kind for stream in info.streams] == ["video", "audio"]
