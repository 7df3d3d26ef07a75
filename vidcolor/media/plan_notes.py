"""What to say of a plan before the work starts."""

from itertools import pairwise
from pathlib import Path

from vidcolor.media.aspect import is_layout_known
from vidcolor.media.containers import MATROSKA
from vidcolor.media.encoders import (
    ARCHIVAL,
    CONSTANT_RATE,
    codec_of,
    is_interlacing_lost,
)
from vidcolor.media.fates import Fate, dropped, fates_of, has_cover
from vidcolor.media.glances import Change, Glance
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import planar_format
from vidcolor.media.span import Span
from vidcolor.media.tags import kept_tags, language_in, unnamed
from vidcolor.media.target_plan import Plan
from vidcolor.rgb_space import Transfer

_TELL_FIELDS = {"h264", "mpeg2video"}  # whatever their container says

# What rides along with pictures, for people, and the encoders that carry it.
_RIDERS: list[tuple[set[str], str, set[str]]] = [
    (
        {"A53_CC"},
        "closed captions",
        {"libx264", "libx265", "mpeg2video", "h264_nvenc", "hevc_nvenc"},
    ),
    (
        {"MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL"},
        "HDR10 metadata of the screen it was mastered on",
        {"libx264", "libx265", "libsvtav1"},
    ),
    ({"DYNAMIC_HDR_PLUS"}, "HDR10+ metadata", set()),
    ({"DOVI_METADATA", "DOVI_RPU_BUFFER"}, "Dolby Vision metadata", set()),
    ({"STEREO3D"}, "mark of a picture for two eyes (3D)", {"libx264"}),
    ({"AFD"}, "active format description (AFD)", {"libx264"}),
]


def notes_for(
    info: FilmInfo,
    plan: Plan,
    target: Path,
    seen: list[Glance],
    span: Span,
    *,
    by_default: bool,
) -> tuple[str, ...]:
    """Return what a person should know before the work starts, a clause each.

    `target` is what was asked for, `seen` what the film is in some places, `span` the
    part that will be coloured; `by_default` says that nobody chose the codec.
    """
    notes = list(info.notes)
    if plan.path != target:
        wanted = target.suffix.lstrip(".").upper() or "That"
        notes.append(
            f"{wanted} cannot carry the result; it is written as {plan.path.name}"
        )
    notes += _picture_notes(info, plan, by_default)
    notes += _rider_notes(info, plan)
    notes += _change_notes(info, seen)
    notes += _time_notes(info, plan)
    notes += _label_notes(info, plan)
    if _has_timecode_tag(info):
        notes += _timecode_notes(plan, is_cut=span.is_cut(info))
    for stream in plan.streams:
        if stream.reason:
            notes.append(f"{stream.what} is left out: {stream.reason}")
        elif stream.fate in (Fate.TO_MOV_TEXT, Fate.TO_SUBRIP):
            notes.append(f"{stream.what} is {stream.fate.value}")
    in_matroska = fates_of(info, MATROSKA, cut=span.is_cut(info))
    if dropped(plan.streams) > dropped(in_matroska):
        notes.append("a .mkv would keep them")
    if info.chapters and not plan.container.chapters:
        notes.append(f"{plan.container.title} has no chapters: they are left out")
    return tuple(notes)


def _has_timecode_tag(info: FilmInfo) -> bool:
    """Whether a timecode is all in a tag, with no stream of its own to be told of."""
    tags = {tag.lower() for s in info.streams for tag in s.metadata}
    tags |= {tag.lower() for tag in info.metadata}
    return "timecode" in tags and all(s.kind != "timecode" for s in info.streams)


def _timecode_notes(plan: Plan, *, is_cut: bool) -> list[str]:
    if is_cut:
        return ["its timecode is left out: it counts from the film's first frame"]
    if not plan.container.timecode:
        return [f"{plan.container.title} has no place for its timecode"]
    return []


def _rider_notes(info: FilmInfo, plan: Plan) -> list[str]:
    """Say what rides along with the pictures and cannot any more."""
    lost = [
        name
        for kinds, name, encoders in _RIDERS
        if kinds & info.side_data and plan.encoder not in encoders
    ]
    return [f"{plan.encoder} does not carry its {name}" for name in lost]


