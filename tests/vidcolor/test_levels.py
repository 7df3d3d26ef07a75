import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vidcolor.levels import Levels


@pytest.mark.parametrize("shape", [(5, 7, 9), (2, 1, 1), (17, 64, 112)])
def test_it_is_what_torch_interpolates_between_eight_neighbours(
    shape: tuple[int, int, int],
) -> None:
    random = np.random.default_rng(0)
    values = random.normal(size=(2, *shape)).astype(np.float32)
    level, y, x = (random.uniform(-1, n, (40, 50)).astype(np.float32) for n in shape)
    places = [
        torch.from_numpy(2 * at / (n - 1) - 1 if n > 1 else np.zeros_like(at))
        for at, n in zip((x, y, level), shape[::-1], strict=True)
    ]
    expected = F.grid_sample(
        torch.from_numpy(values)[None],
        torch.stack(places, dim=-1)[None, None],
        padding_mode="border",
        align_corners=True,
    )[0, :, 0]
    found = Levels(values).at(x, y, level)
    # OpenCV may count in 32nds of a pixel.
    torch.testing.assert_close(found, expected, atol=0.15, rtol=0)
    assert (found - expected).abs().mean() < 0.01


def test_a_picture_may_be_wider_than_opencv_counts() -> None:
    values = np.arange(2 * 5 * 1 * 4, dtype=np.float32).reshape(2, 5, 1, 4)
    level = np.linspace(0, 4, 70000, dtype=np.float32)[None]
    x, y = np.ones_like(level), np.zeros_like(level)
    found = Levels(values).at(x, y, level)
    assert found[0, 0] == pytest.approx(1 + 4 * level[0], abs=1e-3)


def test_a_picture_may_be_taller_than_opencv_counts() -> None:
    values = np.arange(2 * 5 * 4 * 1, dtype=np.float32).reshape(2, 5, 4, 1)
    level = np.linspace(0, 4, 70000, dtype=np.float32)[:, None]
    x, y = np.zeros_like(level), np.ones_like(level)
    found = Levels(values).at(x, y, level)
    assert found[0, :, 0] == pytest.approx(1 + 4 * level[:, 0], abs=1e-3)
