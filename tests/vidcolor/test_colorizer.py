from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn

from vidcolor.colorizer import Colorizer, image_luma
from vidcolor.device import choose_device
from vidcolor.errors import OptionError
from vidcolor.lab import rgb_to_lab
from vidcolor.metrics import colorfulness
from vidcolor.yuv import Matrix
from vidcolor_models import WeightsError, load_model
from vidcolor_models.answer import Answer
from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.folding import fold_norms

BT601 = np.array([0.299, 0.587, 0.114])


class Orange(nn.Module):
    """One colour everywhere, at a quarter of the size."""

    ab = (35.0, 45.0)
    uncertainty = 12.0

    def forward(self, lightness: Tensor) -> Answer:
        rows, columns = lightness.shape[2] // 4, lightness.shape[3] // 4
        ab = torch.tensor(self.ab).view(1, 2, 1, 1)
        return Answer(
            ab.expand(len(lightness), 2, rows, columns),
            torch.full((len(lightness), 1, rows, columns), self.uncertainty),
        )


@pytest.fixture
def colorizer(weights: str) -> Colorizer:
    return Colorizer(weights, device="cpu", size=32)


@pytest.fixture
def orange(colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> Colorizer:
    monkeypatch.setattr(colorizer, "_network", Orange())
    return colorizer


def noise(*shape: int, dtype: Any = np.uint8) -> NDArray[Any]:
    random = np.random.default_rng(0)
    if np.issubdtype(dtype, np.floating):
        return random.random(shape).astype(dtype)
    return random.integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def like_a_photograph() -> NDArray[np.uint8]:
    """Return grey (96, 128) whose detail falls off with its size, as in photographs."""
    random = np.random.default_rng(0)
    rows, columns = np.fft.fftfreq(96)[:, None], np.fft.fftfreq(128)
    spectrum = np.fft.fft2(random.normal(size=(96, 128)))
    spectrum /= np.maximum(np.hypot(rows, columns), 1 / 96)
    plane = np.fft.ifft2(spectrum).real
    return np.rint(np.interp(plane, (plane.min(), plane.max()), (10, 245))).astype("u1")


def test_the_model_s_own_size_is_used_unless_another_is_asked_for(weights: str) -> None:
    assert Colorizer(weights, "cpu").size == 256
    assert Colorizer(weights, "cpu", 128).size == 128


@pytest.mark.parametrize("shape", [(480, 640), (640, 480), (2160, 3840), (31, 500)])
@pytest.mark.parametrize("size", [32, 100, 256])
def test_the_network_sees_multiples_of_32(
    colorizer: Colorizer, shape: tuple[int, int], size: int
) -> None:
    colorizer.size = size
    seen = colorizer.network_size(*shape)
    assert all(side % 32 == 0 for side in seen)
    assert abs(min(seen) - size) <= 16
    aspect = min(max(shape[1] / shape[0], 1 / 8), 8)
    # Each side is at most 16 off.
    assert (seen[1] - 16) / (seen[0] + 16) <= aspect <= (seen[1] + 16) / (seen[0] - 16)


def test_the_network_sees_things_in_their_true_shape(colorizer: Colorizer) -> None:
    # 720x576 with samples of 64:45 is 16:9, as 1024x576 is.
    anamorphic = colorizer.network_size(576, 720, Fraction(64, 45))
    assert anamorphic == colorizer.network_size(576, 1024)


def test_a_thread_of_a_picture_does_not_blow_the_network_up(
    colorizer: Colorizer,
) -> None:
    assert max(colorizer.network_size(2, 100_000)) <= 8 * 32


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(40, 50), (37, 51, 3), (1, 1), (3, 90)])
def test_an_image_keeps_its_type_size_and_luma(
    colorizer: Colorizer, dtype: Any, shape: tuple[int, ...]
) -> None:
    image = noise(*shape, dtype=dtype)
    result = colorizer.colorize_image(image)
    assert result.dtype == image.dtype
    assert result.shape == (*shape[:2], 3)
    white = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1.0
    before = (image if image.ndim == 3 else image[..., None].repeat(3, 2)) @ BT601
    after = result @ BT601
    # Rounding moves each of the three by half a code, so their mean by no more; the
    # table adds a few 100,000ths of white.
    rounding = 0.5 if np.issubdtype(dtype, np.integer) else 0
    assert np.abs(before - after).max() <= rounding + 2e-4 * white


