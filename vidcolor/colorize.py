"""Colour a file: read it, colour its frames, write it, and give an account."""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import monotonic

from vidcolor.colorizer import Colorizer
from vidcolor.errors import OptionError
from vidcolor.events import Finished, OnEvent, Progressed, Started
from vidcolor.media.info import FilmInfo
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.target_file import check_target
from vidcolor.media.writer import Writer
from vidcolor.pipeline import Geometry, Painted, color_frames
from vidcolor.stills import STILL_SUFFIXES, read_still, write_still
from vidcolor_models import DEFAULT_MODEL

RADIUS = 8  # neighbours on each side that ab is averaged over


def colorize(
    source: Path | str,
    target: Path | str | None = None,
    *,
    model: str | Colorizer = DEFAULT_MODEL,
    device: str = "auto",
    size: int | None = None,
    smooth: int = RADIUS,
    start: Fraction | float | None = None,
    end: Fraction | float | None = None,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    options: Mapping[str, str] | None = None,
    overwrite: bool = False,
    on_event: OnEvent = lambda event: None,
) -> Finished:
    """Colour a film or a photo, and return the account of it.

    `target` is NAME.color.EXT beside the source unless it is given. `model` is a name
    of the zoo, a weights file, or a `Colorizer`, which then has the last word on
    `device` and `size` (the short side at the network, in pixels). `smooth` counts the
    neighbours on each side that colours are averaged over, 0 for none; `start` and
    `end` are seconds. `codec`, `crf`, `preset` and `options` go to the encoder. The
    target is written under another name and takes its own at the end.

    Raises:
        VidcolorError: the file cannot be read, the target not written, or options do
            not fit; ModelError: the model cannot be used.
    """
    source = Path(source)
    aim = Path(target) if target is not None else default_target(source)
    began = monotonic()
    if source.suffix.lower() in STILL_SUFFIXES:
        check_target(source, aim, overwrite=overwrite)
        colorizer = _colorizer(model, device, size)
        done = _colorize_still(source, aim, colorizer, on_event)
        return replace(done, seconds=monotonic() - began)
    with Reader(source) as reader:
        span = _seconds(start), _seconds(end)
        plan = plan_target(
            reader.info,
            aim,
            codec=codec,
            crf=crf,
            preset=preset,
            options=dict(options or {}),
            explicit=target is not None,
            overwrite=overwrite,
        )
        colorizer = _colorizer(model, device, size)
        on_event(_started(reader.info, plan, colorizer, span))
        done = _colorize_film(reader, plan, colorizer, smooth, span, on_event)
    return replace(done, seconds=monotonic() - began)


def default_target(source: Path) -> Path:
    """Return where the result goes unless somebody says: NAME.color.EXT beside it."""
    return source.with_name(f"{source.stem}.color{source.suffix}")


def painted_frames(
    reader: Reader,
    plan: Plan,
    colorizer: Colorizer,
    radius: int,
    start: Fraction | None = None,
    end: Fraction | None = None,
) -> Generator[Painted]:
    """Yield a film's frames with chroma planes as the plan stores them."""
    info = reader.info
    geometry = Geometry(turns=round(info.rotation / 90) % 4, sar=info.sar)
    frames = reader.frames(start, end)
    return color_frames(frames, colorizer, info.yuv, plan.yuv, radius, geometry)


def _colorize_film(
    reader: Reader,
    plan: Plan,
    colorizer: Colorizer,
    radius: int,
    span: tuple[Fraction | None, Fraction | None],
    on_event: OnEvent,
) -> Finished:
    frames = shots = 0
    with (
        Writer(plan, reader.info, *span) as writer,
        closing(painted_frames(reader, plan, colorizer, radius, *span)) as painted,
    ):
        for item in painted:
            writer.write(item.frame, item.cb, item.cr)
            frames += 1
            shots += item.starts_shot
            on_event(Progressed(reader.info.path, frames, shots))
    return Finished(
        source=reader.info.path,
        target=plan.path,
        frames=frames,
        shots=shots,
        lost=tuple(reader.damage.lines()),
        notes=reader.info.notes + plan.notes,
        streams=tuple(
            {"stream": s.what, "fate": s.fate.value, "reason": s.reason}
            for s in plan.streams
        ),
        seconds=0.0,
        model=colorizer.model.name,
        sha256=colorizer.model.sha256,
        settings={"encoder": plan.encoder, "pix_fmt": plan.pix_fmt, **plan.options},
    )


def _colorize_still(
    source: Path, target: Path, colorizer: Colorizer, on_event: OnEvent
) -> Finished:
    still = read_still(source)
    device = colorizer.device.type
    on_event(Started(source, target, 1, device, still.notes))
    colored = replace(still, rgb=colorizer.colorize_image(still.rgb))
    losses = write_still(target, colored)
    on_event(Progressed(source, 1, 1))
    return Finished(
        source=source,
        target=target,
        frames=1,
        shots=1,
        lost=(),
        notes=tuple(f"left out: {loss}" for loss in (*still.notes, *losses)),
        streams=(),
        seconds=0.0,
        model=colorizer.model.name,
        sha256=colorizer.model.sha256,
    )


def _started(
    info: FilmInfo,
    plan: Plan,
    colorizer: Colorizer,
    span: tuple[Fraction | None, Fraction | None],
) -> Started:
    frames = info.frame_count
    start, end = span
    if frames is not None and info.duration and (start or end is not None):
        until = info.duration if end is None else min(end, info.duration)
        frames = max(0, round((until - (start or 0)) * info.rate))
    notes = info.notes + plan.notes
    return Started(info.path, plan.path, frames, colorizer.device.type, notes)


def _colorizer(model: str | Colorizer, device: str, size: int | None) -> Colorizer:
    return model if isinstance(model, Colorizer) else Colorizer(model, device, size)


def _seconds(value: Fraction | float | None) -> Fraction | None:
    if value is None:
        return None
    if value < 0:
        raise OptionError(f"a time must be 0 s or more, not {float(value):g}")
    return Fraction(value).limit_denominator(1_000_000)
