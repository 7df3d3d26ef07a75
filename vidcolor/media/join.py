"""Joins the segments of a film, and all its other streams, into the file it is to be.

Nothing is encoded here. An encoder is opened all the same: the container's header is
made of what it says of its stream.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from vidcolor.errors import WriteError
from vidcolor.media.encoder import FilmEncoder
from vidcolor.media.fates import Fate, has_cover
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import film_stream, open_source
from vidcolor.media.segment import read_packets
from vidcolor.media.span import Span
from vidcolor.media.streams import SideStreams
from vidcolor.media.tags import kept_tags, muxer_options, without_timecode
from vidcolor.media.target_plan import Plan
from vidcolor.media.work_folder import Segment, WorkFolder

_ROUNDING = Fraction(1, 500)  # seconds: Matroska and AVI round two times to 1/1000


def try_header(plan: Plan, info: FilmInfo, span: Span) -> bytes:
    """Return what the encoder says of its stream, once the container took a header.

    Whatever is refused for what it is, is refused here, before the work.

    Raises:
        FFmpegError: encoder or container refuse.
        ReadError: the source cannot be opened any more.
    """
    with SideStreams(info, plan, span) as side:
        target, stream = _begun(BytesIO(), plan, info, span, side, mark="")
        said = bytes(stream.codec_context.extradata or b"")
        with suppress(av.FFmpegError):  # there is nothing in it
            target.close()
        return said


def join(
    work: WorkFolder,
    plan: Plan,
    info: FilmInfo,
    span: Span,
    seams: Sequence[Fraction],
    mark: str,
) -> list[str]:
    """Join a folder's segments into `work.joined`, and see that it is whole.

    `seams` are the seconds by which the film's frames were moved where recordings had
    been joined, `mark` is what it says of who encoded it. Returns what of the other
    streams was too damaged to be copied, a sentence each.

    Raises:
        WriteError: a segment is damaged, or the result is not what it must be.
        FFmpegError, OSError: the result cannot be written.
        ReadError: the source cannot be opened any more.
    """
    count, first, end = 0, None, Fraction(0)
    with SideStreams(info, plan, span, seams) as side:
        target, stream = _begun(f"file:{work.joined}", plan, info, span, side, mark)
        kinds = _kinds(target.streams)
        try:
            for packet in _timed(work, plan.time_base):
                packet.stream = stream
                time = (packet.pts or 0) * plan.time_base
                first = time if first is None else min(first, time)
                end, count = max(end, time), count + 1
                step = (packet.dts or 0) * plan.time_base + span.shift
                target.mux(packet)
                # The other streams keep step: the muxer would have to hold what runs
                # ahead.
                side.pump(target, step)
            side.pump(target, None)
            target.close()
        finally:
            with suppress(av.FFmpegError, OSError):
                target.close()
        empty = _kinds(side.empty())
        _verify(work.joined, plan, kinds, empty, count, end - (first or 0))
        return side.losses()


def _begun(
    file: str | IO[bytes],
    plan: Plan,
    info: FilmInfo,
    span: Span,
    side: SideStreams,
    mark: str,
) -> tuple[OutputContainer, VideoStream]:
    """Return a container with all its streams and its header, and the film's stream."""
    tags = kept_tags(info.metadata)
    if span.is_cut(info):
        tags = without_timecode(tags)
    target = av.open(
        file,
        "w",
        format=plan.container.muxer,
        container_options=muxer_options(
            tags, plan.container, has_cover(info, plan.streams)
        ),
        metadata_errors="surrogateescape",
    )
    try:
        target.metadata.update(tags)
        for fate in plan.streams:
            if fate.fate is Fate.ENCODE:
                film = FilmEncoder(target, plan, info, span.shift).stream
                film.metadata["encoder"] = mark
            elif fate.fate not in (Fate.DROP, Fate.REMAKE, Fate.TAG):
                side.add(target, fate)
        if plan.container.chapters:
            target.set_chapters(side.chapters())
        target.start_encoding()  # writes the header: what is refused is refused now
    except BaseException:
        with suppress(av.FFmpegError, OSError):
            target.close()
        raise
    return target, film


def _timed(work: WorkFolder, time_base: Fraction) -> "Iterator[Packet[Any]]":
    """Yield the packets of all segments with times by which they can be decoded."""
    delay = max(segment.delay for segment in work.segments)
    times = decoding_times((_shown(work, s) for s in work.segments), delay)
    for segment in work.segments:
        for packet in read_packets(work.file(segment), segment.crc32):
            packet.time_base, packet.dts = time_base, next(times)
            yield packet


def _shown(work: WorkFolder, segment: Segment) -> list[int]:
    """Return when a segment's packets are shown, in that order."""
    try:
        packets = read_packets(work.file(segment), segment.crc32)
        return sorted(packet.pts or 0 for packet in packets)
    except WriteError:
        work.drop(segment)
        raise


def decoding_times(segments: Iterable[Sequence[int]], delay: int) -> Iterator[int]:
    """Yield a decoding time for each packet of a film, always rising.

    It is the time at which the packet `delay` places before it is shown, as encoders
    have it (H.264, C.4). `segments` are the times at which packets are shown, sorted.
    """
    waiting: deque[int] | None = None
    for shown in segments:
        if waiting is None:
            waiting = deque(t - shown[delay] + shown[0] for t in shown[:delay])
        for time in shown:
            waiting.append(time)
            yield waiting.popleft()


def _verify(
    path: Path,
    plan: Plan,
    kinds: list[str],
    empty: list[str],
    count: int,
    length: Fraction,
) -> None:
    """See that a file has these streams, and a film of so many packets and seconds.

    Those that are `empty` may be missing: MP4's readers do not show them.

    Raises:
        WriteError: it has not.
    """
    with closing(open_source(path)) as container:
        found = _kinds(container.streams)
        # Not by its number: readers leave out what is empty, and have covers last.
        film = film_stream(container)
        if film is None:
            raise WriteError(
                plan.path, "came out wrong and is not kept: it has no film"
            )
        times = [
            (packet.dts if packet.pts is None else packet.pts) or 0
            for packet in container.demux(film)
            if packet.size
        ]
        tick = film.time_base or Fraction(1)
    added, missing = Counter(found) - Counter(kinds), Counter(kinds) - Counter(found)
    if added or missing - Counter(empty):
        problem = f"streams: {', '.join(found)}, not {', '.join(kinds)}"
    elif len(times) != count:
        problem = f"{len(times)} of {count} frames"
    elif abs((max(times) - min(times)) * tick - length) > max(_ROUNDING, tick):
        lasts = float((max(times) - min(times)) * tick)
        problem = f"{lasts:.3f} s of {float(length):.3f} s"
    else:
        return
    raise WriteError(plan.path, f"came out wrong and is not kept: it has {problem}")


def _kinds(streams: Iterable[Stream]) -> list[str]:
    """Return the kinds of streams that every container tells apart."""
    return sorted(
        stream.type
        for stream in streams
        if stream.type in ("video", "audio", "subtitle")
        and not stream.disposition & Disposition.attached_pic
    )
