"""TARGET.vidcolor: where the segments of a film wait until they are joined.

Whatever is in it at any moment, a process can be killed, or the power go: a segment
counts only once it is on the disk and a line of the manifest, itself on the disk, says
so. The manifest is a line of JSON for the job, then one for each segment; a line for a
segment's number takes back what was said of that number and those after it. Beside the
last segment is what the frame after it has to know of its shot, if it does not start
one: without that, the shot must be coloured again.
"""

import json
import os
import re
import zlib
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from itertools import takewhile
from pathlib import Path

from filelock import FileLock, Timeout

from vidcolor.errors import WriteError
from vidcolor.media.job import Job, misfits
from vidcolor.media.segment import SegmentFile, crc32_of, reordering
from vidcolor.media.target_file import sync, sync_folder

_LOCK, _MANIFEST = "lock", "manifest.jsonl"
_PART, _JOINED = "segment.part", "joined"  # no film's ending: nobody takes them for one
_SEGMENT = re.compile(r"\d{6}\.(packets|memory)")


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished segment, as the manifest lists it."""

    number: int  # from 1
    frames: int
    shots: int  # that start in it
    shot: int  # the film's frame with which the shot starts that comes or goes on next
    delay: int  # places that its packets must be decoded ahead
    size: int  # bytes
    crc32: int
    memory_size: int  # bytes; 0 if what comes next starts a shot
    memory_crc32: int


class WorkFolder:
    """The folder of one job, which nobody else can use meanwhile."""

    def __init__(self, target: Path) -> None:
        self.segments: list[Segment] = []
        self.path = target.with_name(f"{target.name}.vidcolor")
        self._target = target
        self._lock = FileLock(self.path / _LOCK, timeout=0)
        self._job: Job = {}

    @property
    def frames(self) -> int:
        """How many frames are in the segments."""
        return sum(segment.frames for segment in self.segments)

    @property
    def part(self) -> Path:
        """Where the next segment is to be written."""
        return self.path / _PART

    @property
    def joined(self) -> Path:
        """Where the segments are to be joined."""
        return self.path / _JOINED

    def open(self, job: Job, *, resume: bool, overwrite: bool) -> None:
        """Take the folder for a job; an empty one is never gone on with.

        Raises:
            WriteError: it is another's, holds what was asked neither to be gone on
                with nor to be begun anew, or does not fit the job.
        """
        with ExitStack() as undo:
            self._take()
            undo.callback(self._give_back)
            begun, segments, length = self._read()
            if segments and resume:
                self._check_fit(begun, job)
            elif segments and not overwrite:
                frames = sum(segment.frames for segment in segments)
                raise WriteError(
                    self._target,
                    f"{frames} frames of it are done already: --resume goes on, "
                    "--overwrite begins anew",
                )
            else:
                segments = []
            self.segments, self._job = segments, job
            undo.callback(self._clear, keep=len(segments))
            self._clear(keep=len(segments))
            if segments:
                os.truncate(self.path / _MANIFEST, length)  # after a line that is torn
            else:
                self._say(job)
                sync_folder(self.path.parent)
            undo.pop_all()

    def keep(
        self,
        file: SegmentFile,
        *,
        frames: int,
        shots: int,
        shot: int,
        memory: bytes = b"",
    ) -> None:
        """List a segment, from where on it is safe.

        `memory` is what the next frame needs; only the last one is kept.
        """
        file.finish()
        segment = Segment(
            len(self.segments) + 1,
            frames,
            shots,
            shot,
            reordering(file.pts),
            file.size,
            file.crc32,
            len(memory),
            zlib.crc32(memory),
        )
        self.part.replace(self.file(segment))
        if memory:
            self._memory(segment).write_bytes(memory)
            sync(self._memory(segment))
        sync_folder(self.path)
        self._say(asdict(segment))
        if self.segments:
            self._memory(self.segments[-1]).unlink(missing_ok=True)
        self.segments.append(segment)

    def memory(self) -> bytes:
        """Return what was kept for the frame after the last segment, if it is there."""
        if not self.segments:
            return b""
        last = self.segments[-1]
        with suppress(OSError), self._memory(last).open("rb") as file:
            memory = file.read(last.memory_size)
            return memory if zlib.crc32(memory) == last.memory_crc32 else b""
        return b""

    def drop(self, segment: Segment) -> None:
        """Forget a segment that is damaged, and those after it."""
        self.file(segment).unlink()
        del self.segments[segment.number - 1 :]

    def file(self, segment: Segment) -> Path:
        """Return where a segment's packets are."""
        return self.path / f"{segment.number:06}.packets"

    def _memory(self, segment: Segment) -> Path:
        return self.path / f"{segment.number:06}.memory"

    def close(self, error: BaseException | None) -> None:
        """Remove the folder; after an error only if there is nothing to go on with.

        The error is told what was kept.
        """
        there: list[Segment] = []
        with suppress(OSError):  # the folder, or its disk, may be gone
            if error is not None and self._job:
                there = [*takewhile(self._is_there, self.segments)]
            self._clear(keep=len(there))
        if error is not None and there:
            frames = sum(segment.frames for segment in there)
            error.add_note(
                f"{frames} frames are kept in {self.path}: the same command with "
                "--resume goes on"
            )
        self._give_back()

    def _take(self) -> None:
        if self.path.is_symlink() or (self.path.exists() and not self._is_ours()):
            raise WriteError(self.path, "is in the way, and not of vidcolor's making")
        self.path.mkdir(mode=0o700, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise WriteError(
                self._target, f"is being made by another process, in {self.path}"
            ) from None
        except OSError:
            with suppress(OSError):
                self.path.rmdir()
            raise

    def _is_ours(self) -> bool:
        if not self.path.is_dir():
            return False
        names = set(os.listdir(self.path))  # noqa: PTH208 - names, not paths
        return _MANIFEST in names or names <= {_LOCK}

    def _give_back(self) -> None:
        """Release the folder; remove it if nothing is in it but the lock."""
        with suppress(OSError):  # the folder may be gone
            if {path.name for path in self.path.iterdir()} == {_LOCK}:
                (self.path / _LOCK).unlink()
        self._lock.release()
        with suppress(OSError):  # something is in it
            self.path.rmdir()

    def _clear(self, keep: int) -> None:
        """Remove what was made here but the first so many segments and their list."""
        kept = {self.file(segment).name for segment in self.segments[:keep]}
        kept |= {self._memory(segment).name for segment in self.segments[:keep][-1:]}
        manifest = self.path / _MANIFEST
        for path in self.path.iterdir():
            made = path.name in (_PART, _JOINED) or _SEGMENT.fullmatch(path.name)
            if made and path.name not in kept:
                path.unlink()
        if not keep:  # last, for without it nobody would know whose the others are
            manifest.unlink(missing_ok=True)

    def _read(self) -> tuple[Job, list[Segment], int]:
        """Return the job, its segments that are there, and how long the manifest is.

        A job without a name has no segments. A line that is torn does not count, and
        neither does what follows it.
        """
        try:
            first, *rest = (self.path / _MANIFEST).read_bytes().splitlines(True)
            job: Job = dict(json.loads(first))
        except (FileNotFoundError, ValueError, TypeError):
            return {}, [], 0
        segments: list[Segment] = []
        length = len(first)
        for line in rest:
            segment = _parsed(line)
            if segment is None or not 0 < segment.number <= len(segments) + 1:
                break
            segments[segment.number - 1 :] = [segment]
            length += len(line)
        whole = [*takewhile(self._is_whole, segments)]
        return job, whole if job else [], length

    def _is_there(self, segment: Segment) -> bool:
        file = self.file(segment)
        return file.is_file() and file.stat().st_size == segment.size

    def _is_whole(self, segment: Segment) -> bool:
        # Now, and not when all is joined: what comes after it would be lost, too.
        return self._is_there(segment) and (
            crc32_of(self.file(segment)) == segment.crc32
        )

    def _check_fit(self, begun: Job, job: Job) -> None:
        if problems := misfits(begun, job):
            raise WriteError(
                self._target,
                f"{'; '.join(problems)}: --resume cannot go on with it; --overwrite "
                "without --resume begins anew",
            )

    def _say(self, said: object) -> None:
        with (self.path / _MANIFEST).open("ab") as file:
            file.write(json.dumps(said).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


def _parsed(line: bytes) -> Segment | None:
    """Return the segment that a line of the manifest lists; None if it is torn."""
    try:
        said = json.loads(line) if line.endswith(b"\n") else {}
        return Segment(**{name: int(value) for name, value in said.items()})
    except (ValueError, TypeError, AttributeError, OverflowError):
        return None
