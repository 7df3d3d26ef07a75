"""Damaged files end in a result or in one line, and leave nothing else behind.

benchmarks/fuzz.py does the same for hours, with real films and the whole command line.
"""

from pathlib import Path
from random import Random

import av
import cv2
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from benchmarks.mutations import mutated
from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer
from vidcolor.describe import describe
from vidcolor.errors import VidcolorError
from vidcolor.stills import STILL_SUFFIXES
from vidcolor_models.answer import Answer

KINDS = {"mkv": "ffv1", "mp4": "libx264", "avi": "mjpeg", "ts": "mpeg2video"}


class Lilac(nn.Module):
    """One colour everywhere."""

    def forward(self, lightness: Tensor) -> Answer:
        few = lightness[:, :, ::4, ::4]
        return Answer(torch.full_like(few, 20.0).repeat(1, 2, 1, 1), few)


@pytest.fixture(scope="module")
def lilac(weights: str) -> Colorizer:
    colorizer = Colorizer(weights, "cpu", 64)
    colorizer._network = Lilac()
    return colorizer


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return sound files by the name to give them."""
    folder = tmp_path_factory.mktemp("whole")
    for suffix, codec in KINDS.items():
        _write_film(folder / f"film.{suffix}", codec)
    picture = np.tile(np.linspace(0, 255, 40, dtype=np.uint8), (30, 1))
    for suffix in ("png", "jpg", "webp", "tif"):
        cv2.imwrite(str(folder / f"photo.{suffix}"), picture)
    cv2.imwrite(str(folder / "deep.png"), picture.astype(np.uint16) * 257)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _write_film(path: Path, codec: str) -> None:
    with av.open(str(path), "w") as out:
        out.metadata["title"] = "A film"
        stream = out.add_stream(codec, 25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = 48, 32
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(6):
            picture = av.VideoFrame(48, 32, stream.pix_fmt)
            for plane in picture.planes:
                plane.update(Random(number).randbytes(plane.buffer_size))
            picture.pts = number
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 1 << 32), which=st.integers(0, 1 << 10))
def test_damage_ends_in_a_result_or_in_a_line(
    tmp_path_factory: pytest.TempPathFactory,
    whole: dict[str, bytes],
    lilac: Colorizer,
    seed: int,
    which: int,
) -> None:
    name = list(whole)[which % len(whole)]
    other = list(whole)[which // len(whole) % len(whole)]
    folder = tmp_path_factory.mktemp("case")
    source, target = folder / name, folder / f"result{Path(name).suffix}"
    damaged = mutated(whole[name], whole[other], Random(seed))
    source.write_bytes(damaged)
    problem = ""
    try:
        if source.suffix not in STILL_SUFFIXES:
            describe(source)
        colorize(source, target, model=lilac, end=1)
    except VidcolorError as error:
        problem = str(error)
    assert "\n" not in problem
    assert bool(problem) != target.exists()
    assert source.read_bytes() == damaged
    assert {p.name for p in folder.iterdir()} <= {name, target.name}


@given(seed=st.integers(0, 1 << 32), data=st.binary(max_size=300))
def test_a_mutation_is_the_same_every_time(seed: int, data: bytes) -> None:
    one = mutated(data, b"other", Random(seed))
    assert one == mutated(data, b"other", Random(seed))


def test_mutations_change_most_files(whole: dict[str, bytes]) -> None:
    data = whole["film.mp4"]
    changed = [mutated(data, data, Random(seed)) != data for seed in range(100)]
    assert sum(changed) > 90
