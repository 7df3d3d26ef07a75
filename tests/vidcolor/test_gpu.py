"""What a GPU makes of pictures, held against what the CPU does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer
from vidcolor.gpu.graph import GraphedNetwork, Recording
from vidcolor.gpu.painter import GpuPainter
from vidcolor.planes import Planes, chroma_planes
from vidcolor.yuv import Matrix, YuvFormat
from vidcolor_models.answer import Answer

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]

CUDA = torch.device("cuda")
YUV420 = YuvFormat(8, False, Matrix.BT709, 1, 1)
BATCHES = 50


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


@pytest.fixture(scope="module")
def colorizer() -> Colorizer:
    return Colorizer(device="cuda")


@torch.inference_mode()
def test_what_is_replayed_is_what_the_network_says(colorizer: Colorizer) -> None:
    network = colorizer._network
    assert isinstance(network, GraphedNetwork)
    pictures = torch.from_numpy(scene(32)).float()[:, None].cuda() / 2.55
    with torch.autocast("cuda", torch.float16, cache_enabled=False):
        replayed = [network(part) for part in pictures.split(16)]
        assert isinstance(network._ready, Recording)
        by_step = [network._network(part) for part in pictures.split(16)]
    for found, expected in zip(replayed, by_step, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@torch.inference_mode()
def test_what_cannot_be_recorded_is_asked_step_by_step() -> None:
    def looking(pictures: Tensor) -> Answer:
        # A number that the CPU must know cannot be had while recording.
        return Answer(pictures.repeat(1, 2, 1, 1), pictures * float(pictures.mean()))

    network = GraphedNetwork(looking)
    stream = torch.cuda.current_stream()
    for value in (2.0, 3.0):
        found = network(torch.full((2, 1, 8, 8), value, device=CUDA))
        assert (found.uncertainty == value**2).all()
    assert torch.cuda.current_stream() == stream


def test_a_batch_that_is_not_full_gets_the_answers_of_a_full_one(
    colorizer: Colorizer,
) -> None:
    pictures = torch.from_numpy(scene(2 * colorizer.batch)).float() / 2.55
    some = colorizer.batch + 3
    full, few = (colorizer.predict(part) for part in (pictures, pictures[:some]))
    assert torch.equal(few.ab, full.ab[:some])
    assert torch.equal(few.uncertainty, full.uncertainty[:some])


def test_batch_after_batch_takes_no_more_memory(colorizer: Colorizer) -> None:
    pictures = torch.from_numpy(scene(colorizer.batch)).float() / 2.55
    painter = GpuPainter(CUDA, YUV420, YUV420, [])

    def work() -> int:
        ab = colorizer.predict(pictures).ab
        for codes in scene(4):
            painter.begin(codes, ab[0], woven=False)()
        return torch.cuda.memory_allocated()

    before = [work() for _ in range(3)][-1]
    assert [work() for _ in range(BATCHES)][-1] <= before


@pytest.mark.parametrize("size", [(1080, 1920), (2160, 3840), (45, 63), (3, 70000)])
@pytest.mark.parametrize("depth", [8, 10])
@pytest.mark.parametrize("woven", [False, True])
def test_planes_painted_on_a_gpu_are_the_cpu_s_to_one_code(
    size: tuple[int, int], depth: int, woven: bool
) -> None:
    yuv = YuvFormat(depth, False, Matrix.BT709, 1, 1)
    codes, ab = picture(*size, depth)
    found = GpuPainter(CUDA, yuv, yuv, []).begin(codes, ab, woven)()
    assert apart(found, chroma_planes(codes, ab, yuv, yuv, woven)) <= 1


def test_pictures_in_work_together_are_not_mixed_up() -> None:
    painter = GpuPainter(CUDA, YUV420, YUV420, [])
    planes = [codes.repeat(8, 0).repeat(8, 1) for codes in scene(40)]
    _, ab = picture(96, 128, 8)
    begun = [painter.begin(codes, ab, woven=False) for codes in planes]
    for codes, finish in zip(planes, begun, strict=True):
        alone = chroma_planes(codes, ab, YUV420, YUV420, woven=False)
        assert apart(finish(), alone) <= 1


def test_a_network_can_be_recorded_while_another_thread_paints(
    colorizer: Colorizer,
) -> None:
    codes, ab = picture(540, 960, 8)
    expected = chroma_planes(codes, ab, YUV420, YUV420, woven=False)

    def paint() -> int:
        painter = GpuPainter(CUDA, YUV420, YUV420, [])
        found = [painter.begin(codes, ab, woven=False)() for _ in range(200)]
        return max(apart(planes, expected) for planes in found)

    with ThreadPoolExecutor(1) as pool:
        painted = pool.submit(paint)
        for side in range(64, 320, 32):
            colorizer.predict(torch.full((2, side, 128), 50.0))
        assert painted.result() <= 1
    network = colorizer._network
    assert isinstance(network, GraphedNetwork)
    assert isinstance(network._ready, Recording)


def picture(height: int, width: int, depth: int) -> tuple[NDArray[np.generic], Tensor]:
    """Return luma codes (H, W) of soft shapes, tiled, with grain; and ab for them."""
    random = np.random.default_rng(0)
    tiles = -(-height // 96), -(-width // 128)
    luma = np.tile(scene(1)[0], tiles)[:height, :width] + random.normal(
        0, 2, (height, width)
    )
    codes = (luma * 2 ** (depth - 8)).astype(np.uint8 if depth == 8 else np.uint16)
    return codes, torch.from_numpy(random.normal(0, 40, (2, 64, 112)).astype("f4"))


def apart(one: Planes, other: Planes) -> int:
    """Return by how many codes planes differ at most."""
    both = zip(one, other, strict=True)
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in both)


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
