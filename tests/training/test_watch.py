from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from training.batches import Batches
from training.bins import gamut_bins
from training.config import Config
from training.pool import Pool
from training.watch import GOAL, Validation, sheet
from vidcolor.lab import rgb_to_lab
from vidcolor_models.answer import Answer
from vidcolor_models.film import Film

CPU = torch.device("cpu")


class Clairvoyant(Film):
    """A network that answers with one ab, the more of it the more vivid it is to be."""

    def __init__(self, ab: Tensor) -> None:
        super().__init__()
        self.ab = ab

    def logits(
        self,
        lightness: Tensor,
        hint_ab: Tensor | None = None,
        hint_mask: Tensor | None = None,
    ) -> Tensor:
        count, _, height, width = lightness.shape
        return self.ab.view(1, 2, 1, 1).expand(count, 2, height // 4, width // 4)

    def decode(self, logits: Tensor) -> Answer:
        return Answer(logits * self.vividness, logits[:, :1])


@pytest.fixture
def reds(tmp_path: Path) -> Path:
    """Return a folder with two pictures of a red, and nearly that one."""
    for name in ("a.png", "b.png"):
        picture = Image.new("RGB", (48, 40), (180, 90, 90))
        picture.paste((180, 96, 90), (24, 0, 48, 40))
        picture.save(tmp_path / name)
    return tmp_path


def red() -> Tensor:
    rgb = torch.tensor([180, 90, 90]).view(3, 1, 1) / 255
    return rgb_to_lab(rgb)[1:].flatten()


def test_pictures_without_colour_are_left_out(reds: Path, tmp_path: Path) -> None:
    alone = Validation(reds, CPU).measure(Clairvoyant(red()))
    for name, code in (("grey.png", 120), ("black.png", 0)):
        Image.new("RGB", (48, 40), (code,) * 3).save(reds / name)
    assert Validation(reds, CPU).measure(Clairvoyant(red())) == alone


def test_a_validation_without_colours_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (48, 40), (90, 90, 90)).save(tmp_path / "grey.png")
    with pytest.raises(ValueError, match="no pictures in colour"):
        Validation(tmp_path, CPU)


def test_no_more_than_96_pictures_are_looked_at(
    reds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(198):
        (reds / f"c{number}.png").write_bytes((reds / "a.png").read_bytes())
    prepared: list[int] = []
    monkeypatch.setattr("training.watch.prepare", lambda *a, seed: prepared.append(0))
    Validation(reds, CPU)
    assert 60 < len(prepared) <= 96


def test_the_true_colours_gain_most(reds: Path) -> None:
    figures = Validation(reds, CPU).measure(Clairvoyant(red()))
    gains = [figures[f"gain at vividness {v}"] for v in range(4)]
    shares = [figures[f"colorfulness at vividness {v}"] for v in range(4)]
    assert gains[0] == 0  # no colours, no gain
    assert max(gains) == gains[1] > 20
    assert shares[0] < 0.01
    assert shares[1] == pytest.approx(1, abs=0.1)
    assert gains[0] < figures[GOAL] < gains[1]


def test_a_network_that_is_too_pale_has_no_gain_at_the_goal(reds: Path) -> None:
    figures = Validation(reds, CPU).measure(Clairvoyant(red() / 10))
    assert figures[GOAL] == -inf


def test_measuring_leaves_the_network_as_it_was(reds: Path) -> None:
    network = Film().eval()
    network.bins.copy_(gamut_bins())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    Validation(reds, CPU).measure(network)
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_a_sheet_has_three_rows(pictures: list[Tensor], config: Config) -> None:
    config = replace(config, crops=(32,), pixels=16 * 32**2, views=1, hints=0.0)
    batch = Batches(Pool(pictures, CPU), config)[0]
    rgb = sheet(Clairvoyant(torch.zeros(2)), batch)
    assert rgb.shape == (3, 3 * 32, 8 * 32)
    seen, answered, true = rgb.split(32, dim=1)
    # Grey twice, since the answer is grey and there are no hints; and then the truth.
    torch.testing.assert_close(seen, answered)
    grey = rgb_to_lab(seen)[1:].abs().max()
    assert grey < 1
    for number in range(8):
        one = slice(32 * number, 32 * number + 32)
        off = (rgb_to_lab(true[..., one])[1:] - batch.ab[number]).norm(dim=0)
        assert off.median() < 3  # some of it is beyond sRGB at the worn lightness
