"""What the streams of a file carry: their packets' bytes, or what these decode to."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.frame import VideoFrame

from vidcolor.media.captions import LONGEST, Caption, Turns
from vidcolor.media.hidden import shown
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import demux, open_source
from vidcolor.media.picture import plane
from vidcolor.media.span import Span

if TYPE_CHECKING:
    from hashlib import _Hash

_AHEAD = 60  # seconds that a file's streams may lie apart, at the end of a part


@dataclass(slots=True, eq=False)
class Payload:
    """All that a stream carries, as a hash: however it is cut into packets."""

    packets: int = 0
    size: int = 0  # bytes
    start: Fraction | None = None  # seconds, of the first packet that has a time
    hash: "_Hash" = field(default_factory=hashlib.sha256)

    def add(self, data: bytes, start: Fraction | None = None) -> None:
        """Add what the next packet carries."""
        self.packets += 1
        self.size += len(data)
        self.start = start if self.start is None else self.start
        self.hash.update(data)

    def equals(self, other: "Payload") -> bool:
        """Whether both carry the same."""
        return self.hash.digest() == other.hash.digest()


def payloads(
    info: FilmInfo, indices: set[int], span: Span, plain: Collection[int] = ()
) -> dict[int, Payload]:
    """Return what streams of a film carry within a span, by their index.

    A caption that runs into the span starts with it, and pictures with their first key
    frame there. A cover is the one picture that it begins with, and an attachment its
    file; MP4 text is its words. Captions that are to be `plain` take turns as in MP4.
    """
    found = {index: Payload() for index in indices}
    turns = {index: Turns() for index in plain}
    begun = set[int]()
    streams = {stream.index: stream for stream in info.streams}
    with open_source(info.path) as film:
        for attachment in film.streams.attachments:
            if attachment.index in found:
                found[attachment.index].add(attachment.data)
        for packet in _packets(film, indices):
            stream = streams[packet.stream.index]
            payload, start = found[stream.index], _start(packet)
            if stream.kind == "cover":
                if not payload.packets:
                    payload.add(bytes(packet))
            elif start is not None and span.is_after(start - _AHEAD):
                break
            elif not _is_in(span, packet) or not _can_begin(packet, begun):
                continue
            elif stream.index in turns:
                caption = Caption.of(packet).within(span)
                _add_all(payload, turns[stream.index].add(caption))
            elif data := _content(packet, stream.codec):
                payload.add(data, _within(span, start))
    for index, rest in turns.items():
        _add_all(found[index], rest.rest())
    return found


def samples(info: FilmInfo, index: int, span: Span) -> Payload:
    """Return what the packets of a stream in a span decode to."""
    decoded, begun = Payload(), set[int]()
    with open_source(info.path) as film:
        # What a container says of samples to be skipped is not the stream's own.
        film.streams[index].codec_context.options = {"flags2": "+skip_manual"}
        for packet in _packets(film, {index}, flush=True):
            if packet.size and (
                not _is_in(span, packet) or not _can_begin(packet, begun)
            ):
                continue
            with suppress(av.FFmpegError):
                for frame in packet.decode():
                    decoded.add(_samples(frame))
    return decoded


def _packets(
    film: InputContainer, indices: set[int], *, flush: bool = False
) -> "Iterator[Packet[Any]]":
    """Yield packets with content (and those that flush), as far as they can be read."""
    for stream in film.streams:
        if stream.index not in indices:
            stream.discard = Discard.all
    wanted = [s for s in film.streams if s.index in indices and s.type != "attachment"]
    if not wanted:
        return  # demux() of nothing would mean everything
    with suppress(av.FFmpegError):  # the film's own reader tells of a broken file
        for packet in shown(demux(film, *wanted)):
            if packet.size or flush:
                yield packet


def _is_in(span: Span, packet: "Packet[Any]") -> bool:
    """Whether a packet starts in the span; a caption may also run into it."""
    start = _start(packet) or Fraction(0)
    if packet.stream.type != "subtitle" or not packet.duration:
        return not span.is_before(start) and not span.is_after(start)
    if span.begin is not None and start < span.begin - LONGEST:
        return False
    end = start + packet.duration * packet.time_base
    return not span.is_after(start) and (span.begin is None or end > span.begin)


def _can_begin(packet: "Packet[Any]", begun: set[int]) -> bool:
    """Whether a decoder can begin with a packet, or has begun before; keeps account."""
    if packet.is_keyframe or packet.stream.type != "video":
        begun.add(packet.stream.index)
    return packet.stream.index in begun


def _within(span: Span, start: Fraction | None) -> Fraction | None:
    return start if start is None or span.begin is None else max(start, span.begin)


def _start(packet: "Packet[Any]") -> Fraction | None:
    stamp = packet.pts if packet.pts is not None else packet.dts
    return None if stamp is None else stamp * packet.time_base


def _add_all(payload: Payload, captions: list[Caption]) -> None:
    for caption in captions:
        payload.add(caption.words, caption.start)


def _content(packet: "Packet[Any]", codec: str) -> bytes:
    data = bytes(packet)
    if codec != "mov_text":
        return data
    length = int.from_bytes(data[:2], "big")  # styles may follow the words
    return data[2 : 2 + length]


def _samples(frame: AudioFrame | VideoFrame) -> bytes:
    if isinstance(frame, AudioFrame):
        return frame.to_ndarray().tobytes()
    return b"".join(plane(frame, n).tobytes() for n in range(len(frame.planes)))
