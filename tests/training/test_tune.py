from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor

from training.bins import gamut_bins
from training.tune import Seen, _groups, main
from vidcolor_models.film import Film


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Pictures in which what is dark is blue, what is light is orange."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(6):
        small = random.choice([40, 128, 220], (6, 6 + number % 2)).astype(np.uint8)
        grey = small.repeat(32, axis=0).repeat(32, axis=1)
        tint = np.array([60, 0, -30]) * ((grey < 100) * 1 - (grey > 200))[..., None]
        bgr = (grey[..., None] + tint).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number}.png"), bgr)
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = Film()
    network.bins.copy_(gamut_bins())
    network.rarity.copy_(network.bins.norm(dim=1) / 100)
    network.temperature.fill_(0.25)
    path = tmp_path / "film.safetensors"
    save_file(network.state_dict(), path)
    return path


def test_tuning_changes_how_colours_are_decoded_and_nothing_else(
    model: Path, pictures: Path, tmp_path: Path
) -> None:
    tuned = tmp_path / "tuned.safetensors"
    main(str(model), tuned, [pictures], epochs=1, every=1, vividness=1.25)
    before, after = load_file(model), load_file(tuned)
    changed = {
        name
        for name, value in before.items()
        if not torch.equal(value.half(), after[name])
    }
    assert changed == {"head.weight", "head.bias", "rarity", "vividness"}
    assert after["vividness"] == 1.25


def test_tuned_pictures_are_nearer_to_the_truth(
    model: Path, pictures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(str(model), tmp_path / "tuned.safetensors", [pictures], epochs=10, every=1)
    lines = [line for line in capsys.readouterr().out.splitlines() if "gain" in line]
    looks, gains = ([float(line.split()[n]) for line in lines] for n in (1, 3))
    assert len(gains) == 10
    assert gains[-1] > gains[0] + 0.5
    assert looks[-1] < looks[0]


def test_how_pictures_look_has_a_say(
    model: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = []
    for look in (0.0, 40.0):
        monkeypatch.setattr("training.tune._LOOK", look)
        tuned = tmp_path / f"tuned{look}.safetensors"
        main(str(model), tuned, [pictures], epochs=2, every=1)
        heads.append(load_file(tuned)["head.weight"].float())
    assert (heads[1] - heads[0]).norm() > 0


def test_some_of_the_pictures_are_worn(
    model: Path, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worn: list[int] = []

    def wear(view: Tensor, random: Generator) -> Tensor:
        worn.append(1)
        return view

    monkeypatch.setattr("training.tune.old_film", wear)
    main(str(model), tmp_path / "tuned.safetensors", [pictures] * 5, epochs=1)
    assert 3 <= len(worn) <= 20  # of 30


def test_every_picture_comes_once_among_those_of_its_shape() -> None:
    seen = [
        Seen(torch.zeros(4), torch.full((2, wide), number), *torch.zeros(2, 2))
        for number, wide in enumerate([3] * 30 + [4] * 5)
    ]
    groups = _groups(seen, Generator().manual_seed(0))
    numbers = [int(one.luma[0, 0]) for group in groups for one in group]
    assert sorted(numbers) == list(range(35))
    assert numbers != sorted(numbers)
    assert all(len({one.luma.shape for one in group}) == 1 for group in groups)
