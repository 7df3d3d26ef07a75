from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import torch
from torch import Tensor, nn

from vidcolor.side_by_side import SideBySide
from vidcolor_models import load_model
from vidcolor_models.answer import Answer
from vidcolor_models.folding import fold_norms
from vidcolor_models.packing import is_supported
from vidcolor_models.quick import quicken


def noise(*size: int) -> Tensor:
    return torch.rand(size, generator=torch.Generator().manual_seed(0)) * 100


def echo(pictures: Tensor) -> Answer:
    return Answer(pictures.repeat(1, 2, 1, 1), pictures)


@pytest.fixture(params=[1, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    count: int = request.param
    monkeypatch.setattr(torch, "get_num_threads", lambda: count)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: None)
    return count


@pytest.mark.parametrize("count", [1, 2, 7])
def test_each_picture_has_its_own_answer(threads: int, count: int) -> None:
    pictures = noise(count, 1, 4, 6)
    said = SideBySide(echo)(pictures)
    assert torch.equal(said.uncertainty, pictures)
    assert torch.equal(said.ab, pictures.repeat(1, 2, 1, 1))


def test_pictures_are_in_work_at_the_same_time(threads: int) -> None:
    together = Barrier(threads, timeout=10)

    def wait_for_the_others(pictures: Tensor) -> Answer:
        together.wait()
        return echo(pictures)

    SideBySide(wait_for_the_others)(noise(threads, 1, 4, 6))


def test_an_error_comes_through(threads: int) -> None:
    def fail(pictures: Tensor) -> Answer:
        raise MemoryError

    with pytest.raises(MemoryError):
        SideBySide(fail)(noise(2, 1, 4, 6))


def test_threads_are_counted_inside_alone() -> None:
    seen: list[int] = []

    def count(pictures: Tensor) -> Answer:
        seen.append(torch.get_num_threads())
        return echo(pictures)

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        SideBySide(count)(noise(4, 1, 4, 6))
        with ThreadPoolExecutor(1) as later:
            assert later.submit(torch.get_num_threads).result() == 2
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1] * 4


@torch.inference_mode()
def test_many_threads_pack_a_network_once_and_answer_as_one(weights: str) -> None:
    if not is_supported():
        pytest.skip("this PyTorch packs nothing")
    pictures = noise(8, 1, 32, 64)
    plain: nn.Module = load_model(weights).network
    fold_norms(plain)
    expected = plain(pictures)
    quick = load_model(weights).network
    fold_norms(quick)
    quicken(quick)
    before = torch.get_num_threads()
    said = []
    for threads in (8, 1):
        torch.set_num_threads(threads)
        try:
            said.append(SideBySide(quick)(pictures).ab)
        finally:
            torch.set_num_threads(before)
    torch.testing.assert_close(said[0], expected.ab, atol=1e-2, rtol=1e-3)
    assert torch.equal(*said)
