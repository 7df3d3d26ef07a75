"""A network run by OpenVINO: on a CPU, in less time than PyTorch takes.

OpenVINO is an extra that need not be installed. It has its own form of a network,
which takes seconds to make: it is kept in the user's cache, under a name that says
what it was made from.
"""

import hashlib
import importlib
import importlib.util
import shutil
import sys
import tempfile
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import vidcolor_models
from vidcolor.side_by_side import MOST
from vidcolor_models.answer import Answer

_GRID = 32  # sizes that are multiples of it are all padded alike, as tracing demands
_KEPT = 4  # shapes of pictures that are ready to be answered for

# In float32: with bfloat16 colours are off by several units of ab. Threads are not
# tied to cores, for decoder and encoder work there too.
_SETTINGS = {"INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}


def is_installed() -> bool:
    """Say whether OpenVINO is there to be used; it is not imported for that."""
    return importlib.util.find_spec("openvino") is not None


class OpenVinoNetwork:
    """A network on the CPU that is asked, and answers, as the one it is made from.

    That one takes hints besides lightness. Sides of pictures are multiples of 32. It
    uses as many threads as PyTorch does, each for a picture of its own: several for one
    would add up its sums in another order each time, and the answers, rounded, differ.
    """

    def __init__(self, network: nn.Module) -> None:
        self.threads = min(torch.get_num_threads(), MOST)
        self._openvino = _import_silently()
        self._core = self._openvino.Core()
        self._graph = self._cached(network)
        self._ready = lru_cache(_KEPT)(self._compile)

    def __call__(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Answer:
        """Return ab and its uncertainty, as the network's own `forward` says.

        Raises:
            ValueError: one of the hints is given without the other; a side is no
                multiple of 32.
        """
        if (hint_ab is None) != (hint_mask is None):
            raise ValueError("hint_ab and hint_mask go together: give both or neither")
        if any(side % _GRID for side in lightness.shape[2:]):
            raise ValueError(f"sides must be multiples of {_GRID}")
        if hint_ab is None or hint_mask is None:
            hint_mask = torch.zeros_like(lightness)
            hint_ab = hint_mask.repeat(1, 2, 1, 1)
        given = [t.contiguous().numpy() for t in (lightness, hint_ab, hint_mask)]
        requests = self._ready(*lightness.shape[2:])
        said = [
            answer
            for first in range(0, len(lightness), len(requests))
            for answer in _ask(requests, [t[first:] for t in given])
        ]
        return Answer(*(torch.cat(parts) for parts in zip(*said, strict=True)))

    def _compile(self, height: int, width: int) -> list[Any]:
        """Return what answers for a picture of one shape, so many times at once."""
        graph = self._graph.clone()
        channels = (1, 2, 1)  # lightness, ab and the mask of hints
        graph.reshape(
            {i: [1, channel, height, width] for i, channel in enumerate(channels)}
        )
        count = {"NUM_STREAMS": self.threads, "INFERENCE_NUM_THREADS": self.threads}
        ready = self._core.compile_model(graph, "CPU", _SETTINGS | count)
        return [ready.create_infer_request() for _ in range(self.threads)]

    def _cached(self, network: nn.Module) -> Any:
        """Return the graph of a network from the cache, or put it there."""
        kept = _cache() / _identity(network, self._openvino.__version__)
        if kept.exists():
            try:
                return self._core.read_model(kept / "graph.xml")
            except RuntimeError:  # broken: it is made anew
                shutil.rmtree(kept, ignore_errors=True)
        graph = self._convert(network)
        self._keep(graph, kept)
        return graph

    def _convert(self, network: nn.Module) -> Any:
        picture = torch.full((1, 1, 2 * _GRID, 3 * _GRID), 50.0)
        with warnings.catch_warnings():  # tracing is deprecated: theirs to replace
            warnings.simplefilter("ignore")
            return self._openvino.convert_model(
                network, example_input=(picture, picture.repeat(1, 2, 1, 1), picture)
            )

    def _keep(self, graph: Any, folder: Path) -> None:
        """Put a graph into the cache, whole or not at all."""
        try:
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=folder.parent) as name:
                made = Path(name) / folder.name
                made.mkdir(mode=0o700)
                self._openvino.save_model(
                    graph, made / "graph.xml", compress_to_fp16=False
                )
                made.rename(folder)
        except (OSError, RuntimeError):
            pass  # no place to keep it, or another process was faster: works without


def _ask(
    requests: list[Any], given: list[NDArray[np.float32]]
) -> list[tuple[Tensor, ...]]:
    """Return the answers to the first pictures of (N, C, H, W) each, one a request."""
    at_work = []
    for number, request in zip(range(len(given[0])), requests, strict=False):
        request.start_async([tensor[number : number + 1] for tensor in given])
        at_work.append(request)
    answers = []
    for request in at_work:
        request.wait()
        outputs = (request.get_output_tensor(index).data for index in range(2))
        answers.append(tuple(torch.from_numpy(output.copy()) for output in outputs))
    return answers


def _import_silently() -> Any:
    """Import OpenVINO without its telemetry, which would report that to its makers.

    It does without where that package is not installed, so it is told that it is not.
    """
    telemetry = "openvino_telemetry"
    before = sys.modules.get(telemetry)
    sys.modules[telemetry] = None  # type: ignore[assignment]
    try:
        return importlib.import_module("openvino")
    finally:
        if before is None:
            del sys.modules[telemetry]
        else:
            sys.modules[telemetry] = before


def _cache() -> Path:
    return platformdirs.user_cache_path("vidcolor", appauthor=False) / "openvino"


def _identity(network: nn.Module, version: str) -> str:
    """Return a digest of all that a graph is made from: numbers, code, versions."""
    digest = hashlib.sha256(f"{version} {torch.__version__} {network}".encode())
    for code in sorted(Path(vidcolor_models.__file__).parent.glob("*.py")):
        digest.update(code.read_bytes())
    for name, tensor in network.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()[:32]
