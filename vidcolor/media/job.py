"""What makes one job another: the film, and all settings that its result depends on."""

import hashlib
from collections.abc import Mapping
from fractions import Fraction

import av

from vidcolor import __version__
from vidcolor.media.info import FilmInfo
from vidcolor.media.span import Span
from vidcolor.media.target_plan import Plan

Job = dict[str, str]  # from what people call it to its value

_ENDS = 1 << 20  # bytes: head and tail tell two films apart, all of it takes long
_FILM, _MODEL, _HEADER = "film", "model", "header"
_UNSHOWN = {
    _FILM: "the film has changed since",
    _MODEL: "it was begun with another model",
    _HEADER: "the encoder sets itself up in another way here than where it was begun",
}


def describe(
    info: FilmInfo,
    plan: Plan,
    span: Span,
    header: bytes,
    settings: Mapping[str, str],
) -> Job:
    """Return what a resumed job must have in common with the one that was begun.

    `header` is what the encoder says of its stream (extradata): x265's depends on how
    many processors there are. `settings` are those of the colours.
    """
    return {
        _FILM: fingerprint(info),
        **settings,
        "--start": _time(span.begin, info),
        "--end": _time(span.end, info),
        "encoder": plan.encoder,
        "pixel format": plan.pix_fmt,
        "options": " ".join(f"{key}={value}" for key, value in plan.options.items()),
        "time base": str(plan.time_base),
        _HEADER: hashlib.sha256(header).hexdigest(),
        "vidcolor": __version__,
        "PyAV": av.__version__,
    }


def fingerprint(info: FilmInfo) -> str:
    """Return what tells a film's file from all others, and from itself changed."""
    with info.path.open("rb") as file:
        ends = hashlib.sha256(file.read(_ENDS))
        file.seek(max(0, info.stamp.size - _ENDS))
        ends.update(file.read(_ENDS))
    return f"{info.stamp.size} {info.stamp.mtime_ns} {ends.hexdigest()}"


def misfits(begun: Job, now: Job) -> list[str]:
    """Return what has changed since a job was begun, a clause each."""
    found = []
    for name in {**begun, **now}:
        old, new = begun.get(name, "none"), now.get(name, "none")
        if old != new:
            changed = f"it was begun with {name} {old}, now {new}"
            found.append(_UNSHOWN.get(name, changed))
    return found


def _time(seconds: Fraction | None, info: FilmInfo) -> str:
    if seconds is None:
        return "none"
    # To the microsecond, as options are taken, however late in a film.
    return f"{float(seconds - info.start):.6f}".rstrip("0").rstrip(".") + " s"
