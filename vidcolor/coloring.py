"""Colour a file: read it, colour its frames, write it, and give an account."""

import os
from collections import deque
from collections.abc import Container, Generator, Mapping
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Protocol

from vidcolor.account import outcome
from vidcolor.colorizer import Colorizer
from vidcolor.defaults import RADIUS
from vidcolor.device import idle_gpu
from vidcolor.errors import DoneError, UsageError
from vidcolor.events import (
    Finished,
    OnEvent,
    Progressed,
    Settings,
    Started,
    Verifying,
)
from vidcolor.media.info import FilmInfo
from vidcolor.media.plan import Plan, plan_target
from vidcolor.media.reader import Reader
from vidcolor.media.span import Span
from vidcolor.media.target_file import check_target
from vidcolor.media.verification.verify import Verification
from vidcolor.media.verification.verify import verify as verify_result
from vidcolor.media.writer import Writer
from vidcolor.memory import NOTHING, Memory
from vidcolor.pace import ALONE, Pace, pace_of
from vidcolor.pipeline import Geometry, Painted, color_frames, run_up
from vidcolor.sources import default_target, target_in
from vidcolor.stills import STILL_SUFFIXES, read_still, write_still
from vidcolor.times import LATEST
from vidcolor_models import DEFAULT_MODEL


class Paint(Protocol):
    """Whatever gives a film's frames in colour."""

    def __call__(self, *, first: int, memory: Memory) -> Generator[Painted]:
        """Yield the frames from number `first` on, which has that memory."""
        ...


def colorize(
    source: Path | str,
    target: Path | str | None = None,
    *,
    model: str | Colorizer = DEFAULT_MODEL,
    device: str = "auto",
    size: int | None = None,
    vividness: float = 1.0,
    smooth: int = RADIUS,
    fast: bool = False,
    start: Fraction | float | None = None,
    end: Fraction | float | None = None,
    codec: str | None = None,
    crf: float | None = None,
    preset: str | None = None,
    options: Mapping[str, str] | None = None,
    overwrite: bool = False,
    spared: Container[Path] = (),
    resume: bool = False,
    verify: bool = False,
    on_event: OnEvent = lambda event: None,
) -> Finished:
    """Colour a film or a photo, and return the account of it.

    `target` is a file, or a folder for one of the source's name; without it, it is
    NAME.color.EXT beside the source. `model` is a name of the zoo, a weights file, or
    a `Colorizer`, which then has the last word on `device`, `size` (the short side at
    the network, in pixels) and `vividness` (0 timid, 1 as the model was tuned, 2 bold).
    `smooth` counts the frames to come that have a say in a frame's colours at most,
    besides all before it; with 0 each frame is coloured for itself. The network sees
    one frame in four, and colour is carried to the others; if `fast`, one in twelve,
    and x264 has a quicker preset and its CRF, unless told one. `start` and `end` are
    seconds. `codec`, `crf`, `preset` and `options` go to the encoder. The target takes
    its name at the end; until then, the work is kept in TARGET.vidcolor beside it. If
    `resume`, work that was stopped is gone on with; `overwrite` begins it anew, but
    the files that are `spared` (resolved paths) stay. If `verify`, the film that came
    out is held against its source: what is not as planned stands in the account, and
    is no error here.

    Raises:
        DoneError: the work is to be gone on with, and is finished; it has the
            verification that was asked for.
        VidcolorError: the file cannot be read, the target not written, or options do
            not fit or say nothing (UsageError); ModelError: the model cannot be used.
    """
    _check_usage(smooth, fast, start, end)
    source = Path(source)
    aim, explicit = _aim(source, target)
    if source.suffix.lower() in STILL_SUFFIXES:
        check_target(source, aim, overwrite=overwrite, spared=spared)
        colorizer = _colorizer(model, device, size, vividness)
        return _color_still(source, aim, colorizer, on_event, verify=verify)
    span = _seconds(start), _seconds(end)
    with Reader(source, span[0]) as reader:
        plan = plan_target(
            reader.info,
            aim,
            codec=codec,
            crf=crf,
            preset=preset,
            quick=fast,
            options=dict(options or {}),
            explicit=explicit,
            overwrite=overwrite or resume,  # whether it is done, the writer knows
            spared=spared,
            span=Span.of(reader.info, *span),
        )
        plan = replace(plan, overwrite=overwrite)
        colorizer = _colorizer(model, device, size, vividness)
        pace = pace_of(smooth, fast=fast)
        paint = partial(painted_frames, reader, plan, colorizer, smooth, *span, pace)
        settings = Settings(colorizer.size, colorizer.vividness, smooth, fast)
        job = {"model": colorizer.model.sha256, **settings.options()}
        writer = Writer(plan, reader.info, *span, job, resume)
        check = partial(_verify, plan, source, span, on_event)
        try:
            done = color_film(
                reader, writer, colorizer, paint, span, settings, on_event
            )
        except DoneError as error:
            if verify:
                error.verification = check(_frames_in(reader.info, span))
            raise
        return replace(done, verification=check(done.frames)) if verify else done


def _check_usage(
    smooth: int,
    fast: bool,
    start: Fraction | float | None,
    end: Fraction | float | None,
) -> None:
    """Refuse what no film could be coloured with.

    Raises:
        UsageError: it is that.
    """
    if smooth < 0:
        raise UsageError(f"smooth must be 0 or more, not {smooth}")
    if fast and not smooth:
        raise UsageError("fast carries colours between frames, and smooth 0 forbids it")
    for time in (start, end):
        if time is not None and not 0 <= time <= LATEST:  # nan is not, either
            raise UsageError(
                f"a time must be 0 s or more, up to {LATEST}, not {float(time):g}"
            )
    if start is not None and end is not None and start >= end:
        raise UsageError("start must be before end")


