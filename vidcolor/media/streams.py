"""Copies every stream but the film's, packet by packet, as far as the film has come."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from math import ceil, floor
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Discard, Stream

from vidcolor.media.captions import LONGEST, Caption, Turns
from vidcolor.media.clock import Clock, clock_end
from vidcolor.media.fates import Fate, StreamFate
from vidcolor.media.hidden import shown
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import demux, open_source
from vidcolor.media.span import Span
from vidcolor.media.tags import stream_tags
from vidcolor.media.target_plan import Plan

if TYPE_CHECKING:  # exists in PyAV's stubs only
    from av.container.core import Chapter

_FINE = 90_000  # ticks a second
_AHEAD = 5  # seconds that streams of a badly woven file may lie apart
_FILTERS = {Fate.TO_MOV_TEXT: "text2movsub", Fate.TO_SUBRIP: "mov2textsub"}
_CODECS = {Fate.TO_MOV_TEXT: "mov_text", Fate.TO_SUBRIP: "subrip"}


class _Track:
    """One copied stream: where it comes from, goes to, and what is done on the way."""

    def __init__(
        self, source: Stream, target: Stream, *, is_part: bool, is_indexed: bool
    ) -> None:
        self.source = source
        self.target = target
        self.filter: BitStreamFilterContext | None = None
        self.turns: Turns | None = None  # of captions that must not lie over each other
        tick = source.time_base or Fraction(1, 1000)
        # A part may begin between two ticks, and AVI's are as long as its packets.
        self.split = ceil(tick * _FINE) if is_part else 1
        self.tick = tick / self.split
        self.clock: Clock | None = None
        self.before: int | None = None  # the time of the last packet, in the source's
        self.is_decodable = source.type != "video"
        self.copied = self.read = 0  # packets
        # An MP4 says where each is; what is read of other files says it meanwhile.
        self.announced = len(source.index_entries) if is_indexed else 0

    def loss(self) -> str:
        """Return what of the stream could not be read, a sentence; '' if nothing."""
        what = f"the {self.source.type} in stream #{self.source.index}"
        if not self.copied and self.source.frames:
            return f"nothing of {what} can be read"
        if self.read < self.announced:
            return f"{self.read} of {self.announced} packets of {what} can be read"
        return ""

    def can_begin(self, packet: "Packet[Any]") -> bool:
        """Whether a decoder can begin with a packet, or has begun before it."""
        self.is_decodable |= packet.is_keyframe
        return self.is_decodable

    def refine(self, packet: "Packet[Any]") -> None:
        """Bring a packet of the source to this track's ticks, and say how long it is.

        Muxers take the next packet's time for its end. The last one has no next: it is
        taken to be as long as the one before, for MP4 would hide what has no length.
        """
        if self.source.type == "audio" and packet.pts is not None:
            if not packet.duration and self.before is not None:
                packet.duration = max(0, packet.pts - self.before)
            self.before = packet.pts
        for name in ("pts", "dts", "duration"):
            if (ticks := getattr(packet, name)) is not None:
                setattr(packet, name, ticks * self.split)
        packet.time_base = self.tick

    def turned(self, packet: "Packet[Any]") -> "list[Packet[Any]]":
        """Return what becomes of a packet, in the form that the target has."""
        if self.filter is None:
            return [packet]
        if self.turns is not None:
            return self._texts(self.turns.add(Caption.of(packet)))
        # MP4 text fills the gaps between captions with empty ones.
        return [out for out in self.filter.filter(packet) if out.size]

    def rest(self) -> "list[Packet[Any]]":
        """Return what was held back of the last packets."""
        return [] if self.turns is None else self._texts(self.turns.rest())

    def _texts(self, captions: list[Caption]) -> "list[Packet[Any]]":
        texts = []
        for caption in captions:
            text: Packet[Any] = Packet(caption.words)
            start, end = caption.start, caption.end or caption.start
            text.pts = text.dts = round(start / self.tick)
            text.duration = round(end / self.tick) - text.pts
            text.time_base, text.is_keyframe = self.tick, True
            assert self.filter is not None
            texts += self.filter.filter(text)
        return texts

    def mend(self, packet: "Packet[Any]") -> None:
        """Move a packet to a time at which its stream can go on."""
        if self.clock is None or packet.dts is None:
            return
        self.clock.step = packet.duration or 1
        moved = self.clock.mend(packet.dts) - packet.dts
        packet.dts += moved
        if packet.pts is not None:
            packet.pts += moved


class SideStreams:
    """The other streams of a film, read by an opening of their own."""

    def __init__(
        self,
        info: FilmInfo,
        plan: Plan,
        span: Span,
        seams: Sequence[Fraction] = (),
    ) -> None:
        """Open the film again.

        `seams` are the seconds by which its frames were moved where recordings had been
        joined, one seam after the other; the other streams go with them.

        Raises:
            ReadError: it cannot be opened any more.
        """
        self._refused = 0  # packets that the target's muxer found damaged
        self._info, self._plan, self._span, self._seams = info, plan, span, seams
        self._source = open_source(info.path)
        self._tracks: dict[int, _Track] = {}
        self._covers: list[tuple[int, Stream]] = []
        self._packets: Iterator[Packet[Any]] | None = None
        self._held: Packet[Any] | None = None

    def __enter__(self) -> Self:
        """Return the streams themselves."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the film."""
        self.close()

    def close(self) -> None:
        """Close the film."""
        self._source.close()

    def add(self, target: OutputContainer, fate: StreamFate) -> None:
        """Add one stream to the target; must come before the first packet."""
        source = self._source.streams[fate.index]
        is_cover = bool(source.disposition & av.stream.Disposition.attached_pic)
        if fate.fate is Fate.ATTACH:
            self._attach(target, source)
            return
        stream = self._added(target, source, fate.fate)
        stream.metadata.update(
            stream_tags(
                dict(source.metadata), self._info.container, self._plan.container
            )
        )
        stream.disposition = source.disposition
        if is_cover:
            self._covers.append((source.index, stream))

    def chapters(self) -> "list[Chapter]":
        """Return the chapters that lie in the span, on the result's clock."""
        begin, end = self._span.begin, self._span.end
        kept = []
        for chapter in self._source.chapters():
            tick = chapter["time_base"] or Fraction(1)
            first, last = chapter["start"] * tick, chapter["end"] * tick
            first = first if begin is None else max(first, begin)
            last = last if end is None else min(last, end)
            if first < last or (begin is None and end is None):
                chapter["start"] = round((first - self._span.shift) / tick)
                chapter["end"] = round((last - self._span.shift) / tick)
                # MP4's have a track of their own, where the next would take its place.
                chapter["metadata"].setdefault("title", "")
                kept.append(chapter)
        return kept

    def pump(self, target: OutputContainer, until: Fraction | None) -> None:
        """Copy packets up to a time on the source's clock; None copies all the rest.

        Raises:
            ReadError: the file is not the one any more that was looked at.
        """
        if self._packets is None:
            self._copy_covers(target)
            self._packets = self._read()
        while (packet := self._held or next(self._packets, None)) is not None:
            self._held = packet
            if until is not None and _seconds(packet) > until:
                return
            self._held = None
            self._copy(target, packet)
        for track in self._tracks.values():
            self._mux(target, track, track.rest())
        self._info.stamp.check(self._info.path)

    def empty(self) -> list[Stream]:
        """Return the source's streams of which not one packet was copied."""
        return [t.source for t in self._tracks.values() if not t.copied]

    def losses(self) -> list[str]:
        """Return what was too damaged to be copied, a sentence each."""
        lines = []
        if self._refused:
            lines.append(
                f"{self._refused} packets of other streams were too damaged to keep"
            )
        if self._span == Span():
            lines += [line for t in self._tracks.values() if (line := t.loss())]
        return lines

    def _added(self, target: OutputContainer, source: Stream, fate: Fate) -> Stream:
        if fate in _FILTERS:
            stream = target.add_mux_stream(_CODECS[fate])
            track = self._track(source, stream)
            track.filter = BitStreamFilterContext(_FILTERS[fate], in_stream=source)
            track.turns = Turns() if fate is Fate.TO_MOV_TEXT else None
        else:
            stream = add_copy(target, source)
            track = self._track(source, stream)
        if source.type == "attachment":
            return stream
        stream.time_base = track.tick
        track.clock = self._clock(track)
        if not source.disposition & av.stream.Disposition.attached_pic:
            self._tracks[source.index] = track
        return stream

    def _track(self, source: Stream, target: Stream) -> _Track:
        return _Track(
            source,
            target,
            is_part=self._span.shift != 0,
            is_indexed=self._info.container.startswith("mov"),
        )

    def _attach(self, target: OutputContainer, source: Stream) -> None:
        with open_source(self._info.path) as again:
            data = bytes(_first_packet(again, source.index) or b"")
        kind = "png" if source.codec_context.name == "png" else "jpeg"
        tags = source.metadata
        name = tags.get("filename", f"cover.{'jpg' if kind == 'jpeg' else kind}")
        if data:
            target.add_attachment(name, tags.get("mimetype", f"image/{kind}"), data)

    def _copy_covers(self, target: OutputContainer) -> None:
        for index, stream in self._covers:
            with open_source(self._info.path) as again:
                packet = _first_packet(again, index)
                if packet is not None:
                    packet.stream = stream
                    target.mux(packet)

    def _read(self) -> "Iterator[Packet[Any]]":
        """Yield the packets of the span, in the file's order."""
        wanted = [track.source for track in self._tracks.values()]
        if not wanted:
            return  # demux() of nothing would mean everything
        for stream in self._source.streams:
            if stream.index not in self._tracks:
                stream.discard = Discard.all  # spares reading it
        has_captions = any(stream.type == "subtitle" for stream in wanted)
        start = (self._span.begin or 0) - (LONGEST if has_captions else _AHEAD)
        if start > self._info.start:
            with suppress(av.FFmpegError):  # then it is read from the beginning
                self._source.seek(floor(start * 1_000_000))
        try:
            for packet in shown(self._counted(demux(self._source, *wanted))):
                if packet.size == 0 and packet.pts is None and packet.dts is None:
                    continue
                track = self._tracks[packet.stream.index]
                track.refine(packet)
                track.mend(packet)
                if self._span.is_after(_seconds(packet) - _AHEAD):
                    return
                if self._trim(packet) and track.can_begin(packet):
                    yield packet
        except av.FFmpegError:
            return  # the reader of the film tells of a file that breaks off

    def _counted(self, packets: "Iterable[Packet[Any]]") -> "Iterator[Packet[Any]]":
        for packet in packets:
            self._tracks[packet.stream.index].read += packet.size > 0
            yield packet

    def _trim(self, packet: "Packet[Any]") -> bool:
        """Whether a packet is in the span; captions are cut where they reach out."""
        span = self._span
        if packet.pts is None:
            return not span.is_before(_seconds(packet))
        start = packet.pts * packet.time_base
        if packet.stream.type != "subtitle":
            return not span.is_before(start) and not span.is_after(start)
        end = start + (packet.duration or 0) * packet.time_base
        is_over = span.begin is not None and end <= span.begin
        if span.is_after(start) or (span.is_before(start) and is_over):
            return False
        first = start if span.begin is None else max(start, span.begin)
        last = end if span.end is None else min(end, span.end)
        if (first, last) != (start, end):
            packet.pts = packet.dts = round(first / packet.time_base)
            packet.duration = round((last - first) / packet.time_base)
        return True

    def _copy(self, target: OutputContainer, packet: "Packet[Any]") -> None:
        track = self._tracks[packet.stream.index]
        shift = round(self._span.shift / packet.time_base)
        packet.pts = None if packet.pts is None else packet.pts - shift
        packet.dts = None if packet.dts is None else packet.dts - shift
        self._mux(target, track, track.turned(packet))

    def _mux(
        self, target: OutputContainer, track: _Track, packets: "list[Packet[Any]]"
    ) -> None:
        for out in packets:
            out.stream = track.target
            out.time_base = track.tick
            try:
                target.mux(out)
                track.copied += 1
            except av.error.InvalidDataError:
                self._refused += 1

    def _clock(self, track: _Track) -> Clock | None:
        """Return what keeps a track in order; captions of most files need no order."""
        end = clock_end(self._info.container)
        if track.source.type not in ("audio", "video") and end is None:
            return None  # captions may be at one time, and muxers let them
        return Clock(
            step=1,
            second=max(1, round(1 / track.tick)),
            is_strict=self._plan.container.muxer in ("mp4", "mov"),
            end=end and end * track.split,
            seams=[round(seconds / track.tick) for seconds in self._seams],
        )


def add_copy(target: OutputContainer, source: Stream) -> Stream:
    """Add a stream like the source's; the codec's parameters come along."""
    try:
        return target.add_stream_from_template(source, opaque=True)
    except ValueError:
        # Matroska can carry it, but only the muxer knows how: WMA in a RIFF header.
        stream = target.add_mux_stream("aac")
        BitStreamFilterContext("null", in_stream=source, out_stream=stream)
        return stream


def _first_packet(container: InputContainer, index: int) -> "Packet[Any] | None":
    packets = demux(container, container.streams[index])
    return next((packet for packet in packets if packet.size), None)


def _seconds(packet: "Packet[Any]") -> Fraction:
    stamp = packet.dts if packet.dts is not None else packet.pts
    return (stamp or 0) * packet.time_base
