"""Pictures painted on a GPU, while the CPU gets the next one ready.

Luma goes up and chroma comes down as codes, through memory that the GPU reaches by
itself (pinned), on a stream of their own: the network need not wait for them.
"""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.colorizer import Colorizer
from vidcolor.device import is_gpu_full
from vidcolor.gpu.planes import Painting
from vidcolor.planes import Planes, chroma_planes
from vidcolor.upsample import coarse
from vidcolor.yuv import YuvFormat

Begun = Callable[[], Planes]

_KINDS = {np.uint8: torch.uint8, np.uint16: torch.uint16, np.float32: torch.float32}


class GpuPainter:
    """Paints the pictures of one film, in the order in which they are begun.

    `source` is how luma is coded, `target` how chroma shall be. When the GPU's memory
    runs out, the CPU paints from then on, and `concessions` gets a sentence that tells.
    """

    def __init__(
        self,
        device: torch.device,
        source: YuvFormat,
        target: YuvFormat,
        concessions: list[str],
    ) -> None:
        self._device, self._concessions = device, concessions
        self._source, self._target = source, target
        self._pins = device.type == "cuda"
        self._stream: torch.cuda.Stream | None = None
        if self._pins:
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._full = False

    def begin(self, codes: NDArray[Any], ab: Tensor, woven: bool) -> Begun:
        """Begin a picture, and return what waits for that which `chroma_planes` is."""
        if not self._full:
            try:
                with torch.cuda.stream(self._stream):
                    return self._begun(codes, ab, woven)
            except RuntimeError as error:
                if not is_gpu_full(error):
                    raise
            self._full = True
            self._concessions.append(
                "the GPU's memory ran out: from here on, the CPU paints the frames"
            )
        return partial(chroma_planes, codes, ab, self._source, self._target, woven)

    @cached_property
    def _painting(self) -> Painting:
        return Painting(self._source, self._target, self._device)

    def _begun(self, codes: NDArray[Any], ab: Tensor, woven: bool) -> Begun:
        small = self._up(coarse(ab).numpy())
        there = self._painting.planes(self._up(codes), small, woven)
        here = torch.empty(there.shape, dtype=there.dtype, pin_memory=self._pins)
        here.copy_(there, non_blocking=True)
        done: torch.cuda.Event | None = None
        if self._stream is not None:
            # Blocking, not spinning: the encoder needs the core.
            done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record(self._stream)
        return partial(_finished, here, done)

    def _up(self, values: NDArray[Any]) -> Tensor:
        """Return values on the device, some time soon."""
        kind = _KINDS[values.dtype.type]
        here = torch.empty(values.shape, dtype=kind, pin_memory=self._pins)
        here.numpy()[...] = values
        return here.to(self._device, non_blocking=True)


def _finished(here: Tensor, done: torch.cuda.Event | None) -> Planes:
    if done is not None:
        done.synchronize()
    blue, red = here.numpy()
    return blue, red


def gpu_painter(
    colorizer: Colorizer, source: YuvFormat, target: YuvFormat
) -> GpuPainter | None:
    """Return what paints where the colorizer works; None if the CPU is to do it."""
    if colorizer.device.type != "cuda":
        return None
    return GpuPainter(colorizer.device, source, target, colorizer.concessions)
