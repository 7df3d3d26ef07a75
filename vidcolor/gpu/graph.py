"""A network's steps recorded once, and replayed: a CUDA graph.

A GPU is through with a step of the network, of which there are hundreds, sooner than
Python can ask for the next. What is recorded is asked for as a whole. It works on the
memory that it was recorded with, so pictures are copied there, and answers from there.
(PyTorch's notes on CUDA semantics: "CUDA Graphs".)
"""

from collections.abc import Callable
from threading import Lock

import torch
from torch import Tensor

from vidcolor.device import is_gpu_full
from vidcolor_models.answer import Answer

Network = Callable[[Tensor], Answer]

_WARM_UPS = 3  # by then, libraries have chosen their ways and made their workspaces


class GraphedNetwork:
    """A network on a CUDA device that is asked, and answers, as it is without this.

    It is recorded for pictures of one shape, and anew when that changes. A network that
    cannot be recorded is asked step by step.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._lock = Lock()  # there is only one place for pictures
        self._shape: torch.Size | None = None
        self._ready: Network = network

    def __call__(self, pictures: Tensor) -> Answer:
        """Return what the network answers for pictures (N, 1, H, W) on the device."""
        with self._lock:
            if pictures.shape != self._shape:
                self._ready, self._shape = self._network, None  # frees its memory
                self._ready = self._recorded(pictures)
                self._shape = pictures.shape
            return self._ready(pictures)

    def _recorded(self, pictures: Tensor) -> Network:
        try:
            return Recording(self._network, pictures)
        except RuntimeError as error:
            if is_gpu_full(error):
                raise
            return self._network


class Recording:
    """A network's work for pictures of one shape.

    Raises:
        RuntimeError: the network does what cannot be recorded.
    """

    def __init__(self, network: Network, pictures: Tensor) -> None:
        self._pictures = pictures.clone()
        self._graph = torch.cuda.CUDAGraph()
        current = torch.cuda.current_stream(pictures.device)
        stream = torch.cuda.Stream(pictures.device)  # type: ignore[no-untyped-call]
        stream.wait_stream(current)
        # Around the recording too, which is left on its stream if it fails.
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                network(self._pictures)
            # Other threads may go on with what they do on streams of their own.
            with torch.cuda.graph(
                self._graph, stream=stream, capture_error_mode="thread_local"
            ):
                self._answer = network(self._pictures)
        current.wait_stream(stream)

    def __call__(self, pictures: Tensor) -> Answer:
        """Return what the network answers."""
        self._pictures.copy_(pictures)
        self._graph.replay()
        return Answer(*(part.clone() for part in self._answer))
