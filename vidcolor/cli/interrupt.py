"""Ctrl-C and SIGTERM: while a film is being written, they wait for the frame's end.

An exception out of the blue, inside FFmpeg or between two lines that belong together,
could leave half a file behind. A second one does not wait.
"""

import signal
from types import FrameType

from vidcolor.events import Event, OnEvent, Progressed, Started
from vidcolor.show import console


class Interrupts:
    """What was asked for by signals, and whether it may happen now."""

    def __init__(self) -> None:
        self._busy = self._asked = False

    def catch(self) -> None:
        """Take the signals over from Python; they raise KeyboardInterrupt."""
        self._busy = self._asked = False
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    def watch(self, show: OnEvent) -> OnEvent:
        """Return `show` with an eye on the job: between its frames it may end."""

        def tell(event: Event) -> None:
            self._busy = isinstance(event, Started | Progressed)
            show(event)
            if self._asked:
                raise KeyboardInterrupt

        return tell

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._asked or not self._busy:
            raise KeyboardInterrupt
        self._asked = True
        console.print("stopping after this frame; once more stops at once")


interrupts = Interrupts()
