"""Decides, before any work, how a film will be stored and what will be kept."""

from collections.abc import Container as Collected
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor, isfinite
from pathlib import Path

from vidcolor.errors import OptionError, UsageError
from vidcolor.media.color_tags import UNSPECIFIED, ColorTags
from vidcolor.media.containers import (
    BY_EXTENSION,
    COMMON_AUDIO,
    MATROSKA,
    WEBM,
    Container,
    container_for,
)
from vidcolor.media.encoders import (
    ARCHIVAL,
    CONSTANT_RATE,
    HIGHEST_CRF,
    PRESETS,
    QUICK_SETTINGS,
    best_format,
    codec_of,
    depths_of,
    encoder_name,
    is_full_range_lost,
    is_matrix_lost,
    settings_for,
)
from vidcolor.media.fates import Fate, StreamFate, dropped, fates_of
from vidcolor.media.glances import Change, Glance, change_of_shape, glances
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import planar_format
from vidcolor.media.plan_notes import notes_for
from vidcolor.media.span import Span
from vidcolor.media.target_file import check_target
from vidcolor.media.target_plan import Plan
from vidcolor.media.trial import opens, takes, try_encoder
from vidcolor.yuv import Siting, YuvFormat

__all__ = ["Plan", "plan_target"]

_WHOLE = Span()
_LATE = Fraction(1, 2)  # of a frame
_OUT_OF_STEP = Fraction(1, 20)  # seconds that sound may be early; people hear more
_DOLBY_VISION = {"DOVI_METADATA", "DOVI_RPU_BUFFER"}

_OTHER_RATES = {"qp", "b", "q", "lossless"}  # ways to say how good, besides a crf


def plan_target(
    info: FilmInfo,
    target: Path,
    *,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    quick: bool = False,
    options: dict[str, str] | None = None,
    explicit: bool = True,
    overwrite: bool = False,
    spared: Collected[Path] = (),
    span: Span = _WHOLE,
) -> Plan:
    """Return how a film will be stored at the target; nothing is written.

    `codec` is a common name (h264, hevc, av1, vp9, ffv1, prores, dnxhd) or an
    encoder's. Without `explicit`, the target's name was not chosen by a person, and a
    container that cannot carry the result gives way to Matroska. If `quick`, and
    neither a CRF nor a preset is given, x264 takes less time, at about the same
    quality. What is `spared` is not replaced, even if `overwrite`. `span` is the part
    that will be coloured.

    Raises:
        OptionError: codec, options, container and film do not fit each other.
        UsageError: one option is given in two ways.
        WriteError: nothing can be written there.
    """
    if info.color.problem:
        raise OptionError(_not_for_screens(info))
    if info.side_data & _DOLBY_VISION and info.color.trc == UNSPECIFIED:
        raise OptionError(
            f"{info.path}: its light is coded in a way of Dolby Vision's own, which no "
            "colours can be made for; convert it to BT.709 first"
        )
    seen = glances(info, span)
    if change := change_of_shape(info, seen):
        raise OptionError(_not_one_film(info, change))
    info = _with_all(info, seen)
    container = _container(target, explicit=explicit)
    encoder, pix_fmt, kept = _choose(info, container, codec, explicit)
    fates = _fates(info, kept, span)
    if kept.is_steady and (late := _late(info, fates, span)):
        codec = codec_of(encoder)
        if explicit or codec not in MATROSKA.video:
            raise OptionError(f"{kept.title} cannot {late}; {_better_name(codec)}")
        kept = MATROSKA
        fates = _fates(info, kept, span)
    path = target if kept is container else target.with_suffix(".mkv")
    check_target(info.path, path, overwrite=overwrite, spared=spared)
    settings = settings_for(encoder, pix_fmt, info)
    told = {"crf", "preset"} & (options or {}).keys()
    if quick and crf is None and preset is None and not told:
        settings |= QUICK_SETTINGS.get(encoder, {})
    settings = _settings(encoder, settings, crf, preset, options or {})
    try_encoder(encoder, pix_fmt, info, settings)
    yuv = _yuv(info, pix_fmt)
    steady = kept.is_steady or encoder in CONSTANT_RATE
    plan = Plan(
        path=path,
        container=kept,
        encoder=encoder,
        pix_fmt=pix_fmt,
        yuv=yuv,
        options=settings,
        color=info.color.spelled_out(yuv.matrix, full_range=yuv.full_range),
        time_base=1 / info.rate if steady else _fine_enough(info.time_base),
        scan=info.scan,
        streams=fates,
        notes=(),
        overwrite=overwrite,
    )
    notes = notes_for(info, plan, target, seen, span, by_default=codec is None)
    return replace(plan, notes=notes)


