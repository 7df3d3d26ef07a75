"""A film glanced at in a few places, to find before the work what changes in it.

Decoding it all takes as long as half the work. A picture here and there finds what a
film is made of for minutes: the advertisements of another shape, the captions.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import demux, open_source, seek_margin
from vidcolor.media.picture import planar_format
from vidcolor.media.scan import Scan
from vidcolor.media.span import Span

_PLACES = 8
_SECOND = 1_000_000  # FFmpeg's unit for a whole file's times
_PATIENCE = 200  # packets without a picture, after which a place is given up


@dataclass(frozen=True, slots=True)
class Glance:
    """What one picture is."""

    seconds: Fraction  # on the file's clock
    shape: str  # as in "720x576 (8 bits)"
    sar: Fraction
    scan: Scan
    side_data: frozenset[str]  # FFmpeg's names of what rides along with the picture


@dataclass(frozen=True, slots=True)
class Change:
    """The picture is one thing until a time and another from a time on."""

    before: Glance
    after: Glance

    def lies(self, info: FilmInfo) -> str:
        """Return where, for people: `between 12.0 s and 12.5 s`, from the beginning."""
        last, first = (float(g.seconds - info.start) for g in (self.before, self.after))
        return f"between {last:.2f} s and {first:.2f} s"


def glances(info: FilmInfo, span: Span) -> list[Glance]:
    """Return what a film's pictures are in a few places of a span, in order."""
    begin = span.begin if span.begin is not None else info.start
    end = info.start + (info.duration or 0)
    end = end if span.end is None else min(end, span.end)
    if not info.timed or end <= begin:
        return []
    # The last one leads to the key frame before the end.
    places = (begin + (end - begin) * n / (_PLACES - 1) for n in range(_PLACES))
    seen = [g for g in _looks(info, places) if not span.is_after(g.seconds)]
    if span.is_cut(info):
        # Key frames may lie before the part; its own first picture `info` describes.
        seen = [g for g in seen if not span.is_before(g.seconds)]
        seen.append(_described(info, begin))
    return sorted(seen, key=lambda glance: glance.seconds)


def change_of_shape(info: FilmInfo, seen: list[Glance]) -> Change | None:
    """Return the first change of size or depth, as closely as it is known."""
    for before, after in pairwise(seen):
        if before.shape != after.shape:
            return _narrowed(info, Change(before, after))
    return None


def pictures_from(
    container: InputContainer, stream: VideoStream, seconds: Fraction
) -> Iterator[av.VideoFrame]:
    """Yield the pictures that decode from about a time on, until too many do not.

    From a key frame on: else the decoder might take what it still knows of another
    place for what it needs here, and show nonsense, of the size of that place.
    """
    begun, without = False, 0
    with suppress(av.FFmpegError):
        container.seek(int(seconds * _SECOND))
        for packet in demux(container, stream):
            begun |= packet.is_keyframe
            pictures: list[av.VideoFrame] = []
            with suppress(av.FFmpegError):
                pictures = packet.decode() if begun else []
            yield from pictures
            without = 0 if pictures else without + 1
            if without > _PATIENCE:
                return


def _key_frame(
    container: InputContainer, stream: VideoStream, seconds: Fraction
) -> av.VideoFrame | None:
    """Return the picture that a seek leads to, if it is whole and stands for itself.

    A decoder holds it back until it knows what is shown before it, which takes it
    several more. Told that there are none, it gives it at once.
    """
    try:
        container.seek(int(seconds * _SECOND))
        packet = next(demux(container, stream), None)
        if packet is None or not packet.is_keyframe or packet.is_discard:
            return None
        pictures = packet.decode() or stream.decode(None)
    except av.FFmpegError:
        return None
    return pictures[0] if pictures and not pictures[0].is_corrupt else None


def _looks(info: FilmInfo, places: Iterable[Fraction]) -> Iterator[Glance]:
    with open_source(info.path) as container:
        stream = container.streams[info.index]
        assert isinstance(stream, VideoStream)
        for place in places:
            picture = _key_frame(container, stream, place) or next(
                pictures_from(container, stream, place), None
            )
            if picture is None or picture.pts is None or picture.is_corrupt:
                continue
            yield _glance(info, stream, picture)


def _glance(info: FilmInfo, stream: VideoStream, picture: av.VideoFrame) -> Glance:
    context = stream.codec_context
    depth = planar_format(picture.format.name).depth
    return Glance(
        (picture.pts or 0) * info.time_base,
        _shape(picture.width, picture.height, depth),
        context.sample_aspect_ratio or info.sar,
        Scan.of(picture, context),
        side_data_of(picture),
    )


def _described(info: FilmInfo, seconds: Fraction) -> Glance:
    """Return what a film's description says of its picture, which is at that time."""
    shape = _shape(info.width, info.height, info.format.depth)
    return Glance(seconds, shape, info.sar, info.scan, info.side_data)


def _shape(width: int, height: int, depth: int) -> str:
    return f"{width}x{height} ({depth} bits)"


def side_data_of(picture: av.VideoFrame) -> frozenset[str]:
    """Return FFmpeg's names of what rides along with a picture."""
    kinds = (cast(Any, data).type for data in picture.side_data)  # the stubs say str
    return frozenset(str(kind).rsplit(".", 1)[-1] for kind in kinds)


def _narrowed(info: FilmInfo, change: Change) -> Change:
    """Return a change as closely as it can be found in a moment: mostly to the frame.

    The time in which it must lie is halved, down to a group of pictures, and what is
    left is decoded.
    """
    before, after = change.before, change.after
    while after.seconds - before.seconds > 1:
        middle = (before.seconds + after.seconds) / 2
        seen = next(_looks(info, [middle]), None)
        if seen is None or not before.seconds < seen.seconds < after.seconds:
            break
        if seen.shape == before.shape:
            before = seen
        else:
            after = seen
    for seen in _looks_between(info, before.seconds, after.seconds):
        if seen.shape != before.shape:
            return Change(before, seen)
        before = seen
    return Change(before, after)


def _looks_between(info: FilmInfo, begin: Fraction, end: Fraction) -> Iterator[Glance]:
    """Yield what all pictures between two times are, decoded from before them on."""
    place = max(info.start, begin - seek_margin(info.container))
    with open_source(info.path) as container:
        stream = container.streams[info.index]
        assert isinstance(stream, VideoStream)
        for picture in pictures_from(container, stream, place):
            seen = _glance(info, stream, picture)
            if seen.seconds >= end:
                return
            if seen.seconds > begin:
                yield seen
