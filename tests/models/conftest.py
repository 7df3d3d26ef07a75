from pathlib import Path

import pytest
from torch import Tensor, nn

from vidcolor_models.registry import MODELS, Entry


class Tiny(nn.Module):
    """A network whose weights are small enough to write many times."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, 2, 1)
        self.norm = nn.BatchNorm2d(2)  # has a whole number among its state

    def forward(self, lightness: Tensor) -> Tensor:
        ab: Tensor = self.norm(self.head(lightness))
        return ab


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of fetched weights, which is not there yet."""
    folder = tmp_path / "store"
    monkeypatch.setenv("VIDCOLOR_MODELS", str(folder))
    return folder


@pytest.fixture
def tiny(store: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """Return the entry of a model called "tiny", which has not been fetched."""
    entry = Entry(
        summary="One layer, for tests.",
        build=Tiny,
        weights="tiny.pth",
        sha256="0" * 64,
        licence="Apache-2.0",
        url="https://example.invalid/tiny.pth",
        size=16,
        takes_hints=False,
    )
    monkeypatch.setitem(MODELS, "tiny", entry)
    return entry
