from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from training.bins import gamut_bins
from training.validate import main
from vidcolor_models.film import Film


def test_a_table_compares_strengths_with_grey(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = Film()
    network.bins.copy_(gamut_bins())
    save_file(network.state_dict(), tmp_path / "m.safetensors")
    random = np.random.default_rng(0)
    picture = Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8))
    picture.save(tmp_path / "p.png")
    model = str(tmp_path / "m.safetensors")
    main(model, [tmp_path], 32, 1, [0.0, 0.5])
    table = capsys.readouterr().out
    for word in ("grey", "0.00", "0.50", "truth", "100 %"):
        assert word in table