def test_the_network_s_colour_is_the_image_s(orange: Colorizer) -> None:
    # Mid-grey can carry this colour, so it must come out whole.
    result = orange.colorize_image(np.full((24, 32), 0.5, np.float32))
    ab = rgb_to_lab(torch.from_numpy(result).permute(2, 0, 1))[1:].mean(dim=(1, 2))
    torch.testing.assert_close(ab, torch.tensor(Orange.ab), atol=1.0, rtol=0)


def test_a_large_image_worked_on_in_parts_is_the_same(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = noise(37, 51)
    whole = colorizer.colorize_image(image)
    monkeypatch.setattr("vidcolor.colorizer._BAND", 5 * 51 + 1)
    np.testing.assert_array_equal(colorizer.colorize_image(image), whole)


def test_colour_in_the_source_is_not_looked_at(colorizer: Colorizer) -> None:
    image = noise(20, 20, 3, dtype=np.float32)
    grey = (image @ BT601.astype(np.float32)).astype(np.float32)
    np.testing.assert_allclose(
        colorizer.colorize_image(image), colorizer.colorize_image(grey), atol=1e-3
    )


def test_black_and_white_stay(orange: Colorizer) -> None:
    image = np.array([[0, 255]], np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    result = orange.colorize_image(image)
    assert (result == image[..., None]).all()


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 4), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((4, 4), np.int32),
        np.full((4, 4, 3), 255, np.float32),
    ],
)
def test_other_arrays_are_refused(colorizer: Colorizer, image: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="image must be"):
        colorizer.colorize_image(image)


def test_samples_of_either_byte_order_are_taken(colorizer: Colorizer) -> None:
    image = np.arange(48, dtype=np.uint16).reshape(4, 4, 3) * 1000
    here = colorizer.colorize_image(image)
    other = colorizer.colorize_image(image.astype(image.dtype.newbyteorder()))
    np.testing.assert_array_equal(here, other)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (0, 0, 3)])
def test_an_array_of_no_pixels_is_refused(
    colorizer: Colorizer, shape: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="image must have pixels"):
        colorizer.colorize_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 3)])
def test_what_is_no_number_is_refused(
    colorizer: Colorizer, shape: tuple[int, ...], value: float
) -> None:
    image = np.full(shape, 0.5, np.float32)
    image[1, 2] = value
    with pytest.raises(ValueError, match="finite"):
        colorizer.colorize_image(image)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_numbers_that_are_none_are_told(
    orange: Colorizer, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Orange, "ab", (0.0, value))
    with pytest.raises(OptionError, match="not finite"):
        orange.predict(torch.full((1, 32, 32), 50.0))


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_doubt_that_is_no_number_is_told_too(
    orange: Colorizer, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Orange, "uncertainty", value)
    with pytest.raises(OptionError, match=r"'film' answered .* not finite"):
        orange.predict(torch.full((1, 32, 32), 50.0))


class Crowded(nn.Module):
    """Orange, on a device that has room for so many pixels at once."""

    def __init__(self, room: int, error: Exception) -> None:
        super().__init__()
        self.room, self.error = room, error
        self.seen: list[torch.Size] = []

    def forward(self, lightness: Tensor) -> Answer:
        self.seen.append(lightness.shape)
        if lightness.numel() > self.room:
            raise self.error
        answer: Answer = Orange()(lightness)
        return answer


GPU_FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB)"),
]


