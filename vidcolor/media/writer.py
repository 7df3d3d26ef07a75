"""Writes the coloured film: whole, under the target's name, or not at all.

It is encoded in segments, which are safe in a folder beside the target as soon as they
are done, and joined in the end. So whatever stops the work, little of it is lost.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from numpy import integer
from numpy.typing import NDArray

from vidcolor.errors import DoneError, WriteError
from vidcolor.media.containers import MATROSKA, Container
from vidcolor.media.encoder import FilmEncoder
from vidcolor.media.info import FilmInfo
from vidcolor.media.job import Job, describe
from vidcolor.media.join import join, try_header
from vidcolor.media.mark import mark_of, read_mark
from vidcolor.media.opening import reason
from vidcolor.media.picture import Frame
from vidcolor.media.segment import SegmentFile
from vidcolor.media.span import Span
from vidcolor.media.target_file import check_target, share, sync, sync_folder
from vidcolor.media.target_plan import Plan
from vidcolor.media.work_folder import WorkFolder
from vidcolor.memory import NOTHING, Memory

# Frames. A stop costs one segment at most. It ends where a shot does, where encoders
# put a key frame anyway, and inside a long one about as rarely as they would (x264 does
# it after 250). Three clips as shots of 1500 frames, in H.264, beside the same in one
# piece: segments of 100 had up to 7.5 % more bytes, of 150 2.2 %, of 200 0.4 %, and of
# 300, with two key frames each, 4.7 %.
LEAST, MOST = 100, 200


class Writer:
    """A film being written. Leaving the `with` block in peace gives it its name.

    Any exception leaves the target as it was, and is told (as a note) what is kept of
    the work for the next time.
    """

    def __init__(
        self,
        plan: Plan,
        info: FilmInfo,
        start: Fraction | None = None,
        end: Fraction | None = None,
        settings: Mapping[str, str] | None = None,
        resume: bool = False,
    ) -> None:
        """Prepare to write a film, or the part that Reader.frames(start, end) gives.

        `settings` are all that the colours depend on, by the names that people give
        them. Without them, nothing is kept of work that is stopped. With `resume`,
        frames that were done before are taken over: the first that `write` gets must
        be number `done`.
        """
        self.plan = plan
        self.frames = self.shots = 0  # that are written so far
        self.done = 0  # frames that were taken over
        self.shot = 0  # the frame with which the shot of the next one starts
        self.memory = NOTHING  # with which to go on at frame `done`
        self.losses: list[str] = []  # what of other streams could not be copied
        self.seams: Sequence[Fraction] = ()  # of the film's clock: Damage tells them
        self._info, self._settings, self._resume = info, settings, resume
        self._span = Span.of(info, start, end)
        self._work = WorkFolder(plan.path)
        self._segment: _Segment | None = None

    def __enter__(self) -> Self:
        """See that the film can be stored, and take over what is done.

        Raises:
            DoneError: the film is to be gone on with, and is finished.
            WriteError: the target is there by now, its folder cannot be written, a
                container or an encoder refuses, or there is work that does not fit.
            ReadError: the source cannot be opened any more.
        """
        plan, info = self.plan, self._info
        with _told(plan):
            self._header = try_header(plan, info, self._span)
            job: Job = {}
            if self._settings is not None:
                job = describe(info, plan, self._span, self._header, self._settings)
            self._mark = mark_of(job)
            self._pass_over_done(job)
            check_target(info.path, plan.path, overwrite=plan.overwrite)
            self._work.open(job, resume=self._resume, overwrite=plan.overwrite)
        self.done = self.frames = self._work.frames
        self.shots = sum(segment.shots for segment in self._work.segments)
        self.shot = self._work.segments[-1].shot if self.done else 0
        if memory := self._work.memory():
            self.memory = Memory.unpack(memory)
        return self

    def write(
        self,
        frame: Frame,
        cb: NDArray[integer],
        cr: NDArray[integer],
        starts_shot: bool = False,
        memory: Memory | None = None,
    ) -> None:
        """Add a frame with new chroma planes, in `plan.yuv`'s grid and depth.

        Work that is stopped goes on at a shot's start, or at a frame with a memory.
        Uses the frame up: its luma must not be looked at any more.

        Raises:
            WriteError: the disk is full, or the encoder refuses.
            ValueError: the planes have the wrong shape.
        """
        if starts_shot:
            self.shot = self.frames
        with _told(self.plan):
            if self._segment is not None and self._segment.is_full(starts_shot, memory):
                self._end_segment(memory)
            if self._segment is None:
                self._segment = _Segment(
                    self.plan, self._info, self._span, self._work.part
                )
            self._segment.add(frame, cb, cr, starts_shot)
        self.frames += 1
        self.shots += starts_shot

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Join the film and give it the target's name, or keep what there is of it.

        Raises:
            WriteError: it could not be finished.
            ReadError: the source cannot be read any more.
        """
        try:
            if error is None:
                self._finish()
        except BaseException as failure:
            error = failure
            raise
        finally:
            if self._segment is not None:
                self._segment.close()
            self._work.close(error)

    def _pass_over_done(self, job: Job) -> None:
        """Raise DoneError if the target is what an undisturbed job had left."""
        plan = self.plan
        if not self._resume or plan.overwrite or read_mark(plan.path) != self._mark:
            return
        if self._work.path.exists():  # there was no time to clear it away
            self._work.open(job, resume=True, overwrite=False)
            self._work.close(None)
        raise DoneError(plan.path)

    def _end_segment(self, memory: Memory | None = None) -> None:
        """Keep what is written; `memory` is that of the next frame."""
        segment, self._segment = self._segment, None
        assert segment is not None
        try:
            segment.flush(self._header)
            self._work.keep(
                segment.file,
                frames=segment.frames,
                shots=segment.shots,
                shot=self.shot,
                memory=memory.pack() if memory is not None and memory.frames else b"",
            )
        finally:
            segment.close()

    def _finish(self) -> None:
        plan, info, joined = self.plan, self._info, self._work.joined
        if not self.frames:
            raise WriteError(plan.path, "not one frame came to be written")
        with _told(plan):
            if self._segment is not None:
                self.shot = self.frames  # no frame needs the last one's memory again
                self._end_segment()
            self.losses = join(
                self._work, plan, info, self._span, self.seams, self._mark
            )
            sync(joined)
            share(joined, like=info.path)
        check_target(info.path, plan.path, overwrite=plan.overwrite)
        with _told(plan):
            joined.replace(plan.path)
            sync_folder(plan.path.parent)


