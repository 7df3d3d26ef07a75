"""A film's pictures, one after another, whatever state the file is in.

Decoding with frame threads is several times faster on large pictures, but where it
meets damage it drops good pictures without a word (those decoded in the same call).
So it is used until the first sign of damage; from there on the film is decoded again,
in a single line. FFV1 is decoded so from the first: that a checksum does not fit, it
says in its log only, and frame threads must not be listened to.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from math import floor
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard, Stream
from av.video.stream import VideoStream

from vidcolor.media.complaints import Complaints
from vidcolor.media.damage import Damage
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import (
    UNINDEXED,
    demux,
    open_source,
    reason,
    seek_margin,
)

_READ_ERRORS_BORNE = 20  # in a row; demuxers find their feet again after one or two


class _DamageMetError(Exception):
    """Frame threads met a packet that does not decode."""


def read_pictures(
    info: FilmInfo, damage: Damage, start: Fraction | None = None
) -> Generator[av.VideoFrame]:
    """Yield pictures as decoded, in the order they are shown.

    With `start` (seconds on the file's clock) the first ones may still lie before it,
    but none after it is left out.
    """
    given, last, goes_back = 0, None, False
    if info.timed and info.codec != "ffv1":
        try:
            for picture in _decode_from(info, damage, start, "AUTO"):
                goes_back |= (picture.pts or 0) < (last or 0)
                given, last = given + 1, picture.pts
                yield picture
            return
        except _DamageMetError:
            pass
    if last is None or goes_back or info.container in UNINDEXED:
        # Its time may run from 0 more than once: what was given can only be counted.
        yield from islice(_decode_from(info, damage, start, "SLICE"), given, None)
        return
    again = last * info.time_base
    wanted = again if start is None else max(start, again)
    for picture in _decode_from(info, damage, again, "SLICE", wanted):
        if picture.pts is None or picture.pts > last:
            yield picture


def _decode_from(
    info: FilmInfo,
    damage: Damage,
    start: Fraction | None,
    threads: str,
    wanted: Fraction | None = None,
) -> Generator[av.VideoFrame]:
    """Yield pictures from a key frame before `start`, or from the beginning.

    What is damaged before `wanted`, or else before `start`, is not told.
    """
    wanted = start if wanted is None else wanted
    margin = seek_margin(info.container)
    if start is not None and start - margin > info.start and info.timed:
        pictures = _decode(info, damage, wanted, start - margin, threads)
        first = next(pictures, None)
        if first is not None and _is_before(first, start, info.time_base):
            yield first
            yield from pictures
            return
        pictures.close()  # landed too late
    yield from _decode(info, damage, wanted, None, threads)


def _decode(
    info: FilmInfo,
    damage: Damage,
    wanted: Fraction | None,
    seek: Fraction | None,
    threads: str,
) -> Generator[av.VideoFrame]:
    with (
        open_source(info.path) as container,
        _resting(container.streams[info.index]) as stream,
    ):
        stream.thread_type = threads
        for other in container.streams:
            if other.index != stream.index:
                other.discard = Discard.all  # what is wrong with it is not ours
        if seek is not None:
            try:
                container.seek(floor(seek / info.time_base), stream=stream)
            except av.FFmpegError:
                return  # as if it had landed nowhere: the caller starts over
        for packet in _packets(container, stream, damage):
            if packet.is_corrupt and threads == "AUTO":
                raise _DamageMetError
            damage.is_broken |= packet.is_corrupt and _is_wanted(packet, wanted)
            try:
                pictures = _decoded(packet, threads, damage)
            except av.FFmpegError as error:
                if threads == "AUTO":
                    raise _DamageMetError from error
                damage.bad_packets += _is_wanted(packet, wanted)
                continue
            yield from pictures


@contextmanager
def _resting(stream: Stream) -> Iterator[VideoStream]:
    """Wait in the end until no thread of the stream's decoder is at work.

    Whoever frees a decoder waits for its threads and holds the interpreter's lock
    meanwhile, which PyAV's log wants: a thread that says something then (FFmpeg's
    threads do at any level, while `Complaints` are listened to) waits for ever.
    """
    assert isinstance(stream, VideoStream)
    try:
        yield stream
    finally:
        stream.codec_context.flush_buffers()


def _decoded(
    packet: "Packet[VideoStream]", threads: str, damage: Damage
) -> list[av.VideoFrame]:
    if threads == "AUTO":
        return packet.decode()
    complaints = Complaints()
    with complaints.listening():
        pictures = packet.decode()
    damage.bad_checksums += complaints.heard > 0
    return pictures


def _is_before(picture: av.VideoFrame, start: Fraction, tick: Fraction) -> bool:
    if picture.pts is None or picture.is_corrupt:
        return False
    return picture.pts * tick <= start


def _is_wanted(packet: "Packet[VideoStream]", start: Fraction | None) -> bool:
    if start is None or packet.pts is None:
        return True
    return packet.pts * packet.time_base >= start


def _packets(
    container: InputContainer, stream: VideoStream, damage: Damage
) -> "Iterator[Packet[VideoStream]]":
    """Yield packets, going on after errors of reading while that leads anywhere.

    The last one is empty, for which the decoder gives what it holds back.
    """
    errors = 0
    complaints = Complaints()
    packets = demux(container, stream)
    while errors < _READ_ERRORS_BORNE:
        try:
            with complaints.listening():
                packet = next(packets, None)
            damage.is_broken |= complaints.heard > 0
            if packet is None:
                return
            errors = 0
            yield packet
        except (av.FFmpegError, OSError) as error:
            errors += 1
            damage.read_error = reason(error)
            packets = demux(container, stream)
    last: Packet[Any] = Packet()
    last.stream = stream
    yield last
