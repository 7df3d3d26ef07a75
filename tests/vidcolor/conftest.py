"""Weights that colour nonsense, but firmly; and a film of anything."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from vidcolor_models.film import BINS, Film


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a film model whose weights are drawn, not trained."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Film()
        network.head.weight.data *= 20  # else all bins are alike, and their mean grey
        network.bins.copy_(torch.randn(BINS, 2) * 40)
        network.rarity.copy_(network.bins.norm(dim=1) / 20)  # strong colours are rare
    path = tmp_path_factory.mktemp("weights") / "nonsense.safetensors"
    save_file(network.state_dict(), path)
    return str(path)


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Write planes as a lossless film, 25 frames a second.

    They are luma (H, W), and the film is 4:2:0 without colour; or all three (3, H, W).
    """

    def write(
        planes: Iterable[NDArray[np.uint8]],
        name: str = "film.mkv",
        matrix: tuple[int, ...] = (),
    ) -> Path:
        path = tmp_path / name
        planes = list(planes)
        with av.open(str(path), "w") as out:
            stream = out.add_stream("ffv1", 25)
            assert isinstance(stream, av.VideoStream)
            stream.height, stream.width = planes[0].shape[-2:]
            stream.pix_fmt = "yuv420p" if planes[0].ndim == 2 else "yuv444p"
            stream.codec_context.time_base = Fraction(1, 25)
            if matrix:
                stream.set_display_matrix(list(matrix))
            for number, plane in enumerate(planes):
                out.mux(stream.encode(_picture(plane, number)))
            out.mux(stream.encode(None))
        return path

    return write


def _picture(planes: NDArray[np.uint8], number: int) -> av.VideoFrame:
    height, width = planes.shape[-2:]
    grey = planes.ndim == 2
    picture = av.VideoFrame(width, height, "yuv420p" if grey else "yuv444p")
    for index, memory in enumerate(picture.planes):
        codes = np.frombuffer(memoryview(memory), np.uint8)
        view = codes.reshape(memory.height, -1)[:, : memory.width]
        if grey:
            view[:] = planes if index == 0 else 128
        else:
            view[:] = planes[index]
    picture.pts, picture.time_base = number, Fraction(1, 25)
    return picture
