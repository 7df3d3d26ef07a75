"""What a GPU makes of pictures, held against what the CPU does."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.colorize import colorize
from vidcolor.colorizer import Colorizer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]


def scene(count: int) -> NDArray[np.uint8]:
    """Return luma (count, 96, 128): soft shapes that move to the right."""
    random = np.random.default_rng(0)
    spectrum = np.fft.fft2(random.normal(size=(96, 128)))
    rows, columns = np.fft.fftfreq(96)[:, None], np.fft.fftfreq(128)
    plane = np.fft.ifft2(spectrum / np.maximum(np.hypot(rows, columns), 0.01)).real
    codes = np.interp(plane, (plane.min(), plane.max()), (30, 220)).astype(np.uint8)
    return np.stack([np.roll(codes, number, axis=1) for number in range(count)])


@pytest.mark.parametrize("count", [1, 40])
def test_a_gpu_gives_the_cpu_s_colours(count: int) -> None:
    pictures = torch.from_numpy(scene(count)).float() / 2.55
    here = Colorizer(device="cpu").predict(pictures)
    there = Colorizer(device="cuda").predict(pictures)
    torch.testing.assert_close(there.ab, here.ab, atol=0.5, rtol=0)
    torch.testing.assert_close(there.uncertainty, here.uncertainty, atol=0.5, rtol=0)


@pytest.mark.parametrize("fast", [False, True])
def test_a_film_coloured_on_a_gpu_is_the_cpu_s_to_one_code_of_chroma(
    film: Callable[..., Path], tmp_path: Path, fast: bool
) -> None:
    source = film(scene(20))
    here, there = (
        _chroma(source, tmp_path / f"{device}.mkv", device, fast)
        for device in ("cpu", "cuda")
    )
    assert (here - there).abs().max() <= 1


def _chroma(source: Path, target: Path, device: str, fast: bool) -> Tensor:
    """Return the chroma codes of a film, coloured on a device."""
    colorize(source, target, device=device, fast=fast, codec="ffv1")
    with av.open(str(target)) as result:
        planes = [picture.to_ndarray()[96:] for picture in result.decode(video=0)]
    return torch.from_numpy(np.stack(planes).astype(int))
