"""The streams beside the film: whether the result holds what the source did.

What counts is what a stream's packets carry, one after another: containers cut raw
sound into other packets. Where two containers frame a codec in different ways (AAC and
H.264 in MPEG-TS), the bytes must differ, and the decoded samples must be equal.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from vidcolor.media.fates import Fate, StreamFate
from vidcolor.media.info import FilmInfo
from vidcolor.media.span import Span
from vidcolor.media.verification.payload import Payload, payloads, samples

_WHOLE = Span()
_NOT_COPIED = (Fate.ENCODE, Fate.DROP, Fate.REMAKE, Fate.TAG)
_TURNED = (Fate.TO_MOV_TEXT, Fate.TO_SUBRIP)


@dataclass(frozen=True, slots=True)
class StreamCheck:
    """What comparing a stream that was kept has shown."""

    index: int  # in the source
    stream: str  # for people
    fate: str
    equal: str  # what is equal: bytes, words, samples, timecode; "" if nothing is
    packets: int  # of the source
    size: int  # bytes of them
    moved: float | None  # seconds that its start is later; None where it has no time
    problem: str = ""


def check_streams(
    before: FilmInfo, after: FilmInfo, fates: Collection[StreamFate], span: Span
) -> tuple[StreamCheck, ...]:
    """Return a check of each stream that the plan keeps, besides the film's own."""
    kept = [fate for fate in fates if fate.fate not in _NOT_COPIED]
    plain = {fate.index for fate in kept if fate.fate is Fate.TO_MOV_TEXT}
    old = payloads(before, {fate.index for fate in kept}, span, plain)
    empty = {index for index, payload in old.items() if not payload.packets}
    twins = _twins(before, after, kept, empty)
    new = payloads(after, set(twins.values()), _WHOLE)
    checks = []
    for fate in kept:
        twin, payload = twins.get(fate.index), old[fate.index]
        found = None if twin is None else new[twin]
        equal = _equal(payload, found, fate)
        if found is None and not payload.packets:
            equal = "bytes"  # there are none, and MP4's readers do not show it then
        if not equal and twin is not None and _may_be_reframed(before, after, fate):
            decoded = samples(before, fate.index, span)
            same = decoded.size and decoded.equals(samples(after, twin, _WHOLE))
            equal = "samples" if same else ""
        checks.append(
            StreamCheck(
                index=fate.index,
                stream=fate.what,
                fate=fate.fate.value,
                equal=equal,
                packets=payload.packets,
                size=payload.size,
                moved=_moved(payload, found, span),
                problem="" if equal else _difference(payload, found),
            )
        )
    remade = [fate for fate in fates if fate.fate in (Fate.REMAKE, Fate.TAG)]
    checks += [_check_timecode(before, after, fate) for fate in remade]
    return tuple(checks)


def _twins(
    before: FilmInfo, after: FilmInfo, fates: Iterable[StreamFate], empty: set[int]
) -> dict[int, int]:
    """Return where each stream is now: containers keep the order of each kind.

    MP4's readers may not show those that are `empty`.
    """
    kinds = {stream.index: stream.kind for stream in before.streams}
    there = dict[str, list[int]]()
    for stream in after.streams:
        if stream.index != after.index:
            there.setdefault(stream.kind, []).append(stream.index)
    twins = dict[int, int]()
    now = {f.index: "cover" if f.fate is Fate.ATTACH else kinds[f.index] for f in fates}
    wanted = Counter(now.values())
    for index, kind in now.items():
        if index in empty and len(there.get(kind, ())) < wanted[kind]:
            wanted[kind] -= 1
        elif rest := there.get(kind):
            twins[index] = rest.pop(0)
            wanted[kind] -= 1
    return twins


def _check_timecode(before: FilmInfo, after: FilmInfo, fate: StreamFate) -> StreamCheck:
    (tags,) = (s.metadata for s in before.streams if s.index == fate.index)
    kind = "timecode" if fate.fate is Fate.REMAKE else "video"
    found = [_lower(s.metadata) for s in after.streams if s.kind == kind]
    same = any(t.get("timecode") == tags["timecode"] for t in found)
    return StreamCheck(
        index=fate.index,
        stream=fate.what,
        fate=fate.fate.value,
        equal="timecode" if same else "",
        packets=1,
        size=0,
        moved=None,
        problem="" if same else f"{tags['timecode']} is not in the result",
    )


def _lower(tags: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in tags.items()}  # Matroska's are upper


def _equal(old: Payload, new: Payload | None, fate: StreamFate) -> str:
    if new is None or not old.equals(new):
        return ""
    return "words" if fate.fate in _TURNED else "bytes"


def _may_be_reframed(before: FilmInfo, after: FilmInfo, fate: StreamFate) -> bool:
    (kind,) = (s.kind for s in before.streams if s.index == fate.index)
    return kind in ("audio", "video") and before.container != after.container


def _moved(old: Payload, new: Payload | None, span: Span) -> float | None:
    if new is None or old.start is None or new.start is None:
        return None
    return float(new.start - (old.start - span.shift))


def _difference(old: Payload, new: Payload | None) -> str:
    if new is None:
        return "is not in the result"
    return (
        f"is not the source's: {old.packets} packets of {old.size} bytes "
        f"became {new.packets} of {new.size}"
    )
