"""Writes the coloured film: whole, under the target's name, or not at all."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy import integer
from numpy.typing import NDArray

from vidcolor.errors import WriteError
from vidcolor.media.containers import MATROSKA, Container
from vidcolor.media.encoder import FilmEncoder
from vidcolor.media.fates import Fate
from vidcolor.media.info import FilmInfo
from vidcolor.media.opening import reason
from vidcolor.media.picture import Frame
from vidcolor.media.span import Span
from vidcolor.media.streams import SideStreams
from vidcolor.media.tags import kept_tags, muxer_options
from vidcolor.media.target_file import (
    check_target,
    create,
    share,
    sync,
    temporary_name,
)
from vidcolor.media.target_plan import Plan


class Writer:
    """A film being written. Leaving the `with` block in peace gives it its name.

    Until then it has a private, hidden name beside the target; any exception removes
    it and leaves the target as it was.
    """

    def __init__(
        self,
        plan: Plan,
        info: FilmInfo,
        start: Fraction | None = None,
        end: Fraction | None = None,
    ) -> None:
        """Prepare to write a film, or the part that Reader.frames(start, end) gives."""
        self.plan = plan
        self.frames = 0  # written so far
        self._info = info
        self._span = Span.of(info, start, end)
        self._temporary = temporary_name(plan.path)

    def __enter__(self) -> Self:
        """Create the file and all its streams.

        Raises:
            WriteError: the target is there by now, or its folder cannot be written.
            ReadError: the source cannot be opened any more.
        """
        plan = self.plan
        check_target(self._info.path, plan.path, overwrite=plan.overwrite)
        with _told(plan):
            create(self._temporary)
        with contextlib.ExitStack() as undo:
            undo.callback(self._temporary.unlink, missing_ok=True)
            self._side = SideStreams(self._info, plan, self._span)
            undo.callback(self._side.close)
            with _told(plan):
                self._target = self._open()
            undo.pop_all()  # from here on, __exit__ does it
        return self

    def write(self, frame: Frame, cb: NDArray[integer], cr: NDArray[integer]) -> None:
        """Add a frame with new chroma planes, in `plan.yuv`'s grid and depth.

        Uses the frame up: its luma must not be looked at any more.

        Raises:
            WriteError: the disk is full, or the encoder or muxer refuses.
            ValueError: the planes have the wrong shape.
        """
        with _told(self.plan):
            self._mux(self._encoder.encode(frame, cb, cr))
        self.frames += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file and give it the target's name, or remove it.

        Raises:
            WriteError: it could not be finished.
        """
        try:
            if error is None:
                self._finish()
        finally:
            self._side.close()
            with contextlib.suppress(Exception):
                self._target.close()
            self._temporary.unlink(missing_ok=True)

    @property
    def lost_packets(self) -> int:
        """Packets of other streams that were too damaged for the target to take."""
        return self._side.lost

    def _open(self) -> OutputContainer:
        plan, info = self.plan, self._info
        tags = kept_tags(info.metadata)
        target = av.open(
            f"file:{self._temporary}",
            "w",
            format=plan.container.muxer,
            container_options=muxer_options(tags, plan.container),
            metadata_errors="surrogateescape",
        )
        target.metadata.update(tags)
        for stream in plan.streams:
            if stream.fate is Fate.ENCODE:
                self._encoder = FilmEncoder(target, plan, info, self._span.shift)
            elif stream.fate not in (Fate.DROP, Fate.REMAKE):
                self._side.add(target, stream)
        if plan.container.chapters:
            target.set_chapters(self._side.chapters())
        target.start_encoding()  # writes the header: what is refused is refused now
        return target

    def _mux(self, packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            # The other streams keep step with what is muxed, not with what is given
            # to the encoder: the muxer would have to hold what runs ahead.
            time = (packet.dts or 0) * packet.time_base + self._span.shift
            self._target.mux(packet)
            self._side.pump(self._target, time)

    def _finish(self) -> None:
        if not self.frames:
            raise WriteError(self.plan.path, "not one frame came to be written")
        with _told(self.plan):
            self._mux(self._encoder.flush())
            self._side.pump(self._target, None)
            self._target.close()
            sync(self._temporary)
            share(self._temporary, like=self._info.path)
        check_target(self._info.path, self.plan.path, overwrite=self.plan.overwrite)
        with _told(self.plan):
            self._temporary.replace(self.plan.path)


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
