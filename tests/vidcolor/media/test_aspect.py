from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from vidcolor.media.aspect import set_container_aspect
from vidcolor.media.plan import plan_target
from vidcolor.media.reader import Reader


def test_an_unknown_version_is_not_poked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(av, "__version__", "99.0.0")
    with av.open(str(tmp_path / "out.mkv"), "w") as out:
        stream = out.add_stream("ffv1", 25)
        stream.time_base = Fraction(1, 25)
        before = stream.sample_aspect_ratio
        assert not set_container_aspect(stream, Fraction(16, 11))
        assert stream.sample_aspect_ratio == before


def test_a_shape_that_may_be_lost_is_told(
    make_film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_film(codec="libx264", sar=Fraction(16, 11))
    monkeypatch.setattr(av, "__version__", "99.0.0")
    info = Reader(source).info
    plan = plan_target(info, source.with_name("out.mkv"), codec="ffv1")
    assert any("16/11" in note for note in plan.notes)
    assert not plan_target(info, source.with_name("out.mkv")).notes


def test_disposition_is_left_as_it_was(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "out.mkv"), "w") as out:
        stream = out.add_stream("ffv1", 25)
        stream.time_base = Fraction(1, 25)
        stream.disposition = av.stream.Disposition.forced
        assert set_container_aspect(stream, Fraction(16, 11))
        assert stream.disposition == av.stream.Disposition.forced
