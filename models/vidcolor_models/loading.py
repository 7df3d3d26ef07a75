"""Models by name or from a file: the network built, its weights checked and put in.

Weights are read in ways that run none of the file's code: safetensors, or torch's
own format with `weights_only`.
"""

import pickle
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vidcolor_models.errors import UnknownModelError, WeightsError
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import is_page, sha256_of, weights_path

_SUFFIXES = (".safetensors", ".pth", ".pt")


@dataclass(frozen=True)
class LoadedModel:
    """A network that is ready to predict, and where its numbers came from."""

    network: nn.Module  # on the CPU, float32, in eval mode
    name: str  # in the registry; of a file, the name of the network that it fits
    sha256: str  # of the weights file
    entry: Entry
    path: Path  # the weights file


def load_model(name_or_path: str) -> LoadedModel:
    """Return the model of that name, or the one whose weights are in that file.

    A name in the registry goes before a file of the same name: write ./NAME for the
    file.

    Raises:
        UnknownModelError: neither a name nor anything that looks like a file.
        WeightsError: the file is missing, damaged, or not what it should be.
    """
    if name_or_path in MODELS:
        return _load_named(name_or_path)
    path = Path(name_or_path).expanduser()
    if path.exists() or path.suffix.lower() in _SUFFIXES or len(path.parts) > 1:
        return _load_file(path)
    raise UnknownModelError(
        f"no model and no file is called {name_or_path!r}; the models are: "
        f"{', '.join(MODELS)}"
    )


def _load_named(name: str) -> LoadedModel:
    entry = MODELS[name]
    path = weights_path(entry)
    if not path.is_file():
        raise WeightsError(
            f"{path}: the weights of {name!r} are not here; {_cure(name)}"
        )
    _refuse_page(path)  # first: more to the point than a wrong checksum
    sha256 = _hash(path)
    if not sha256.startswith(entry.sha256):
        raise WeightsError(
            f"{path}: not the weights that {name!r} was published with "
            f"(SHA-256 {sha256[:8]}..., not {entry.sha256[:8]}...); {_cure(name)}"
        )
    tensors = _read(path)
    if _layout(tensors) != _expected_layout(entry):
        raise WeightsError(f"{path}: does not fit the network of {name!r}")
    return LoadedModel(_filled(path, entry, tensors), name, sha256, entry, path)


def _load_file(path: Path) -> LoadedModel:
    if not path.is_file():
        raise WeightsError(f"{path}: there is no such file")
    tensors = _read(path)
    layout = _layout(tensors)
    for name, entry in MODELS.items():
        if layout == _expected_layout(entry):
            network = _filled(path, entry, tensors)
            return LoadedModel(network, name, _hash(path), entry, path)
    raise WeightsError(
        f"{path}: its {len(tensors)} tensors fit no network known here; there are: "
        f"{', '.join(MODELS)}"
    )


def _cure(name: str) -> str:
    url = MODELS[name].url
    if url is None:
        return "they come with the package: install it anew"
    return (
        f"run `vidcolor models fetch {name}`, or save {url} and give that file's path"
    )


def _hash(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error


def _refuse_page(path: Path) -> None:
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error
    if is_page(head):
        raise WeightsError(
            f"{path}: a web page that was saved as weights; download the file anew"
        )


def _read(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file by name, having run nothing of it."""
    _refuse_page(path)
    match path.suffix.lower():
        case ".safetensors":
            return _read_safetensors(path)
        case ".pth" | ".pt":
            return _read_torch(path)
    raise WeightsError(
        f"{path}: weights are files whose names end in {', '.join(_SUFFIXES)}"
    )


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: damaged, or no safetensors: {error}") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(f"{path}: {_refusal(str(error))}") from error
    except Exception as error:  # broken bytes make torch raise nearly anything
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise WeightsError(f"{path}: damaged: {reason}") from error
    if not isinstance(content, dict) or not all(
        isinstance(name, str) and _is_plain(value) for name, value in content.items()
    ):
        raise WeightsError(f"{path}: holds something other than a state dict")
    return dict(content)


def _refusal(reason: str) -> str:
    """Put torch's paragraphs about a pickle into one line."""
    asked = re.search(r"GLOBAL:? (?:GLOBAL )?([\w.]+)", reason)
    if asked:
        return (
            f"refused: it asks to run code ({asked[1]}), and weights are only numbers"
        )
    return "refused: damaged, or it holds code beside its numbers"


def _is_plain(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
    )


# Each tensor's shape, and whether it is floating point: not which kind, since float16
# is as good as float32 in a file.
_Layout = dict[str, tuple[torch.Size, bool]]


def _layout(tensors: dict[str, Tensor]) -> _Layout:
    return {name: (t.shape, t.is_floating_point()) for name, t in tensors.items()}


def _expected_layout(entry: Entry) -> _Layout:
    with torch.device("meta"):  # shapes without memory
        return _layout(entry.build().state_dict())


def _filled(path: Path, entry: Entry, tensors: dict[str, Tensor]) -> nn.Module:
    """Return the entry's network with tensors of its layout, in float32."""
    wide = {n: t.float() if t.is_floating_point() else t for n, t in tensors.items()}
    for name, tensor in wide.items():
        if not tensor.isfinite().all():
            raise WeightsError(f"{path}: {name} has numbers that are not finite")
    network = entry.build()
    network.load_state_dict(wide)
    return network.eval()
