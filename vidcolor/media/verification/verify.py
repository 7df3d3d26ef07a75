"""Decodes a source and its result side by side, and says what is equal in both."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from vidcolor.errors import ReadError
from vidcolor.media.encoders import is_lossless
from vidcolor.media.info import ChapterInfo, FilmInfo
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.tags import kept_tags
from vidcolor.media.target_plan import Plan
from vidcolor.media.verification.pictures import PictureCheck, compare, pair, shown
from vidcolor.media.verification.streams import StreamCheck, check_streams

_IN_STEP = 0.002  # seconds: what rounding may move sound against the picture
_FROM_0 = {"mpegts"}  # muxers that move all of a film alike so that nothing is below 0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verification:
    """What was compared, and what is not as the plan said."""

    lossless: bool  # the encoder promised to keep every luma code
    pictures: PictureCheck
    streams: tuple[StreamCheck, ...]
    chapters: int  # of the result
    tags: int  # of the source's file that the result has
    lost_tags: tuple[str, ...]  # no fault: some containers have no place for them
    faults: tuple[str, ...]  # a clause each; empty if all is as planned

    def lines(self) -> list[str]:
        """Return what was found equal, for people."""
        return [
            *_picture_words(self.pictures),
            *(f"{s.stream}: {_stream_words(s)}" for s in self.streams if s.equal),
            f"{_count(self.chapters, 'chapter')}, {_count(self.tags, 'tag')} kept"
            + (f" ({', '.join(self.lost_tags)} not)" if self.lost_tags else ""),
        ]


def verify(
    source: Path,
    plan: Plan,
    start: Fraction | None = None,
    end: Fraction | None = None,
    on_frame: Callable[[int], None] = lambda count: None,
) -> Verification:
    """Return what a finished film has in common with its source.

    `start` and `end` are those of the part that was coloured. Luma is compared at the
    result's depth: a source of fewer bits is brought there, code for code, as the plan
    says; pixels without luma (RGB) by the luma that they were given on reading.
    `on_frame` is told how many frames have been looked at.

    Raises:
        ReadError: one of them cannot be read, or the result is of another size.
    """
    before, after = Reader(source, start), Reader(plan.path)
    span = Span.of(before.info, start, end)
    _check_shape(before.info, after.info, plan)
    tick = plan.container.tick
    old = shown(before.frames(start, end), plan.yuv, span.shift, tick)
    new = shown(after.frames(), plan.yuv, Fraction(0))
    pairs = pair(old, new, may_be_late=plan.container.muxer in _FROM_0)
    pictures = compare(_counted(pairs, on_frame), plan.yuv.depth)
    streams = check_streams(before.info, after.info, plan.streams, span)
    tags, there = _tags(before.info), _tags(after.info)
    lossless = is_lossless(plan.encoder, plan.pix_fmt, plan.options)
    return Verification(
        lossless=lossless,
        pictures=pictures,
        streams=streams,
        chapters=len(after.info.chapters),
        tags=len(tags & there),
        lost_tags=tuple(sorted(name for name, _ in tags - there)),
        faults=(
            *_picture_faults(pictures, lossless),
            *_time_faults(pictures, streams, plan, after.info),
            *_decoding_faults(after),
            *(f"{s.stream} {s.problem}" for s in streams if s.problem),
            *_chapter_faults(before.info, after.info, plan, span),
        ),
    )


def _check_shape(before: FilmInfo, after: FilmInfo, plan: Plan) -> None:
    wanted = f"{before.width}x{before.height} with {plan.yuv.depth} bits"
    found = f"{after.width}x{after.height} with {after.yuv.depth} bits"
    if found != wanted:
        raise ReadError(plan.path, f"is {found}, where {wanted} was to be")


def _counted(items: Iterable[T], on_item: Callable[[int], None]) -> Iterator[T]:
    for count, item in enumerate(items, start=1):
        yield item
        on_item(count)


def _picture_faults(pictures: PictureCheck, lossless: bool) -> list[str]:
    faults = []
    if pictures.missing:
        faults.append(
            f"{_count(pictures.missing, 'frame')} missing, "
            f"the first at {pictures.first_missing:.3f} s"
        )
    if pictures.added:
        faults.append(f"{_count(pictures.added, 'frame')} that the source has not")
    if pictures.unlike:
        faults.append(
            f"{_count(pictures.unlike, 'frame')} not of the source's picture, "
            f"the first at {pictures.first_unlike:.3f} s"
        )
    if lossless and pictures.changed:
        faults.append(
            f"luma is changed in {_count(pictures.changed, 'frame')}, "
            f"the first at {pictures.first_changed:.3f} s"
        )
    return faults


def _time_faults(
    pictures: PictureCheck, streams: Iterable[StreamCheck], plan: Plan, after: FilmInfo
) -> list[str]:
    """Return what is shown or heard at another time than in the source."""
    rounding = float(plan.time_base + after.time_base) / 2  # to two clocks
    moved = pictures.moved if plan.container.muxer in _FROM_0 else 0
    faults = []
    if pictures.time_error - abs(moved) > rounding:
        faults.append(
            f"the frame at {pictures.time_error_at:.3f} s "
            f"is shown {pictures.time_error:.3f} s too early or late"
        )
    for stream in streams:
        late = (stream.moved or 0) - moved
        if stream.moved is not None and abs(late) > _IN_STEP + rounding:
            when = "late" if late > 0 else "early"
            faults.append(f"{stream.stream} starts {abs(late):.3f} s too {when}")
    return faults


def _decoding_faults(after: Reader) -> list[str]:
    # Holes in its time may be the source's own, and what is missing is told above.
    damage = replace(after.damage, gap_frames=0, cut_off="")
    return [f"the result does not decode whole: {line}" for line in damage.lines()]


def _chapter_faults(
    before: FilmInfo, after: FilmInfo, plan: Plan, span: Span
) -> list[str]:
    if not plan.container.chapters:
        return []  # the plan has said so
    wanted = [c.title for c in before.chapters if _is_kept(c, span)]
    found = [c.title for c in after.chapters]
    if wanted == found:
        return []
    return [f"chapters are not the source's: {len(wanted)} became {len(found)}"]


def _is_kept(chapter: ChapterInfo, span: Span) -> bool:
    """Whether a chapter has a share in the span."""
    if span == Span():
        return True
    starts_late = span.end is not None and chapter.start >= span.end
    ends_early = span.begin is not None and chapter.end <= span.begin
    return not starts_late and not ends_early and chapter.start < chapter.end


def _tags(info: FilmInfo) -> set[tuple[str, str]]:
    return {(name.lower(), text) for name, text in kept_tags(info.metadata).items()}


def _picture_words(pictures: PictureCheck) -> list[str]:
    luma = "luma is equal bit for bit in all of them"
    if pictures.changed:
        luma = (
            f"luma is {pictures.psnr:.2f} dB from the source's (PSNR of all samples), "
            f"in the worst {pictures.worst_psnr:.2f} dB, at {pictures.worst_time:.3f} s"
        )
    times = f"times differ by {pictures.time_error:.6f} s at most"
    if pictures.moved:
        when = "later" if pictures.moved > 0 else "earlier"
        times += f"; all are {abs(pictures.moved):.6f} s {when}"
    return [f"{_count(pictures.frames, 'frame')} compared: {luma}", times]


def _stream_words(stream: StreamCheck) -> str:
    of = f"in {_count(stream.packets, 'packet')}"
    return {
        "bytes": f"all {stream.size} bytes {of} are equal",
        "words": f"all words {of} are equal",
        "timecode": "the timecode is equal",
        "samples": f"decodes to equal samples {of} that the container frames anew",
    }[stream.equal]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
