"""Where a part of a film begins, and whose the damage before it is."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.vidcolor.media.made import make
from vidcolor.media import decoding
from vidcolor.media.reader import Reader

Spoil = Callable[[int], Path]
OPTIONS = {"g": "10", "bf": "0"}


@pytest.fixture
def spoiled(tmp_path: Path) -> Spoil:
    """Make a film of three seconds of which one packet does not decode."""

    def make_it(number: int) -> Path:
        film = make(tmp_path / "film.mkv", frames=75, options=OPTIONS)
        with av.open(str(film)) as container:
            packets = [bytes(p) for p in container.demux(video=0) if p.size]
        data = bytearray(film.read_bytes())
        at = data.find(packets[number])
        data[at : at + 4] = b"\xff" * 4
        film.write_bytes(data)
        return film

    return make_it


@pytest.mark.parametrize("number", [33, 47, 60])
def test_around_damage_no_frame_is_lost_or_shown_twice(
    spoiled: Spoil, number: int
) -> None:
    reader = Reader(spoiled(number))
    frames = [(f.seconds, f.luma.tobytes()) for f in reader.frames()]
    assert [time for time, _ in frames] == [
        Fraction(40 * n, 1000) for n in range(75) if n != number
    ]
    assert len({luma for _, luma in frames}) == 74
    assert reader.damage.bad_packets == 1
    assert not reader.damage.retimed


@pytest.mark.parametrize(("number", "told"), [(33, 0), (49, 0), (50, 1), (60, 1)])
def test_damage_before_a_part_is_not_the_part_s(
    spoiled: Spoil, number: int, told: int
) -> None:
    reader = Reader(spoiled(number))
    assert len(list(reader.frames(Fraction(2)))) == 25 - told
    assert reader.damage.bad_packets == told
    assert bool(reader.damage) is bool(told)


@pytest.mark.parametrize("name", ["film.ts", "film.mkv"])
def test_a_part_may_begin_far_from_any_key_frame(tmp_path: Path, name: str) -> None:
    # Without an index the demuxer lands where the next one is at 16 s: too late.
    options = {"g": "80", "bf": "0", "sc_threshold": "0", "preset": "ultrafast"}
    film = make(tmp_path / name, rate=Fraction(5), frames=100, options=options)
    reader = Reader(film)
    whole = [frame.luma.tobytes() for frame in reader.frames()]
    part = [frame.luma.tobytes() for frame in reader.frames(Fraction(15))]
    assert len(whole) == 100
    assert part == whole[75:]


@pytest.fixture
def drive(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have a drive read 30 packets, and then fail so many times before it goes on."""
    demux = decoding.demux

    def fail(times: int) -> None:
        given = 0

        def failing(*what: Any) -> Iterator[Any]:
            nonlocal given, times
            for packet in demux(*what) if given < 30 or not times else ():
                yield packet
                given += 1
                if given == 30:
                    break
            if times and given >= 30:
                times -= 1
                raise OSError(5, "Input/output error")
            yield from demux(*what)

        monkeypatch.setattr(decoding, "demux", failing)

    return fail


@pytest.mark.parametrize("options", [OPTIONS, {"g": "50", "bf": "3"}])
@pytest.mark.parametrize(("times", "count"), [(3, 75), (1000, 30)])
def test_a_drive_that_fails_costs_what_it_does_not_give(
    tmp_path: Path,
    drive: Callable[[int], None],
    options: dict[str, str],
    times: int,
    count: int,
) -> None:
    film = make(tmp_path / "film.mkv", frames=75, options=options)
    reader = Reader(film)
    drive(times)
    assert len(list(reader.frames())) == count
    assert "reading broke off: input/output error" in reader.damage.lines()


def test_a_drive_that_fails_once_after_each_packet_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demux = decoding.demux

    def stumbling(*what: Any) -> Iterator[Any]:
        for packet in demux(*what):
            yield packet
            if packet.size:  # not the empty one, which is the last
                raise OSError(5, "Input/output error")

    reader = Reader(make(tmp_path / "film.mkv", frames=75, options=OPTIONS))
    monkeypatch.setattr(decoding, "demux", stumbling)
    assert len(list(reader.frames())) == 75
    assert "reading broke off: input/output error" in reader.damage.lines()
