"""Ctrl-C and SIGTERM: from a job's first step on, they wait for the frame's end.

An exception out of the blue, inside FFmpeg or between two lines that belong together,
could leave half a file behind. A second one does not wait: what is safe on the disk is
so whatever happens, and half a file is all that there is to lose.
"""

import signal
from types import FrameType

from vidcolor.events import Event, OnEvent, Started
from vidcolor.show import console


class Interrupted(BaseException):
    """Somebody wants an end. Not Python's own, which Typer would take for itself."""


class Interrupts:
    """What was asked for by signals, and whether it may happen now."""

    def __init__(self) -> None:
        self._busy = self._asked = False

    def catch(self) -> None:
        """Take the signals over from Python; they raise Interrupted."""
        self._busy = self._asked = False
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def watch(self, show: OnEvent) -> OnEvent:
        """Return `show` with an eye on the jobs that begin now: at events they may end.

        Before a job's first event, too, it does what must not be torn: it makes a
        folder and locks it.
        """

        def tell(event: Event) -> None:
            # While frames that are done are passed over, nothing is written.
            self._busy = not (isinstance(event, Started) and event.done)
            show(event)
            if self._asked:
                raise Interrupted

        self._busy = True
        return tell

    def end(self) -> None:
        """Let what is ending anyway end in peace.

        Nobody listens from here on: Python would give SIGTERM back its own way of
        ending a process while it ends.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked or not self._busy:
            raise Interrupted
        self._asked = True
        console.print("stopping after this frame; once more stops at once")


interrupts = Interrupts()