def _time_notes(info: FilmInfo, plan: Plan) -> list[str]:
    container, step = plan.container, 1 / info.rate
    if container.is_steady or plan.encoder in CONSTANT_RATE:
        what = container.title if container.is_steady else plan.encoder
        own = info.container == container.muxer
        return [] if own else [f"{what} has a steady rate: uneven times become even"]
    tick = container.tick
    if tick and info.time_base % tick and step % tick:
        return [f"{container.title} rounds times to {float(tick) * 1000:g} ms"]
    return []


def _label_notes(info: FilmInfo, plan: Plan) -> list[str]:
    """Say which tags, names, languages and marks the container has no place for."""
    container = plan.container
    kept = {f.index for f in plan.streams if f.fate is not Fate.DROP}
    streams = [stream for stream in info.streams if stream.index in kept]
    lost = []
    if has_cover(info, plan.streams) and (
        tags := unnamed(kept_tags(info.metadata), container)
    ):
        lost.append(f"the tags {', '.join(sorted(tags))} beside a cover")
    if container.tags is not None:
        tags = {name.lower() for name in kept_tags(info.metadata)} - container.tags
        lost += [f"the tags {', '.join(sorted(tags))}"] if tags else []
    if container.marks is not None:
        others = (s for s in streams if s.kind != "cover" and s.index != info.index)
        marks = {mark for s in others for mark in s.disposition} - container.marks
        lost += [f"the marks of streams: {', '.join(sorted(marks))}"] if marks else []
    if not container.names and any(stream.title for stream in streams):
        lost.append("the names of streams")
    spoken = {stream.language for stream in streams} - {"", "und"}  # undetermined
    if unsaid := [word for word in spoken if not language_in(container, word)]:
        lost.append(f"the languages of streams: {', '.join(sorted(unsaid))}")
    return [f"{container.title} has no place for {what}" for what in lost]


def _change_notes(info: FilmInfo, seen: list[Glance]) -> list[str]:
    for before, after in pairwise(seen):
        if before.sar != after.sar:
            return [
                f"the shape of its samples changes from {before.sar} to {after.sar} "
                f"{Change(before, after).lies(info)}; the result has {info.sar} "
                "throughout (--start and --end colour a part)"
            ]
    return []


def _picture_notes(info: FilmInfo, plan: Plan, by_default: bool) -> list[str]:
    notes = []
    layout = planar_format(plan.pix_fmt)
    source = info.format
    own = ARCHIVAL.get(info.codec)  # what it would have been stored as
    if by_default and own not in (None, plan.encoder):
        notes.append(f"its {info.codec} becomes {codec_of(plan.encoder)}")
    elif by_default and own is None and plan.encoder == "ffv1":
        notes.append(f"{source.depth}-bit pictures are kept with FFV1 (large files)")
    elif by_default and plan.encoder == "libx265":
        notes.append(f"{source.depth}-bit pictures are kept with HEVC")
    if layout.depth != source.depth:
        notes.append(f"{plan.encoder} takes {layout.depth} bits: luma is scaled up")
    new_grid = (layout.shift_x, layout.shift_y) != (source.shift_x, source.shift_y)
    if new_grid and source.has_chroma and not info.pix_fmt_is_rgb:
        notes.append(
            f"{info.pix_fmt} becomes {plan.pix_fmt}, which {plan.encoder} takes"
        )
    elif not source.has_chroma and (layout.shift_x, layout.shift_y) != (1, 1):
        notes.append(
            f"the grey picture becomes {plan.pix_fmt}: {plan.encoder} does not take "
            f"4:2:0 at {info.width}x{info.height}"
        )
    if (transfer := info.yuv.rgb.transfer) in (Transfer.PQ, Transfer.HLG):
        notes.append(
            f"{transfer.value} (HDR) keeps its {layout.depth} bits and "
            "its tags; the network takes what is brighter than paper for white"
        )
    tells_fields = plan.container.fields or codec_of(plan.encoder) in _TELL_FIELDS
    if info.scan.interlaced and not tells_fields:
        notes.append(f"{plan.container.title} does not say which field is shown first")
    elif is_interlacing_lost(plan.encoder, info):
        notes.append(
            f"{plan.encoder} does not mark its frames as interlaced: only the "
            f"{plan.container.title} file says so"
        )
    carried = plan.container.sar or plan.encoder in ("libx264", "libx265")
    if info.sar != 1 and not carried and not is_layout_known():
        notes.append(
            f"the shape of its samples ({info.sar}) may be lost: this PyAV "
            f"is not one that can be told of it; H.264 or HEVC keep it"
        )
    if source.has_alpha and not layout.has_alpha:
        notes.append(f"{plan.encoder} does not hold its transparency (alpha)")
    return notes
