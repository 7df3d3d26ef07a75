"""What to say of a plan before the work starts."""

from pathlib import Path

from vidcolor.media.aspect import is_layout_known
from vidcolor.media.containers import MATROSKA
from vidcolor.media.encoders import ARCHIVAL, codec_of, is_interlacing_lost
from vidcolor.media.fates import Fate, dropped, fates_of
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import planar_format
from vidcolor.media.target_plan import Plan
from vidcolor.rgb_space import Transfer


def notes_for(
    info: FilmInfo, plan: Plan, target: Path, *, by_default: bool
) -> tuple[str, ...]:
    """Return what a person should know before the work starts, a clause each.

    `target` is what was asked for; `by_default` says that nobody chose the codec.
    """
    notes = list(info.notes)
    if plan.path != target:
        wanted = target.suffix.lstrip(".").upper() or "That"
        notes.append(
            f"{wanted} cannot carry the result; it is written as {plan.path.name}"
        )
    notes += _picture_notes(info, plan, by_default)
    for stream in plan.streams:
        if stream.reason:
            notes.append(f"{stream.what} is left out: {stream.reason}")
        elif stream.fate in (Fate.TO_MOV_TEXT, Fate.TO_SUBRIP):
            notes.append(f"{stream.what} is {stream.fate.value}")
    if dropped(plan.streams) > dropped(fates_of(info, MATROSKA)):
        notes.append("a .mkv would keep them")
    if info.chapters and not plan.container.chapters:
        notes.append(f"{plan.container.title} has no chapters: they are left out")
    return tuple(notes)


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
    if info.yuv.rgb.transfer is not Transfer.SDR:
        notes.append(
            f"{info.yuv.rgb.transfer.value} (HDR) keeps its {layout.depth} bits and "
            "its tags; the network takes what is brighter than paper for white"
        )
    if is_interlacing_lost(plan.encoder, info):
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
