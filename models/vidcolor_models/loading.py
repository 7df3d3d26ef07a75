"""Models by name or from a file: the network built, its weights checked and put in.

Weights are read in ways that run none of the file's code (see `reading`).
"""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from vidcolor_models.errors import UnknownModelError, WeightsError
from vidcolor_models.reading import SUFFIXES, read_weights, refuse_page
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import sha256_of, weights_path


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
    if path.suffix.lower() in SUFFIXES or len(path.parts) > 1 or _is_there(path):
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
    refuse_page(path)  # first: more to the point than a wrong checksum
    sha256 = _hash(path)
    if not sha256.startswith(entry.sha256):
        raise WeightsError(
            f"{path}: not the weights that {name!r} was published with "
            f"(SHA-256 {sha256[:8]}..., not {entry.sha256[:8]}...); {_cure(name)}"
        )
    tensors = read_weights(path)
    network = _hollow(entry)
    if _layout(tensors) != _layout(network.state_dict()):
        raise WeightsError(f"{path}: does not fit the network of {name!r}")
    return LoadedModel(_filled(path, network, tensors), name, sha256, entry, path)


def _load_file(path: Path) -> LoadedModel:
    if not _is_there(path):
        raise WeightsError(f"{path}: there is no such file")
    tensors = read_weights(path)
    layout = _layout(tensors)
    for name, entry in MODELS.items():
        network = _hollow(entry)
        if layout == _layout(network.state_dict()):
            network = _filled(path, network, tensors)
            return LoadedModel(network, name, _hash(path), entry, path)
    raise WeightsError(
        f"{path}: its {len(tensors)} tensors fit no network known here; there are: "
        f"{', '.join(MODELS)}"
    )


def _is_there(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - this one bears with any name


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


# Each tensor's shape, and whether it is floating point: not which kind, since float16
# is as good as float32 in a file.
_Layout = dict[str, tuple[torch.Size, bool]]


def _layout(tensors: dict[str, Tensor]) -> _Layout:
    return {name: (t.shape, t.is_floating_point()) for name, t in tensors.items()}


def _hollow(entry: Entry) -> nn.Module:
    """Return the entry's network with shapes, but no numbers to be thrown away."""
    with torch.device("meta"):
        return entry.build()


def _filled(path: Path, network: nn.Module, tensors: dict[str, Tensor]) -> nn.Module:
    """Return the hollow network with tensors of its layout, in float32."""
    wide = {n: _widened(tensor) for n, tensor in tensors.items()}
    for name, tensor in wide.items():
        if not tensor.isfinite().all():
            raise WeightsError(f"{path}: {name} has numbers that are not finite")
    network.load_state_dict(wide, assign=True)
    return network.eval()


def _widened(tensor: Tensor) -> Tensor:
    # A copy always: the file may be mapped to memory, and change while we work.
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return tensor.to(dtype, copy=True, memory_format=torch.contiguous_format)
