from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vidcolor.errors import WriteError
from vidcolor.media.join import decoding_times
from vidcolor.media.segment import SegmentFile, read_packets, reordering

ALPHA = "matroska_block_additional"
ORDERS = st.permutations(range(12)).map(lambda order: [10 * n for n in order])


def packets(codec: str, pix_fmt: str) -> "list[Packet[av.VideoStream]]":
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 64, 48, pix_fmt
    context.time_base = Fraction(1, 25)
    context.options = {"auto-alt-ref": "0"} if codec == "libvpx-vp9" else {}
    rng = np.random.default_rng(0)
    found = []
    for number in range(8):
        picture = av.VideoFrame(64, 48, pix_fmt)
        for memory in picture.planes:
            codes = np.frombuffer(memoryview(memory), np.uint8)
            codes[:] = rng.integers(0, 256, codes.shape)
        picture.pts, picture.time_base = number, Fraction(1, 25)
        found += context.encode(picture)
    return found + context.encode(None)


def store(path: Path, made: "list[Packet[av.VideoStream]]") -> SegmentFile:
    file = SegmentFile(path)
    for packet in made:
        file.add(packet)
    file.finish()
    return file


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("libx264", "yuv420p"), ("libvpx-vp9", "yuva420p"), ("ffv1", "yuv420p")],
)
def test_packets_come_back_as_they_were(
    tmp_path: Path, codec: str, pix_fmt: str
) -> None:
    made = packets(codec, pix_fmt)
    file = store(tmp_path / "segment", made)
    back = list(read_packets(tmp_path / "segment", file.crc32))
    assert file.size == (tmp_path / "segment").stat().st_size
    for before, after in zip(made, back, strict=True):
        assert bytes(after) == bytes(before)
        assert (after.pts, after.duration) == (before.pts, before.duration)
        assert after.is_keyframe == before.is_keyframe
        assert after.has_sidedata(ALPHA) == (pix_fmt == "yuva420p")
        if after.has_sidedata(ALPHA):
            assert bytes(after.get_sidedata(ALPHA)) == bytes(before.get_sidedata(ALPHA))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, 1 << 30),
    bits=st.integers(1, 255),
    cut=st.booleans(),
)
def test_damage_of_any_byte_is_told(
    tmp_path: Path, place: int, bits: int, cut: bool
) -> None:
    path = tmp_path / "segment"
    made = []
    for number in range(5):
        packet: Packet[av.VideoStream] = Packet(bytes([number]) * (number + 1))
        packet.pts = number
        made.append(packet)
    file = store(path, made)
    content = bytearray(path.read_bytes())
    place %= len(content)
    if cut:
        del content[place:]
    else:
        content[place] ^= bits
    path.write_bytes(content)
    with pytest.raises(WriteError, match="damaged"):
        list(read_packets(path, file.crc32))


@given(segments=st.lists(ORDERS, min_size=1, max_size=4))
def test_every_packet_is_decoded_before_it_is_shown(segments: list[list[int]]) -> None:
    film = [[200 * n + pts for pts in order] for n, order in enumerate(segments)]
    delay = max(map(reordering, film))
    times = list(decoding_times(map(sorted, film), delay))
    shown = [pts for order in film for pts in order]
    assert len(times) == len(shown)
    assert all(dts <= pts for dts, pts in zip(times, shown, strict=True))
    assert all(a < b for a, b in pairwise(times))


def test_nothing_waits_that_is_decoded_as_it_is_shown() -> None:
    assert reordering([0, 1, 2, 3]) == 0
    assert reordering([0, 2, 1, 3]) == 1  # I B P, as it is decoded
    assert reordering([0, 4, 2, 1, 3]) == 2  # with a B-frame to lean on


def test_times_of_a_film_without_reordering_are_its_own() -> None:
    assert list(decoding_times([[3, 4, 9], [11]], 0)) == [3, 4, 9, 11]


@pytest.mark.parametrize("first", [0, 90_000])
def test_an_even_film_is_decoded_evenly_from_shortly_before_its_start(
    first: int,
) -> None:
    shown = [first + 40 * n for n in range(6)]
    assert list(decoding_times([shown[:4], shown[4:]], 2)) == [
        time - 80 for time in shown
    ]