class _Segment:
    """The segment that frames go to, and a new encoder, set up as in the target."""

    def __init__(self, plan: Plan, info: FilmInfo, span: Span, path: Path) -> None:
        self.file = SegmentFile(path)
        self.frames = self.shots = 0
        self._nowhere = av.open(BytesIO(), "w", format=plan.container.muxer)
        self._encoder = FilmEncoder(self._nowhere, plan, info, span.shift)

    def is_full(self, starts_shot: bool, memory: Memory | None) -> bool:
        """Whether the next frame, which may start a shot, goes to another."""
        if starts_shot:
            return self.frames >= LEAST
        return self.frames >= MOST and memory is not None

    def add(
        self,
        frame: Frame,
        cb: NDArray[integer],
        cr: NDArray[integer],
        starts_shot: bool,
    ) -> None:
        for packet in self._encoder.encode(frame, cb, cr, starts_shot):
            self.file.add(packet)
        self.frames += 1
        self.shots += starts_shot

    def flush(self, header: bytes) -> None:
        """Write what the encoder still holds, and see that it did what it must."""
        for packet in self._encoder.flush():
            self.file.add(packet)
        if bytes(self._encoder.stream.codec_context.extradata or b"") != header:
            raise RuntimeError("the encoder's segments cannot be joined")

    def close(self) -> None:
        """Let go of the encoder: not before its container closes is it freed."""
        self.file.abandon()
        self._nowhere.close()


@contextlib.contextmanager
def _told(plan: Plan) -> Iterator[None]:
    """Turn errors of the system and of FFmpeg into one line about the target."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        raise WriteError(plan.path, _problem(error, plan.container)) from error


def _problem(error: Exception, container: Container) -> str:
    if isinstance(error, av.error.ArgumentError | av.error.InvalidDataError):
        other = "another --codec" if container is MATROSKA else "a .mkv target"
        return (
            f"{container.title} or the encoder refuses this film's streams or times "
            f"({reason(error)}); {other} may take them"
        )
    return f"cannot be written: {reason(error)}"
