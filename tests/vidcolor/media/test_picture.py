import av
import numpy as np
import pytest
from av.video.format import VideoFormat

from vidcolor.media.picture import (
    deepened,
    planar_format,
    plane,
    to_planar,
    with_chroma,
)
from vidcolor.yuv import Matrix, YuvFormat

LIMITED = YuvFormat(8, False, Matrix.BT709, 1, 1)
PACKED = [
    *("nv12", "nv21", "nv16", "nv24", "yuyv422", "uyvy422", "yvyu422", "vuyx", "vuya"),
    *("p010le", "p010be", "p012le", "p016le", "p210le", "p416le", "y210le", "y212le"),
    *("xv30le", "xv36le", "xv48le", "v30xle", "ayuv64le", "nv20le", "nv20be"),
    *("yuv420p9be", "yuv420p16be", "gray16be", "ya8", "ya16be"),
]


def noise(pix_fmt: str, width: int = 61, height: int = 47) -> av.VideoFrame:
    picture = av.VideoFrame(width, height, pix_fmt)
    depth = picture.format.components[0].bits
    dtype = np.uint16 if depth > 8 else np.uint8
    rng = np.random.default_rng(0)
    for memory in picture.planes:
        codes = np.frombuffer(memoryview(memory), dtype)
        codes[:] = rng.integers(0, 1 << depth, codes.shape)
    return picture


@pytest.mark.parametrize("pix_fmt", PACKED)
def test_packed_and_swapped_pictures_keep_every_luma_code(pix_fmt: str) -> None:
    truth = noise(planar_format(pix_fmt).name)
    packed = truth.reformat(format=pix_fmt)
    assert packed.format.name == pix_fmt
    assert (plane(to_planar(packed, LIMITED), 0) == plane(truth, 0)).all()


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv411p", "gray10le", "yuvj420p"])
def test_planar_pictures_are_left_as_they_are(pix_fmt: str) -> None:
    picture = noise(pix_fmt)
    assert to_planar(picture, LIMITED) is picture


@pytest.mark.parametrize("pix_fmt", ["rgb24", "bgra", "gbrp10le", "rgb48le"])
def test_grey_rgb_runs_over_limited_range(pix_fmt: str) -> None:
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    rgb = np.broadcast_to(ramp[None, :, None], (16, 64, 3)).copy()
    picture = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format=pix_fmt)
    planar = to_planar(picture, LIMITED)
    depth = planar_format(pix_fmt).depth
    luma = plane(planar, 0)[0].astype(float) / (1 << (depth - 8))
    assert luma[0] == pytest.approx(16, abs=1)
    assert luma[-1] == pytest.approx(235, abs=1)
    assert (np.diff(luma) >= 0).all()
    assert np.ptp(plane(planar, 1).astype(int)) <= 1 << (depth - 8)  # no colour


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p12le", "gray", "gray14le"])
def test_a_planar_format_is_its_own(name: str) -> None:
    layout = planar_format(name)
    assert layout.name == name
    assert layout.depth == VideoFormat(name, 8, 8).components[0].bits


@pytest.mark.parametrize("full", [False, True])
def test_deeper_luma_can_be_turned_back(full: bool) -> None:
    codes = np.arange(256, dtype=np.uint8)[None]
    deep = deepened(codes, 8, YuvFormat(10, full, Matrix.BT709, 1, 1)).astype(float)
    span = (0, 1023) if full else (16 << 2, 235 << 2)
    black, white = (0, 255) if full else (16, 235)
    assert (deep[0, black], deep[0, white]) == span
    assert (np.diff(deep) > 0).all()


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "gray", "yuvj420p", "yuv411p"])
def test_new_chroma_leaves_luma_alone(pix_fmt: str) -> None:
    picture = noise(pix_fmt)
    luma = plane(picture, 0).copy()
    chroma = np.full((24, 31), 77, np.uint8)
    result = with_chroma(picture, "yuv420p", LIMITED, chroma, chroma + 1)
    assert (plane(result, 0) == luma).all()
    assert (plane(result, 1) == 77).all()
    assert (plane(result, 2) == 78).all()


def test_chroma_of_the_wrong_size_is_a_mistake_of_ours() -> None:
    wrong = np.zeros((5, 5), np.uint8)
    with pytest.raises(ValueError, match=r"\(24, 31\)"):
        with_chroma(noise("yuv420p"), "yuv420p", LIMITED, wrong, wrong)
