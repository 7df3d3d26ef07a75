"""What a GPU does, done by the CPU, held against what the CPU does its own way."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor

from vidcolor.gpu.painter import GpuPainter, gpu_painter
from vidcolor.gpu.planes import Painting
from vidcolor.pipeline import Geometry, paint
from vidcolor.planes import Planes, chroma_planes
from vidcolor.rgb_space import Primaries, RgbSpace, Transfer
from vidcolor.smooth import Prediction
from vidcolor.yuv import Matrix, Siting, YuvFormat

CPU = torch.device("cpu")
YUV420 = YuvFormat(8, False, Matrix.BT709, 1, 1)
HLG = RgbSpace(Primaries.BT2020, Transfer.HLG)
SHIFTS = [(1, 1), (1, 0), (0, 0), (2, 0), (0, 1), (2, 2)]

formats = st.builds(
    YuvFormat,
    st.sampled_from([8, 9, 10, 12]),
    st.booleans(),
    st.sampled_from(Matrix),
    *(st.sampled_from(shifts) for shifts in zip(*SHIFTS, strict=True)),
    st.sampled_from(Siting),
    st.sampled_from([RgbSpace(), HLG]),
)


def codes_of(height: int, width: int, yuv: YuvFormat) -> NDArray[Any]:
    """Return luma codes of light and dark things, with grain; the way a frame has it.

    A view into wider lines that must not be written.
    """
    random = np.random.default_rng(height * width)
    things = random.uniform(0, 1, (height // 8 + 1, width // 8 + 1))
    luma = things.repeat(8, 0).repeat(8, 1)
    luma += random.normal(0, 0.02, luma.shape)
    codes = np.clip(luma, 0, 1) * yuv.luma_span + yuv.black
    view = codes.astype(np.uint8 if yuv.depth == 8 else np.uint16)[:height, :width]
    view.flags.writeable = False
    return view


def ab_of(height: int, width: int) -> Tensor:
    random = np.random.default_rng(1)
    return torch.from_numpy(random.normal(0, 40, (2, height, width)).astype("f4"))


def apart(one: Planes, other: Planes) -> int:
    """Return by how many codes they differ at most."""
    for plane, same in zip(one, other, strict=True):
        assert (plane.shape, plane.dtype) == (same.shape, same.dtype)
    both = zip(one, other, strict=True)
    return max(int(np.abs(a.astype(int) - b).max()) for a, b in both)


@settings(deadline=None, max_examples=40)
@given(
    source=formats,
    target=formats,
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    small=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    woven=st.booleans(),
)
@example(YUV420, YUV420, (1, 40000), (8, 64), False)
@example(YUV420, YUV420, (90, 120), (300, 280), False)
@example(YUV420, YUV420, (45, 63), (8, 12), True)
def test_planes_are_those_of_the_cpu_s_way_to_one_code(
    source: YuvFormat,
    target: YuvFormat,
    size: tuple[int, int],
    small: tuple[int, int],
    woven: bool,
) -> None:
    woven = woven and size[0] > 1
    codes, ab = codes_of(*size, source), ab_of(*small)
    found = GpuPainter(CPU, source, target, []).begin(codes, ab, woven)()
    assert apart(found, chroma_planes(codes, ab, source, target, woven)) <= 1


def test_frames_come_in_order_one_late() -> None:
    taken, ab = 0, torch.full((2, 4, 4), 30.0)

    def predictions() -> Iterator[tuple[Any, Prediction]]:
        nonlocal taken
        for taken in range(1, 6):
            codes = np.full((16, 16), 40 * taken, np.uint8)
            picture = SimpleNamespace(interlaced_frame=False)
            frame = SimpleNamespace(luma=codes, picture=picture, number=taken)
            yield frame, Prediction(ab, torch.zeros(4, 4), starts_shot=False)

    painter = GpuPainter(CPU, YUV420, YUV420, [])
    painted = paint(predictions(), YUV420, YUV420, Geometry(), painter)
    for number, item in enumerate(painted, 1):
        frame: Any = item.frame
        assert frame.number == number
        assert taken == min(number + 1, 5)
        expected = chroma_planes(frame.luma, ab, YUV420, YUV420, woven=False)
        assert apart((item.cb, item.cr), expected) <= 1
    assert taken == 5


def test_pictures_that_wait_together_are_not_mixed_up() -> None:
    painter = GpuPainter(CPU, YUV420, YUV420, [])
    codes = [codes_of(side, side, YUV420) for side in (40, 48, 40)]
    begun = [painter.begin(c, ab_of(8, 8), woven=False) for c in codes]
    for luma, finish in zip(codes, begun, strict=True):
        alone = chroma_planes(luma, ab_of(8, 8), YUV420, YUV420, woven=False)
        assert apart(finish(), alone) <= 1


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: out of memory"),
    ],
)
def test_when_the_gpu_is_full_the_cpu_paints_and_it_is_told_once(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def planes(*_: object) -> None:
        raise error

    concessions: list[str] = []
    painter = GpuPainter(CPU, YUV420, YUV420, concessions)
    codes, ab = codes_of(48, 64, YUV420), ab_of(8, 12)
    before = painter.begin(codes, ab, woven=False)
    monkeypatch.setattr(Painting, "planes", planes)
    after = [painter.begin(codes, ab, woven=False) for _ in range(2)]
    expected = chroma_planes(codes, ab, YUV420, YUV420, woven=False)
    assert apart(before(), expected) <= 1
    assert all(apart(finish(), expected) == 0 for finish in after)
    assert concessions == [
        "the GPU's memory ran out: from here on, the CPU paints the frames"
    ]


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_what_is_no_cuda_device_leaves_it_to_the_cpu(device: str) -> None:
    colorizer: Any = SimpleNamespace(device=torch.device(device), concessions=[])
    assert gpu_painter(colorizer, YUV420, YUV420) is None


def test_other_errors_are_bugs_and_stay_what_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def planes(*_: object) -> None:
        raise RuntimeError("shapes")

    monkeypatch.setattr(Painting, "planes", planes)
    painter = GpuPainter(CPU, YUV420, YUV420, [])
    with pytest.raises(RuntimeError, match="shapes"):
        painter.begin(codes_of(8, 8, YUV420), ab_of(2, 2), woven=False)
