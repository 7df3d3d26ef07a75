"""A piece of the film: the encoder's packets in a plain file, in decoding order.

No container keeps all that is known of a packet: NUT has no durations, Matroska counts
in milliseconds, MP4 does not take every codec.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from av.packet import Packet, PacketSideData, packet_sidedata_type_from_literal

from vidcolor.errors import WriteError

_HEAD = struct.Struct("<qq?II")  # pts, duration, is it a key frame, bytes of each part
_PART = 1 << 20  # bytes that are looked at together
_ALPHA: Final = "matroska_block_additional"  # all that encoders put beside data


class SegmentFile:
    """A segment being written."""

    def __init__(self, path: Path) -> None:
        self.pts: list[int] = []
        self.size = self.crc32 = 0
        self._file = path.open("wb")

    def add(self, packet: "Packet[Any]") -> None:
        """Store the next packet."""
        alpha = packet.has_sidedata(_ALPHA) and bytes(packet.get_sidedata(_ALPHA))
        data, pts = bytes(packet), packet.pts or 0
        lengths = len(data), len(alpha or b"")
        head = pts, packet.duration or 0, packet.is_keyframe, *lengths
        self._write(_HEAD.pack(*head))
        self._write(data)
        self._write(alpha or b"")
        self.pts.append(pts)

    def finish(self) -> None:
        """Have all of it on the disk."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())

    def abandon(self) -> None:
        """Close it, whatever state it is in."""
        with suppress(OSError):
            self._file.close()

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)
        self.crc32 = zlib.crc32(data, self.crc32)


def crc32_of(path: Path) -> int:
    """Return the checksum of a segment as it is on the disk."""
    seen = 0
    with path.open("rb") as file:
        while part := file.read(_PART):
            seen = zlib.crc32(part, seen)
    return seen


def read_packets(path: Path, crc32: int) -> "Iterator[Packet[Any]]":
    """Yield the packets of a segment, with neither a decoding time nor a time base.

    Raises:
        WriteError: it is not what was written; told after the last packet at latest.
    """
    seen = 0
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            if len(head) < _HEAD.size:
                break
            pts, duration, is_key, size, alpha_size = _HEAD.unpack(head)
            data, alpha = file.read(size), file.read(alpha_size)
            for part in (head, data, alpha):
                seen = zlib.crc32(part, seen)
            packet: Packet[Any] = Packet(data)
            packet.pts, packet.duration = pts, duration
            packet.is_keyframe = is_key
            if alpha:
                packet.set_sidedata(_side_data(alpha))
            yield packet
    if seen != crc32:
        raise WriteError(path, "was damaged on the disk")


def reordering(pts: Sequence[int]) -> int:
    """Return how many places packets must be decoded ahead to be there when shown.

    `pts` are in decoding order. The k-th packet is decoded at the time at which the
    one so many places before the k-th is shown.
    """
    shown = sorted(pts)
    delay = 0
    for place, time in enumerate(pts):
        while place > delay and shown[place - delay] > time:
            delay += 1
    return delay


def _side_data(data: bytes) -> PacketSideData:
    kind = packet_sidedata_type_from_literal(_ALPHA)
    made = PacketSideData(kind, len(data))  # type: ignore[call-arg]
    made.update(data)
    return made
