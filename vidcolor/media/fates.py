"""What becomes of every stream of a film in a container: copied, turned or dropped."""

from dataclasses import dataclass, replace
from enum import Enum

from vidcolor.media.containers import Container, carries_audio
from vidcolor.media.info import FilmInfo, StreamInfo

_TEXT = {"subrip", "mov_text"}


class Fate(Enum):
    """What becomes of a stream."""

    ENCODE = "coloured"
    COPY = "copied"
    TO_MOV_TEXT = "turned into MP4 text"
    TO_SUBRIP = "turned into SubRip text"
    ATTACH = "kept as an attachment"
    REMAKE = "made again from its tag"
    TAG = "kept as a tag of the picture"
    DROP = "left out"


@dataclass(frozen=True, slots=True)
class StreamFate:
    """A stream of the source, and what becomes of it."""

    index: int
    fate: Fate
    what: str  # the stream, for people
    reason: str = ""  # why it cannot stay as it is


def fates_of(
    info: FilmInfo, container: Container, *, cut: bool = False
) -> tuple[StreamFate, ...]:
    """Return what becomes of each stream, in the source's order.

    Of a part, `cut` says that it begins later than the film.
    """
    fates = tuple(_fate(stream, info, container) for stream in info.streams)
    return tuple(map(_cut, fates)) if cut else fates


def _cut(fate: StreamFate) -> StreamFate:
    if fate.fate not in (Fate.REMAKE, Fate.TAG):
        return fate
    return replace(fate, fate=Fate.DROP, reason="it counts from the film's first frame")


def dropped(fates: tuple[StreamFate, ...]) -> int:
    """Return how many streams are left out."""
    return sum(fate.fate is Fate.DROP for fate in fates)


def has_cover(info: FilmInfo, fates: tuple[StreamFate, ...]) -> bool:
    """Whether a cover picture is copied as a stream."""
    covers = {stream.index for stream in info.streams if stream.kind == "cover"}
    return any(fate.fate is Fate.COPY and fate.index in covers for fate in fates)


def _fate(stream: StreamInfo, info: FilmInfo, container: Container) -> StreamFate:
    if stream.index == info.index:
        return StreamFate(stream.index, Fate.ENCODE, _what(stream))
    if not stream.is_known:
        why = "nothing in it could be read"
        return StreamFate(stream.index, Fate.DROP, _what(stream), why)
    decide = {
        "audio": _audio,
        "subtitle": _subtitle,
        "video": _video,
        "cover": _cover,
        "attachment": _attachment,
        "timecode": _timecode,
    }.get(stream.kind, _data)
    fate = decide(stream, container, info)
    why = f"{container.title} cannot carry it" if fate is Fate.DROP else ""
    return StreamFate(stream.index, fate, _what(stream), why)


def _audio(stream: StreamInfo, container: Container, info: FilmInfo) -> Fate:
    kept = carries_audio(container, stream.codec) or _is_own(container, info)
    return Fate.COPY if kept else Fate.DROP


def _subtitle(stream: StreamInfo, container: Container, _: FilmInfo) -> Fate:
    if stream.codec in container.subtitles:
        return Fate.COPY
    if stream.codec in _TEXT and container.text == "mov_text":
        return Fate.TO_MOV_TEXT
    if stream.codec in _TEXT and container.text == "subrip":
        return Fate.TO_SUBRIP
    return Fate.DROP


def _video(stream: StreamInfo, container: Container, info: FilmInfo) -> Fate:
    kept = stream.codec in container.video or _is_own(container, info)
    return Fate.COPY if kept else Fate.DROP


def _cover(_: StreamInfo, container: Container, __: FilmInfo) -> Fate:
    if container.covers == "packet":
        return Fate.COPY
    return Fate.ATTACH if container.covers else Fate.DROP


def _attachment(_: StreamInfo, container: Container, __: FilmInfo) -> Fate:
    return Fate.COPY if container.attachments else Fate.DROP


def _timecode(_: StreamInfo, container: Container, info: FilmInfo) -> Fate:
    return {"track": Fate.REMAKE, "tag": Fate.TAG}.get(container.timecode, Fate.DROP)


def _data(stream: StreamInfo, container: Container, info: FilmInfo) -> Fate:
    same_family = container.data and info.container.startswith("mov")
    return Fate.COPY if same_family and stream.codec else Fate.DROP


def _is_own(container: Container, info: FilmInfo) -> bool:
    """Whether the film comes out of such a container, which then carries it all."""
    return info.path.suffix.lower() == f".{container.muxer}" and (
        container.muxer in info.container
    )


def _what(stream: StreamInfo) -> str:
    parts = [stream.kind, str(stream.index), stream.codec, stream.language]
    named = f" {stream.title!r}" if stream.title else ""
    return " ".join(part for part in parts if part) + named
