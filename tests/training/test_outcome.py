import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from training.outcome import colorfulness, compose, gain
from vidcolor import metrics
from vidcolor.chroma import to_chroma, to_rgb
from vidcolor.yuv import Matrix


@pytest.fixture
def luma() -> Tensor:
    return torch.rand(3, 20, 30, generator=Generator().manual_seed(0))


@pytest.fixture
def ab(luma: Tensor) -> Tensor:
    return torch.randn(3, 2, 20, 30, generator=Generator().manual_seed(1)) * 40


def test_pictures_come_out_as_films_do(ab: Tensor, luma: Tensor) -> None:
    for one, grey, found in zip(ab, luma, compose(ab, luma).movedim(1, 0), strict=True):
        wanted = to_rgb(grey, to_chroma(one, grey, Matrix.BT601), Matrix.BT601)
        torch.testing.assert_close(found, wanted, atol=1e-4, rtol=0)


def test_colours_leave_luma_alone(ab: Tensor, luma: Tensor) -> None:
    red, green, blue = compose(ab, luma)
    found = 0.299 * red + 0.587 * green + 0.114 * blue
    torch.testing.assert_close(found, luma, atol=1e-4, rtol=0)


def test_grey_gains_nothing_and_the_truth_most(ab: Tensor, luma: Tensor) -> None:
    truth = compose(ab, luma)
    for share in (0.0, 0.5, 0.9):
        nearer = gain(compose(ab * share, luma), truth, luma)
        assert (nearer < gain(truth, truth, luma)).all()
        assert (nearer > 0).all() == (share > 0)
    torch.testing.assert_close(
        gain(compose(ab * 0, luma), truth, luma), torch.zeros(3), atol=1e-3, rtol=0
    )


def test_the_gain_is_that_of_psnr(ab: Tensor, luma: Tensor) -> None:
    truth, result = (_bytes(compose(ab * s, luma)) for s in (1.0, 0.6))
    grey = _bytes(luma.expand(3, -1, -1, -1))
    found = gain(compose(ab * 0.6, luma), compose(ab, luma), luma)
    for number, nearer in enumerate(found.tolist()):
        wanted = metrics.psnr(truth[number], result[number])
        wanted -= metrics.psnr(truth[number], grey[number])
        assert nearer == pytest.approx(wanted, abs=0.2)  # what nobody sees is left out


def test_colourfulness_is_the_report_s(ab: Tensor, luma: Tensor) -> None:
    rgb = compose(ab, luma)
    for picture, found in zip(_bytes(rgb), colorfulness(rgb).tolist(), strict=True):
        assert found == pytest.approx(metrics.colorfulness(picture), rel=0.01)


def test_there_is_a_way_out_of_grey(luma: Tensor) -> None:
    ab = torch.zeros(3, 2, 20, 30, requires_grad=True)
    colorfulness(compose(ab, luma)).sum().backward()  # type: ignore[no-untyped-call]
    assert ab.grad is not None
    assert ab.grad.isfinite().all()


def _bytes(rgb: Tensor) -> list[np.ndarray]:
    """Return RGB (3, N, h, w) in 0..1 as pictures (h, w, 3)."""
    return [
        (picture * 255).round().byte().movedim(0, 2).numpy()
        for picture in rgb.unbind(dim=1)
    ]