def _with_all(info: FilmInfo, seen: list[Glance]) -> FilmInfo:
    """Return a film with what only some of its pictures have."""
    riders = (glance.side_data for glance in seen)
    scans = [info.scan, *(glance.scan for glance in seen)]
    return replace(
        info,
        side_data=info.side_data.union(*riders),
        # Interlaced if one of them is: whole ones come to no harm by it.
        scan=next((scan for scan in scans if scan.interlaced), info.scan),
    )


def _fates(info: FilmInfo, container: Container, span: Span) -> tuple[StreamFate, ...]:
    fates = fates_of(info, container, cut=span.is_cut(info))
    return tuple(_tried(fate, info, container) for fate in fates)


def _late(info: FilmInfo, fates: tuple[StreamFate, ...], span: Span) -> str:
    """Return what starts too late for a container where everything starts at 0."""
    carried = {fate.index for fate in fates if fate.fate is not Fate.DROP}
    for stream in (s for s in info.streams if s.index in carried):
        is_film = stream.index == info.index
        late = (stream.start or 0) - span.shift
        bearable = _LATE / info.rate if is_film else _OUT_OF_STEP
        if stream.kind in ("audio", "video") and late > bearable:
            what = "sound" if stream.kind == "audio" else "a picture"
            return f"start {what} {float(late):.3f} s late"
    return ""


def _container(target: Path, *, explicit: bool) -> Container | None:
    container = container_for(target)
    if container is None and explicit:
        known = " ".join(BY_EXTENSION)
        raise OptionError(
            f"{target}: its ending must say how the film is stored: {known} (a folder "
            "must be there)"
        )
    return container


def _tried(fate: StreamFate, info: FilmInfo, container: Container) -> StreamFate:
    """Return a stream's fate once its container was asked about sound it rarely has."""
    stream = next(s for s in info.streams if s.index == fate.index)
    is_rare = stream.kind == "audio" and stream.codec not in COMMON_AUDIO
    if fate.fate is not Fate.COPY or not is_rare or takes(container, info, fate.index):
        return fate
    return replace(fate, fate=Fate.DROP, reason=f"{container.title} cannot carry it")


def _not_for_screens(info: FilmInfo) -> str:
    return (
        f"{info.path}: {info.color.problem}, which no colours can be made for; convert "
        "it to BT.709 first, as with FFmpeg's zscale=transfer=bt709:primaries=bt709"
    )


def _not_one_film(info: FilmInfo, change: Change) -> str:
    # Not later than it is: the first frame of the other shape would be lost.
    first = floor((change.after.seconds - info.start) * 1000) / 1000
    return (
        f"{info.path}: its picture changes from {change.before.shape} to "
        f"{change.after.shape} {change.lies(info)}: colour the parts one by one, with "
        f"--end {first:.3f} and with --start {first:.3f}"
    )


def _yuv(info: FilmInfo, pix_fmt: str) -> YuvFormat:
    layout = planar_format(pix_fmt)
    return replace(
        info.yuv,
        depth=layout.depth,
        chroma_shift_x=layout.shift_x,
        chroma_shift_y=layout.shift_y,
        siting=Siting.LEFT,  # the chroma is new, and this is every encoder's default
    )


def _fine_enough(tick: Fraction) -> Fraction:
    """Return a part of the tick, at most a millisecond: a cut may fall between two."""
    fine = tick / ceil(tick * 1000)
    return fine if fine.denominator < 1 << 31 else tick  # FFmpeg's fractions are ints


def _choose(
    info: FilmInfo, container: Container | None, codec: str | None, explicit: bool
) -> tuple[str, str, Container]:
    """Return encoder, pixel format and container that fit each other and the film."""
    encoders = [encoder_name(codec)] if codec else _defaults(info, container, explicit)
    refusals = []
    for encoder in encoders:
        pix_fmt = best_format(encoder, info, deepen=codec is not None)
        if is_full_range_lost(encoder, info):
            refusals.append(f"{encoder} cannot hold this film's full range; try ffv1")
        elif is_matrix_lost(encoder, info):
            refusals.append(f"{encoder} cannot say what matrix this film has; try ffv1")
        elif pix_fmt is None:
            refusals.append(_cannot_hold(encoder, info))
        elif codec is None and not opens(
            encoder, pix_fmt, info, settings_for(encoder, pix_fmt, info)
        ):
            refusals.append(f"{encoder} does not open for {info.width}x{info.height}")
        elif container is not None and _fits(info, encoder, container, explicit):
            return encoder, pix_fmt, container
        elif not explicit and codec_of(encoder) in MATROSKA.video:
            return encoder, pix_fmt, MATROSKA
        else:
            refusals.append(_cannot_carry(container, encoder, info))
            if explicit:
                break  # the next ones hold more bits, which is no reason to take them
    raise OptionError(refusals[-1])


