import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training.data import load_pictures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them large, one deeper down; and a file that is none."""
    random = np.random.default_rng(0)
    root = tmp_path / "photos"
    (root / "deeper").mkdir(parents=True)
    for name, shape in (("b.png", (20, 30)), ("a.webp", (300, 512)), ("c.png", (9, 9))):
        path = root / ("deeper" if name == "c.png" else "") / name
        picture = Image.fromarray(random.integers(0, 256, (*shape, 3), np.uint8))
        picture.save(path, lossless=True)
    (root / "licence.txt").write_text("CC0")
    return root


def test_a_folder_is_searched_through(folder: Path) -> None:
    names = [name for name, _ in load_pictures([folder])]
    assert names == ["a.webp", "b.png", "deeper/c.png"]


@pytest.mark.parametrize("content", [b"", b"no tar at all"])
def test_a_file_that_is_no_tar_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photos.tar"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"photos\.tar: is no folder and no whole tar"):
        load_pictures([path])


def test_a_tar_that_breaks_off_is_told(folder: Path, tmp_path: Path) -> None:
    shard = tmp_path / "photos.tar"
    with tarfile.open(shard, "w") as tar:
        tar.add(folder, "photos")
    shard.write_bytes(shard.read_bytes()[:3000])
    with pytest.raises(ValueError, match=r"photos\.tar"):
        load_pictures([shard])


def test_pictures_are_rgb(folder: Path) -> None:
    loaded = dict(load_pictures([folder]))
    expected = np.asarray(Image.open(folder / "b.png"))
    assert loaded["b.png"].dtype == torch.uint8
    assert np.array_equal(loaded["b.png"].permute(1, 2, 0).numpy(), expected)


def test_large_pictures_are_made_smaller(folder: Path) -> None:
    assert dict(load_pictures([folder]))["a.webp"].shape == (3, 256, 437)


@pytest.mark.parametrize("root", [".", ""])
def test_a_shard_reads_as_its_folder(folder: Path, tmp_path: Path, root: str) -> None:
    shard = tmp_path / "photos.tar"
    with tarfile.open(shard, "w") as tar:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            tar.add(path, f"./{name}" if root else name, recursive=False)
    for (a, one), (b, other) in zip(
        load_pictures([folder]), load_pictures([shard]), strict=True
    ):
        assert a == b
        assert torch.equal(one, other)


def test_sources_follow_each_other(folder: Path) -> None:
    assert len(load_pictures([folder, folder / "deeper"])) == 4


def test_a_source_without_pictures_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty.* no pictures"):
        load_pictures([tmp_path / "empty"])


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    shard = tmp_path / "bad.tar"
    with tarfile.open(shard, "w") as tar:
        info = tarfile.TarInfo("broken.png")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"hello"))
    with pytest.raises(ValueError, match=r"broken\.png"):
        load_pictures([shard])


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_picture_is_named(folder: Path, content: bytes) -> None:
    (folder / "deeper" / "broken.jpg").write_bytes(content)
    with pytest.raises(ValueError, match=r"deeper/broken\.jpg is not a picture"):
        load_pictures([folder])
