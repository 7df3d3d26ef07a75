import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor, nn

from vidcolor import openvino
from vidcolor.colorizer import Colorizer
from vidcolor.openvino import OpenVinoNetwork
from vidcolor_models import load_model
from vidcolor_models.answer import Answer

pytestmark = pytest.mark.skipif(
    not openvino.is_installed(), reason="the extra 'openvino' is not installed"
)


class Tint(nn.Module):
    """Ab that grows with lightness, but for hints, at a quarter of the size."""

    def __init__(self, strength: float) -> None:
        super().__init__()
        self.register_buffer("strength", torch.tensor([strength, -strength]))

    def forward(self, lightness: Tensor, hint_ab: Tensor, hint_mask: Tensor) -> Answer:
        guess = lightness * self.strength.view(1, 2, 1, 1) * (1 - hint_mask)
        ab = guess + hint_ab * hint_mask
        return Answer(ab[..., ::4, ::4], lightness[..., ::4, ::4] / 10)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a cache's folder that is not there yet."""
    monkeypatch.setattr(openvino, "_cache", lambda: tmp_path / "made" / "cache")
    return tmp_path / "made" / "cache"


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=Generator().manual_seed(seed))


def answers(network: OpenVinoNetwork) -> Tensor:
    return network(torch.full((1, 1, 32, 32), 50.0)).ab[0, 0]


@pytest.mark.parametrize("shape", [(1, 1, 32, 32), (1, 1, 96, 64), (3, 1, 64, 160)])
@torch.inference_mode()
def test_it_answers_as_the_network_does(weights: str, shape: tuple[int, ...]) -> None:
    network = load_model(weights).network
    quick = OpenVinoNetwork(network)
    lightness = noise(*shape) * 100
    hints = noise(shape[0], 2, *shape[2:], seed=1) * 100, noise(*shape, seed=2)
    for given in ((lightness,), (lightness, *hints)):
        for found, expected in zip(quick(*given), network(*given), strict=True):
            torch.testing.assert_close(found, expected, atol=1e-2, rtol=0)


def test_a_colorizer_on_the_cpu_uses_it(weights: str) -> None:
    assert isinstance(Colorizer(weights, "cpu")._network, OpenVinoNetwork)


def test_one_hint_without_the_other_is_refused(cache: Path) -> None:
    picture = torch.zeros(1, 1, 32, 32)
    with pytest.raises(ValueError, match="give both or neither"):
        OpenVinoNetwork(Tint(1))(picture, hint_mask=picture)


def test_sizes_that_halve_unevenly_are_refused(cache: Path) -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        OpenVinoNetwork(Tint(1))(torch.zeros(1, 1, 32, 48))


def test_it_is_made_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    OpenVinoNetwork(Tint(1))
    assert len(list(cache.iterdir())) == 1
    monkeypatch.delattr(OpenVinoNetwork, "_convert")
    again = OpenVinoNetwork(Tint(1))
    torch.testing.assert_close(answers(again), torch.full((8, 8), 50.0))


def test_other_numbers_are_another_network(cache: Path) -> None:
    OpenVinoNetwork(Tint(1))
    twice = OpenVinoNetwork(Tint(2))
    torch.testing.assert_close(answers(twice), torch.full((8, 8), 100.0))
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("part", ["graph.xml", "graph.bin"])
@pytest.mark.parametrize("rest", [b"", b"nonsense", None])
def test_a_broken_cache_is_made_anew(
    cache: Path, part: str, rest: bytes | None
) -> None:
    OpenVinoNetwork(Tint(3))
    (kept,) = cache.iterdir()
    if rest is None:
        (kept / part).unlink()
    else:
        (kept / part).write_bytes(rest)
    again = OpenVinoNetwork(Tint(3))
    torch.testing.assert_close(answers(again), torch.full((8, 8), 150.0))
    assert (kept / part).stat().st_size > len(rest or b"")


def test_without_a_place_to_keep_it_it_works(cache: Path) -> None:
    cache.parent.write_text("no folder")
    network = OpenVinoNetwork(Tint(1))
    torch.testing.assert_close(answers(network), torch.full((8, 8), 50.0))


def test_what_is_kept_is_the_user_s_alone(cache: Path) -> None:
    OpenVinoNetwork(Tint(1))
    (kept,) = cache.iterdir()
    assert kept.stat().st_mode & 0o077 == 0


_WATCHED = """
import sys
sought = []
def listen(event, args):
    if event.startswith("socket."):
        sought.append(event)
sys.addaudithook(listen)
import torch
from vidcolor.openvino import OpenVinoNetwork
class Same(torch.nn.Module):
    def forward(self, lightness, hint_ab, hint_mask):
        return hint_ab + lightness, hint_mask + 1
OpenVinoNetwork(Same())(torch.zeros(1, 1, 32, 32))
assert "openvino" in sys.modules and "openvino_telemetry" not in sys.modules
assert not sought, sought
"""


def test_nobody_is_told_of_it(tmp_path: Path) -> None:
    # As at home, not as in CI, where OpenVINO itself would keep quiet.
    home = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", _WATCHED], env=home, check=True)
    assert not (tmp_path / "intel").exists()


@torch.inference_mode()
def test_answers_depend_on_nothing_but_the_picture(weights: str) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        network = OpenVinoNetwork(load_model(weights).network)
    finally:
        torch.set_num_threads(threads)
    pictures = noise(3, 1, 64, 128) * 100
    first = network(pictures).ab
    for _ in range(20):
        assert torch.equal(network(pictures).ab, first)
    for number in range(3):
        assert torch.equal(network(pictures[[number]]).ab[0], first[number])