def _defaults(info: FilmInfo, container: Container | None, explicit: bool) -> list[str]:
    """Return the encoders to try for a film, best first."""
    family = ARCHIVAL.get(info.codec)
    if family and not (explicit and _is_for_watching(container, family)):
        carried = MATROSKA.video | (container.video if container else frozenset())
        return [name for name in (family, "ffv1") if codec_of(name) in carried]
    if container is WEBM:
        return ["libvpx-vp9", "libsvtav1", "libx264", "libx265", "ffv1"]
    return ["libx264", "libx265", "ffv1"]


def _is_for_watching(container: Container | None, family: str) -> bool:
    """Whether a person who names this container gives up an archive's codec."""
    if container is None or container.muxer == "mp4":
        return True
    return container is not MATROSKA and codec_of(family) not in container.video


def _fits(info: FilmInfo, encoder: str, container: Container, explicit: bool) -> bool:
    if codec_of(encoder) not in container.video:
        return False
    if info.display_matrix and not container.turned:
        return False
    if not container.color and not _is_clear_untagged(info):
        return False
    return explicit or not _loses_more(info, container)


def _is_clear_untagged(info: FilmInfo) -> bool:
    """Whether players that are told nothing take the pixels for what they are."""
    guessed = ColorTags().matrix_for(info.height)
    return info.yuv.matrix is guessed and not info.yuv.full_range


def _loses_more(info: FilmInfo, container: Container) -> bool:
    """Whether Matroska would keep streams that this container drops."""
    return dropped(fates_of(info, MATROSKA)) < dropped(fates_of(info, container))


def _cannot_hold(encoder: str, info: FilmInfo) -> str:
    depths = ", ".join(map(str, depths_of(encoder)))
    if not depths:
        return f"{encoder} takes no pictures of luma and chroma; try --codec ffv1"
    return (
        f"{encoder} does not hold this film's {info.format.depth}-bit "
        f"{info.width}x{info.height} picture (it takes {depths} bits); "
        "--codec ffv1 holds every film"
    )


def _cannot_carry(container: Container | None, encoder: str, info: FilmInfo) -> str:
    title = container.title if container else "This container"
    codec = codec_of(encoder)
    if container and codec in container.video:
        turned = info.display_matrix and not container.turned
        what = "that it is turned" if turned else "what range and matrix it has"
        return f"{title} cannot say of the picture {what}; {_better_name(codec)}"
    others = f" ({', '.join(sorted(container.video))})" if container else ""
    endings = [name for name, c in BY_EXTENSION.items() if codec in c.video]
    other = f"a {endings[0]}, or " if endings else ""
    return f"{title} cannot carry {codec}; name {other}another --codec{others}"


def _better_name(codec: str) -> str:
    """Return what to do where a container has no room for what is said of a picture."""
    return "name a .mkv" + ("" if codec in MATROSKA.video else ", and another --codec")


def _settings(
    encoder: str,
    settings: dict[str, str],
    crf: float | None,
    preset: str | None,
    options: dict[str, str],
) -> dict[str, str]:
    """Return an encoder's settings with the user's put over them."""
    for name, value in (("crf", crf), ("preset", preset)):
        if value is None:
            continue
        if name in options:
            raise UsageError(f"--{name} and -x {name}= say one thing: leave one out")
        if name not in settings:
            raise OptionError(f"{encoder} has no --{name}; leave it out")
        settings[name] = f"{value:g}" if isinstance(value, float | int) else value
    if preset is not None or "preset" in options:
        settings.pop("partitions", None)  # another preset has its own
    if options.keys() & _OTHER_RATES:
        for name in ("crf", "b"):
            settings.pop(name, None)  # encoders would follow both, or refuse
    for name, value in options.items():
        ours = settings.get(name) if name.endswith("-params") else None
        settings[name] = f"{ours}:{value}" if ours else value  # the last one counts
    _check_settings(encoder, settings)
    return settings


def _check_settings(encoder: str, settings: dict[str, str]) -> None:
    """Refuse what an encoder would take for something else, or tell in its own way."""
    preset, presets = settings.get("preset"), PRESETS.get(encoder)
    if preset and presets and preset not in presets:
        raise OptionError(
            f"{encoder} has no preset {preset!r}; it has {', '.join(presets)}"
        )
    crf, highest = settings.get("crf", ""), HIGHEST_CRF.get(encoder)
    if highest and _is_number(crf) and not 0 <= float(crf) <= highest:
        raise OptionError(f"{encoder} has a CRF of 0 to {highest}, not {crf}")


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