@pytest.mark.parametrize("error", GPU_FULL)
@pytest.mark.parametrize(
    ("room", "batch", "size"),
    [
        (4 * 128 * 192, 4, 128),
        (3 * 128 * 192, 2, 128),
        (1 * 128 * 192, 1, 128),
        (1 * 128 * 191, 1, 64),
    ],
)
def test_a_full_gpu_is_asked_for_less_and_no_frame_stays_grey(
    weights: str,
    monkeypatch: pytest.MonkeyPatch,
    room: int,
    batch: int,
    size: int,
    error: Exception,
) -> None:
    colorizer = Colorizer(weights, "cpu", 128)
    colorizer.batch = 8
    network = Crowded(room, error)
    monkeypatch.setattr(colorizer, "_network", network)
    found = colorizer.predict(torch.full((8, 128, 192), 50.0))
    assert found.ab.shape == (8, 2, 32, 48)
    assert found.uncertainty.shape == (8, 32, 48)
    torch.testing.assert_close(
        found.ab, torch.tensor(Orange.ab).view(1, 2, 1, 1).expand(8, 2, 32, 48)
    )
    assert colorizer.batch == batch
    assert network.seen[-1][2] == size
    assert len(colorizer.concessions) == {4: 1, 2: 2, 1: 3}[batch] + (size == 64)
    assert all("memory ran out" in word for word in colorizer.concessions)


