"""Weights from a stranger: no code of theirs runs, and no memory is taken for lies."""

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from vidcolor_models import WeightsError
from vidcolor_models.reading import read_weights
from vidcolor_models.store import MAX_BYTES

TENSORS = {"head.weight": torch.arange(6.0).view(2, 3), "head.bias": torch.ones(2)}
MIB = 1 << 20
Wrap = Callable[[Path, bytes], None]


class Call:
    """Pickled, it is a call of a function: code that runs when it is loaded."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def archive(path: Path, pickled: bytes) -> None:
    """Write a file of torch's with another pickle in it."""
    torch.save(TENSORS, path)
    with zipfile.ZipFile(path) as whole:
        records = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as out:
        for name, data in records.items():
            out.writestr(name, pickled if name.endswith("data.pkl") else data)


def legacy(path: Path, pickled: bytes) -> None:
    """Write a file as torch did before 1.6, with another pickle in it."""
    head = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
    path.write_bytes(
        b"".join(pickle.dumps(part, protocol=2) for part in head)
        + pickled
        + pickle.dumps([], protocol=2)
    )


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        read_weights(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("wrap", [archive, legacy])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_runs_nothing(tmp_path: Path, wrap: Wrap, protocol: int) -> None:
    path, marker = tmp_path / "evil.pth", tmp_path / "sprung"
    call = Call(os.system, f"touch '{marker}'")
    for bait in (call, {"head.weight": call}, [call]):
        wrap(path, pickle.dumps(bait, protocol=protocol))
        assert "refused" in refusal(path)
        assert not marker.exists()


@pytest.mark.parametrize("wrap", [archive, legacy])
@pytest.mark.parametrize("size", [1, 1 << 40])
def test_a_pickle_takes_no_memory(tmp_path: Path, wrap: Wrap, size: int) -> None:
    path = tmp_path / "bomb.pth"
    for asked in (bytearray, torch.FloatTensor, torch.zeros):
        wrap(path, pickle.dumps({"x": Call(asked, size)}, protocol=2))
        assert "refused" in refusal(path) or "other than a state dict" in refusal(path)


def test_an_archive_may_not_unpack_to_more_than_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save({"zeros": torch.zeros(MIB)}, tmp_path / "whole.pth")
    with (
        zipfile.ZipFile(tmp_path / "whole.pth") as whole,
        zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in whole.namelist():
            packed.writestr(name, whole.read(name))
    monkeypatch.setattr("vidcolor_models.reading.MAX_BYTES", MIB)
    assert (tmp_path / "bomb.pth").stat().st_size < MIB
    assert "unpack" in refusal(tmp_path / "bomb.pth")


@pytest.mark.parametrize("name", ["huge.pth", "huge.safetensors"])
def test_a_file_larger_than_weights_is_not_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    os.truncate(path, MAX_BYTES + 1)  # a hole: it takes no room
    assert "larger" in refusal(path)


@pytest.mark.parametrize("length", [0, 1, 1 << 20, 99_000_000, 1 << 63, (1 << 64) - 1])
def test_a_header_that_lies_about_its_length_is_refused(
    tmp_path: Path, length: int
) -> None:
    path = tmp_path / "lying.safetensors"
    path.write_bytes(struct.pack("<Q", length) + b"{}      " * 100)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 1 << 40]},
        {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]},
        {"dtype": "F32", "shape": [1 << 62, 1 << 62], "data_offsets": [0, 0]},
        {"dtype": "code", "shape": [4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": "[4]", "data_offsets": [0, 16]},
        "os.system",
    ],
)
def test_a_header_that_lies_about_a_tensor_is_refused(
    tmp_path: Path, entry: object
) -> None:
    path = tmp_path / "lying.safetensors"
    header = json.dumps({"head.weight": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    assert "damaged" in refusal(path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return sound files of every kind, by the name to give them."""
    folder = tmp_path_factory.mktemp("whole")
    torch.save(TENSORS, folder / "new.pth")
    torch.save(TENSORS, folder / "old.pt", _use_new_zipfile_serialization=False)
    save_file(TENSORS, folder / "safe.safetensors")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_sound_files_are_read(tmp_path: Path, whole: dict[str, bytes]) -> None:
    assert len(whole) == 3
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data)
        torch.testing.assert_close(read_weights(tmp_path / name), TENSORS)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_a_damaged_file_is_read_or_refused_in_a_line(
    tmp_path: Path, whole: dict[str, bytes], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(whole)))
    content = bytearray(whole[name])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(
            st.integers(0, 255)
        )
    del content[data.draw(st.integers(0, len(content))) :]
    (tmp_path / name).write_bytes(content)
    tensors, problem = {}, ""
    try:
        tensors = read_weights(tmp_path / name)
    except WeightsError as error:
        problem = str(error)
    assert "\n" not in problem
    assert all(isinstance(tensor, torch.Tensor) for tensor in tensors.values())
