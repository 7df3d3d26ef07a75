import hashlib
import os
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from vidcolor_models import UnknownModelError, WeightsError, load_model
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import weights_path

State = dict[str, Tensor]


@pytest.fixture
def state(tiny: Entry) -> State:
    """What a training of the tiny network might have saved."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return tiny.build().state_dict()


def save_legacy(state: State, path: Path) -> None:
    torch.save(state, path, _use_new_zipfile_serialization=False)


@pytest.mark.parametrize(
    ("name", "save"),
    [
        ("mine.pth", torch.save),
        ("mine.PT", torch.save),
        ("old.pth", save_legacy),
        ("mine.safetensors", save_file),
    ],
)
def test_a_file_is_recognised_by_its_tensors(
    tmp_path: Path, state: State, name: str, save: Callable[[State, Path], None]
) -> None:
    path = tmp_path / name
    save(state, path)
    model = load_model(str(path))
    assert model.name == "tiny"
    assert model.entry is MODELS["tiny"]
    assert model.path == path
    assert model.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not model.network.training
    torch.testing.assert_close(dict(model.network.state_dict()), dict(state))


def test_halves_become_float32(tmp_path: Path, state: State) -> None:
    path = tmp_path / "half.safetensors"
    halves = {n: t.half() if t.is_floating_point() else t for n, t in state.items()}
    save_file(halves, path)
    network = load_model(str(path)).network
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    torch.testing.assert_close(
        network.state_dict()["head.weight"], halves["head.weight"].float()
    )


@pytest.mark.parametrize("name", list(MODELS))
def test_every_network_is_known_by_its_tensors(tmp_path: Path, name: str) -> None:
    with torch.device("meta"):
        layout = MODELS[name].build().state_dict()
    # One number seen through each whole shape keeps the file small.
    tensors = {
        n: torch.zeros((), dtype=t.dtype).expand(t.shape) for n, t in layout.items()
    }
    torch.save(tensors, tmp_path / "mine.pth")
    model = load_model(str(tmp_path / "mine.pth"))
    assert model.name == name
    numbers = (*model.network.parameters(), *model.network.buffers())
    assert not any(tensor.is_meta for tensor in numbers)


def test_a_file_that_changes_changes_no_loaded_network(
    tmp_path: Path, state: State
) -> None:
    path = tmp_path / "mine.safetensors"
    save_file(state, path)
    network = load_model(str(path)).network
    path.write_bytes(bytes(path.stat().st_size))
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, state[name]), name


def test_a_name_is_looked_up_in_the_store(
    tiny: Entry, state: State, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.mkdir()
    torch.save(state, weights_path(tiny))
    sha256 = hashlib.sha256(weights_path(tiny).read_bytes()).hexdigest()
    monkeypatch.setitem(MODELS, "tiny", replace(tiny, sha256=sha256[:8]))
    model = load_model("tiny")
    assert (model.name, model.sha256) == ("tiny", sha256)
    assert model.path == weights_path(tiny)


def test_weights_that_are_not_there_are_told_how_to_get(tiny: Entry) -> None:
    with pytest.raises(WeightsError, match="vidcolor models fetch tiny") as caught:
        load_model("tiny")
    assert str(tiny.url) in str(caught.value)


def test_weights_with_another_checksum_are_not_used(
    tiny: Entry, state: State, store: Path
) -> None:
    store.mkdir()
    torch.save(state, weights_path(tiny))
    with pytest.raises(WeightsError, match=r"SHA-256 .*not 00000000.*fetch tiny"):
        load_model("tiny")


def test_a_page_in_the_store_is_called_one(tiny: Entry, store: Path) -> None:
    store.mkdir()
    weights_path(tiny).write_text("<html>Sorry</html>")
    with pytest.raises(WeightsError, match="web page"):
        load_model("tiny")


def test_a_name_that_is_nothing_is_answered_with_the_names() -> None:
    with pytest.raises(UnknownModelError, match=r"'flim'.*film, eccv16, siggraph17"):
        load_model("flim")


@pytest.mark.parametrize("name", ["gone.pth", "gone/weights", "gone.safetensors"])
def test_what_looks_like_a_file_is_missed_as_one(name: str) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        load_model(name)


def refusal(path: Path, content: bytes) -> str:
    """Return the one line that a file with that content is refused with."""
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        load_model(str(path))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
class TestBrokenFiles:
    def test_a_web_page_is_called_one(self, tmp_path: Path, name: str) -> None:
        page = b"<!DOCTYPE html>\n<html><title>Log in</title></html>"
        assert "web page" in refusal(tmp_path / name, page)

    def test_an_empty_file_is_damaged(self, tmp_path: Path, name: str) -> None:
        assert "damaged" in refusal(tmp_path / name, b"")

    def test_noise_is_damaged(self, tmp_path: Path, name: str) -> None:
        noise = np.random.default_rng(0).bytes(1000)
        assert "damaged" in refusal(tmp_path / name, noise)

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
    def test_a_torn_file_is_damaged(
        self, tmp_path: Path, state: State, name: str, share: float
    ) -> None:
        save = save_file if name.endswith(".safetensors") else torch.save
        save(state, tmp_path / name)
        whole = (tmp_path / name).read_bytes()
        torn = whole[: int(len(whole) * share)]
        assert "damaged" in refusal(tmp_path / name, torn)


class Trap:
    """An object that makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_the_trap_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_weights_is_named_and_not_run(
    tmp_path: Path, state: State, zipped: bool
) -> None:
    path = tmp_path / "weights.pth"
    trapped = {**state, "trap": Trap(tmp_path / "sprung")}
    torch.save(trapped, path, _use_new_zipfile_serialization=zipped)
    assert f"run code ({os.name}.mkdir)" in refusal(path, path.read_bytes())
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("protocol", [0, 2])
def test_a_bare_pickle_is_not_run(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps(Trap(tmp_path / "sprung"), protocol=protocol)
    assert "refused" in refusal(tmp_path / "weights.pth", content)
    assert not (tmp_path / "sprung").exists()


def test_other_objects_are_no_state_dict(tmp_path: Path, state: State) -> None:
    path = tmp_path / "weights.pth"
    sparse = {**state, "head.bias": state["head.bias"].to_sparse()}
    for content in ([1, 2], {"epoch": 3, "model": state}, {1: state}, sparse):
        torch.save(content, path)
        assert "state dict" in refusal(path, path.read_bytes())


def test_a_network_of_another_kind_is_not_guessed_at(
    tmp_path: Path, state: State
) -> None:
    path = tmp_path / "weights.safetensors"
    more = {**state, "tail.weight": torch.zeros(1)}
    less = {"head.weight": state["head.weight"]}
    wider = {**state, "head.bias": torch.zeros(3)}
    whole = {**state, "head.bias": torch.zeros(2, dtype=torch.int64)}
    for tensors in (more, less, wider, whole):
        save_file(tensors, path)
        assert "fit no network" in refusal(path, path.read_bytes())


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(
    tmp_path: Path, state: State, number: float
) -> None:
    path = tmp_path / "weights.pth"
    state["head.bias"][0] = number
    torch.save(state, path)
    assert "head.bias" in refusal(path, path.read_bytes())


def test_doubles_too_large_for_float32_are_refused(
    tmp_path: Path, state: State
) -> None:
    path = tmp_path / "weights.safetensors"
    save_file(
        {**state, "head.bias": torch.full((2,), 1e300, dtype=torch.float64)}, path
    )
    assert "not finite" in refusal(path, path.read_bytes())


def test_a_file_of_another_kind_is_told_what_would_do(tmp_path: Path) -> None:
    assert ".safetensors, .pth, .pt" in refusal(tmp_path / "film.onnx", b"numbers")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such file"):
        load_model(str(tmp_path))