def test_what_was_conceded_stays_so(
    weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    colorizer = Colorizer(weights, "cpu", 128)
    network = Crowded(64 * 96, GPU_FULL[0])
    monkeypatch.setattr(colorizer, "_network", network)
    for _ in range(3):
        colorizer.predict(torch.full((1, 128, 192), 50.0))
    assert len(network.seen) == 4
    assert len(colorizer.concessions) == 1
    assert "--size 64" in colorizer.concessions[0]


@pytest.mark.parametrize(
    "error",
    [
        *GPU_FULL,
        MemoryError(),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 4294967296 bytes. Error code 12"
        ),
    ],
)
def test_without_memory_for_anything_a_smaller_size_is_advised(
    weights: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    colorizer = Colorizer(weights, "cpu", 128)
    monkeypatch.setattr(colorizer, "_network", Crowded(0, error))
    with pytest.raises(OptionError, match=r"'film' at .* smaller --size"):
        colorizer.predict(torch.full((1, 128, 192), 50.0))


@pytest.mark.parametrize("error", GPU_FULL)
def test_a_gpu_without_room_for_the_model_is_told(
    weights: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def to(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("vidcolor.colorizer.choose_device", torch.device)
    monkeypatch.setattr(nn.Module, "to", to)
    with pytest.raises(OptionError, match="no room for 'film'"):
        Colorizer(weights, "mps", 64)


def test_other_errors_of_a_network_are_bugs_and_stay_what_they_are(
    colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(colorizer, "_network", Crowded(0, RuntimeError("shapes")))
    with pytest.raises(RuntimeError, match="shapes"):
        colorizer.predict(torch.full((1, 32, 32), 50.0))


class Counting(nn.Module):
    """Answers by how many pictures it is asked about; of black ones, with no number."""

    def forward(self, lightness: Tensor) -> Answer:
        small = lightness[:, :, ::4, ::4] / lightness[:, :, ::4, ::4]
        ab = (small * len(lightness)).repeat(1, 2, 1, 1)
        return Answer(ab, ab[:, :1])


@pytest.fixture
def counting(colorizer: Colorizer, monkeypatch: pytest.MonkeyPatch) -> Colorizer:
    """Return a colorizer as on a GPU that takes four pictures at once."""
    monkeypatch.setattr(colorizer, "_network", Counting())
    monkeypatch.setattr(colorizer, "_fills", True)
    colorizer.batch = 4
    return colorizer


def test_the_last_batch_of_a_shot_is_filled_where_rounding_depends_on_it(
    counting: Colorizer,
) -> None:
    found = counting.predict(torch.full((6, 32, 32), 50.0))
    assert found.ab.shape == (6, 2, 8, 8)
    assert (found.ab == 4).all()
    assert (found.uncertainty == 4).all()


def test_a_photo_is_looked_at_alone(counting: Colorizer) -> None:
    doubt = counting.predict_uncertainty(torch.full((32, 32), 0.5))
    torch.testing.assert_close(doubt, torch.ones(32, 32))


def test_the_network_s_doubt_is_handed_on(orange: Colorizer) -> None:
    found = orange.predict(torch.full((2, 64, 96), 40.0))
    assert torch.equal(found.uncertainty, torch.full((2, 16, 24), Orange.uncertainty))


@pytest.mark.parametrize("shape", [(24, 32), (31, 57), (1, 1)])
def test_a_picture_s_doubt_is_of_its_size(
    orange: Colorizer, shape: tuple[int, int]
) -> None:
    luma = torch.from_numpy(noise(*shape, dtype=np.float32))
    found = orange.predict_uncertainty(luma)
    torch.testing.assert_close(found, torch.full(shape, Orange.uncertainty))


def test_the_more_vivid_the_stronger_the_colours(weights: str) -> None:
    picture = like_a_photograph()
    found = [
        colorfulness(Colorizer(weights, "cpu", 64, vividness).colorize_image(picture))
        for vividness in (0.0, 1.0, 2.0)
    ]
    assert found[0] * 1.1 < found[1]
    assert found[1] * 1.1 < found[2]


def test_vividness_1_is_as_the_model_comes(
    weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A drawn head makes a mountain of each rounding.
    monkeypatch.setattr("vidcolor.colorizer.ROUGH", [])
    asked, plain = Colorizer(weights, "cpu", 32, vividness=1.0), load_model(weights)
    lightness = torch.from_numpy(noise(1, 32, 32, dtype=np.float32)) * 100
    with torch.inference_mode():
        expected = plain.network(lightness[:, None]).ab
    torch.testing.assert_close(asked.predict(lightness).ab, expected, atol=1e-2, rtol=0)


@pytest.mark.parametrize("vividness", [-0.1, 3.1, np.nan, np.inf])
def test_a_vividness_out_of_range_is_refused(weights: str, vividness: float) -> None:
    with pytest.raises(ValueError, match="must be 0 to 3"):
        Colorizer(weights, "cpu", vividness=vividness)


def test_a_model_without_that_knob_says_so(tmp_path: Path) -> None:
    path = str(tmp_path / "one.safetensors")
    save_file(ECCV16().state_dict(), path)
    assert Colorizer(path, "cpu").vividness == 1
    with pytest.raises(OptionError, match="'eccv16' has no vividness"):
        Colorizer(path, "cpu", vividness=0.5)


@pytest.mark.parametrize("matrix", Matrix)
def test_white_has_a_luma_of_1(matrix: Matrix) -> None:
    luma = image_luma(np.full((1, 1, 3), 255, np.uint8), matrix)
    assert luma.item() == pytest.approx(1)


def test_a_model_that_is_not_there_is_named(tmp_path: Any) -> None:
    with pytest.raises(WeightsError, match=r"gone\.pth"):
        Colorizer(str(tmp_path / "gone.pth"))


def test_auto_is_a_device_that_works() -> None:
    torch.zeros(1, device=choose_device("auto"))


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(OptionError, match="abacus"):
        choose_device("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_device_is_told() -> None:
    with pytest.raises(OptionError, match="no cuda"):
        choose_device("cuda")


def photographs() -> Tensor:
    """Return lightness (2, 96, 128), 0..100, of what may be photographs."""
    one = torch.from_numpy(like_a_photograph()).float() / 2.55
    return torch.stack([one, one.flip(1)])


def test_half_the_digits_hardly_change_a_colour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vidcolor.colorizer.is_supported", lambda: False)
    colorizer = Colorizer(device="cpu")
    whole = colorizer.predict(photographs())
    # How precise it is, is said for this thread alone.
    monkeypatch.setattr(colorizer, "_network", colorizer._network._network)
    monkeypatch.setattr(colorizer, "_halved", True)
    half = colorizer.predict(photographs())
    assert not torch.equal(half.ab, whole.ab)
    torch.testing.assert_close(half.ab, whole.ab, atol=0.5, rtol=0)
    torch.testing.assert_close(half.uncertainty, whole.uncertainty, atol=0.5, rtol=0)


def test_a_photo_is_coloured_by_a_network_as_a_gpu_has_it() -> None:
    # There, nothing stands around it that keeps gradients away.
    colorizer = Colorizer("film", "cpu", 64)
    grey = np.linspace(0, 255, 64 * 80).reshape(64, 80).astype(np.uint8)
    expected = colorizer.colorize_image(grey)
    network = load_model("film").network.train(False)
    fold_norms(network)
    colorizer._network = network
    found = colorizer.colorize_image(grey)
    assert np.abs(found.astype(int) - expected).mean() < 1
    assert colorizer.predict_uncertainty(torch.rand(64, 80)).isfinite().all()