def _aim(source: Path, target: Path | str | None) -> tuple[Path, bool]:
    """Return the file to write, and whether a person chose its name."""
    if target is None:
        return default_target(source), False
    if os.path.isdir(target):  # noqa: PTH112 - this one bears with any name
        return target_in(Path(target), source), False
    return Path(target), True


def painted_frames(
    reader: Reader,
    plan: Plan,
    colorizer: Colorizer,
    radius: int,
    start: Fraction | None = None,
    end: Fraction | None = None,
    pace: Pace = ALONE,
    first: int = 0,
    memory: Memory = NOTHING,
) -> Generator[Painted]:
    """Yield a film's frames with chroma planes as the plan stores them.

    The `first` frames are passed over: read all the same, so that the times of those
    to come are mended, and losses counted, as if nothing had been passed over. What
    comes then must start a shot, or have that memory.
    """
    info = reader.info
    geometry = Geometry(turns=round(info.rotation / 90) % 4, sar=info.sar)
    frames = reader.frames(start, end)
    # At once, and not in the thread that will read the others: it would not be heard
    # there that nobody wants them any more.
    deque(islice(frames, first - run_up(memory)), maxlen=0)
    return color_frames(
        frames, colorizer, info.yuv, plan.yuv, radius, geometry, pace, memory
    )


def color_film(
    reader: Reader,
    writer: Writer,
    colorizer: Colorizer,
    paint: Paint,
    span: tuple[Fraction | None, Fraction | None],
    settings: Settings,
    on_event: OnEvent,
) -> Finished:
    """Write painted frames, tell how it goes, and return the account."""
    began = monotonic()
    info, plan = reader.info, writer.plan
    with writer:
        on_event(
            Started(
                source=info.path,
                target=plan.path,
                frames=_frames_in(info, span),
                done=writer.done,
                device=colorizer.device.type,
                notes=plan.notes,
                warning=idle_gpu(colorizer.device),
            )
        )
        memory = writer.memory
        # Where it is lost, the shot is coloured again for it.
        first = writer.done if memory.frames else writer.shot
        with closing(paint(first=first, memory=memory)) as painted:
            for item in islice(painted, writer.done - first, None):
                writer.write(
                    item.frame, item.cb, item.cr, item.starts_shot, item.memory
                )
                on_event(Progressed(info.path, writer.frames, writer.shots))
        writer.seams = reader.damage.seams  # the other streams' packets come at the end
    start, end = (None if time is None else float(time) for time in span)
    return Finished(
        source=info.path,
        decoded=reader.damage.decoded,
        frames=writer.frames,
        done=writer.done,
        lost_frames=reader.damage.lost_frames,
        lost=_losses(reader, writer),
        shots=writer.shots,
        model=colorizer.model.name,
        sha256=colorizer.model.sha256,
        settings=settings,
        concessions=tuple(colorizer.concessions),
        device=colorizer.device.type,
        seconds=monotonic() - began,
        start=start,
        end=end,
        **outcome(plan),
    )


def _verify(
    plan: Plan,
    source: Path,
    span: tuple[Fraction | None, Fraction | None],
    on_event: OnEvent,
    frames: int | None,
) -> Verification:
    """Return what holding a result, of so many frames, against its source shows."""

    def tell(count: int) -> None:
        on_event(Verifying(source, count, frames))

    try:
        return verify_result(source, plan, *span, tell)
    except BaseException as stop:
        if not isinstance(stop, Exception):  # somebody wants an end
            stop.add_note(f"{plan.path} is done; it was not verified to the end")
        raise


def _color_still(
    source: Path,
    target: Path,
    colorizer: Colorizer,
    on_event: OnEvent,
    *,
    verify: bool,
) -> Finished:
    began = monotonic()
    still = read_still(source)
    warning = idle_gpu(colorizer.device)
    on_event(Started(source, target, 1, 0, colorizer.device.type, (), warning))
    colored = replace(still, rgb=colorizer.colorize_image(still.rgb, still.space))
    losses = write_still(target, colored, like=source)
    on_event(Progressed(source, 1, 1))
    notes = [f"left out: {loss}" for loss in (*still.notes, *losses)]
    if verify:
        notes.append("not verified: it is a photo")
    return Finished(
        source=source,
        target=target,
        decoded=1,
        frames=1,
        done=0,
        lost_frames=0,
        lost=(),
        shots=1,
        notes=tuple(notes),
        model=colorizer.model.name,
        sha256=colorizer.model.sha256,
        settings=Settings(colorizer.size, colorizer.vividness, smooth=0, fast=False),
        concessions=tuple(colorizer.concessions),
        device=colorizer.device.type,
        seconds=monotonic() - began,
    )


def _losses(reader: Reader, writer: Writer) -> tuple[str, ...]:
    return (*reader.damage.lines(), *writer.losses)


def _frames_in(
    info: FilmInfo, span: tuple[Fraction | None, Fraction | None]
) -> int | None:
    """Return how many frames a part of the film has, as far as the file says."""
    start, end = span
    if info.frame_count is None or not info.duration or (start, end) == (None, None):
        return info.frame_count
    until = info.duration if end is None else min(end, info.duration)
    return max(0, round((until - (start or 0)) * info.rate))


def _colorizer(
    model: str | Colorizer, device: str, size: int | None, vividness: float
) -> Colorizer:
    if isinstance(model, Colorizer):
        return model
    return Colorizer(model, device, size, vividness)


def _seconds(value: Fraction | float | None) -> Fraction | None:
    return None if value is None else Fraction(value).limit_denominator(1_000_000)
