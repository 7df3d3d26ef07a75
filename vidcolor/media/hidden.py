"""What edit lists hide: it is in the file, and nobody is to hear or see it."""

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from av.packet import Packet

_EARLY = Fraction(1, 20)  # seconds of sound that decoders want to begin with


def shown(packets: "Iterable[Packet[Any]]") -> "Iterator[Packet[Any]]":
    """Yield packets without what is hidden, but for what decoders begin with.

    That is the last of the sound that is hidden before the first that is heard, and all
    such pictures. A stream that is hidden as a whole comes as it is.
    """
    held: dict[int, deque[Packet[Any]]] = {}
    begun = set[int]()
    for packet in packets:
        index = packet.stream.index
        if index in begun:
            if not packet.is_discard:
                yield packet
        elif packet.is_discard:
            held.setdefault(index, deque()).append(packet)
            _forget(held[index], packet)
        else:
            begun.add(index)
            early = held.pop(index, deque())
            _forget(early, packet)
            yield from early
            yield packet
    for early in held.values():
        yield from early


def _forget(early: "deque[Packet[Any]]", packet: "Packet[Any]") -> None:
    """Drop the sound that lies too long before a packet."""
    if packet.stream.type != "audio":
        return
    while early and _seconds(early[0]) < _seconds(packet) - _EARLY:
        early.popleft()


def _seconds(packet: "Packet[Any]") -> Fraction:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return (stamp or 0) * packet.time_base
