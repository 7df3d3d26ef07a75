"""What `vidcolor info` says of a film: facts by name, for people and for programs."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vidcolor.account import outcome
from vidcolor.errors import VidcolorError
from vidcolor.media.info import FilmInfo
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.sources import default_target
from vidcolor.survey import Survey, survey


def describe(
    source: Path, on_frame: Callable[[int], None] = lambda count: None
) -> dict[str, Any]:
    """Return facts about a film, and what colouring it would keep.

    Paths apart, JSON can hold them. What stands in the account of a coloured film, too,
    has the same name here.

    Raises:
        ReadError: the film cannot be read.
    """
    with Reader(source) as reader:
        seen = survey(reader, on_frame)
        return {
            **_film(reader.info),
            **_seen(seen),
            "lost_frames": reader.damage.lost_frames,
            "lost": reader.damage.lines(),
            **_future(reader.info),
        }


def _film(info: FilmInfo) -> dict[str, Any]:
    rotated = f", turned by {info.rotation} degrees" if info.rotation else ""
    shape = f", sample aspect {info.sar}" if info.sar != 1 else ""
    return {
        "source": info.path,
        "container": info.container,
        "duration": None if info.duration is None else float(info.duration),
        "start": float(info.start),
        "video": f"{info.codec} {info.width}x{info.height}{shape}{rotated}",
        "pixels": info.pix_fmt,
        "bits": info.yuv.depth,
        "range": "full" if info.yuv.full_range else "limited",
        "matrix": info.yuv.matrix.name,
        "scan": str(info.scan),
        "rate": float(info.rate),
        "chapters": [asdict(c) | _times(c) for c in info.chapters],
        "metadata": dict(info.metadata),
    }


def _times(chapter: Any) -> dict[str, float]:
    return {"start": float(chapter.start), "end": float(chapter.end)}


def _seen(seen: Survey) -> dict[str, Any]:
    return {
        "color": seen.color.value,
        "frames": seen.frames,
        "shots": [
            {"start": float(s.start), "end": float(s.end), "frames": s.frames}
            for s in seen.shots
        ],
    }


def _future(info: FilmInfo) -> dict[str, Any]:
    try:
        plan: Plan = plan_target(
            info, default_target(info.path), explicit=False, overwrite=True
        )
    except VidcolorError as error:
        return {"target": None, "notes": [*info.notes, str(error)]}
    return outcome(plan)
