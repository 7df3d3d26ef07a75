"""Tensors out of a weights file, whoever made it: none of its code is run.

Nor does it take more memory than it has a right to: a few bytes can ask for any amount,
in a header, a packed archive, or a pickle.
"""

import pickle
import pickletools
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from vidcolor_models.errors import WeightsError
from vidcolor_models.store import MAX_BYTES, is_page

SUFFIXES = (".safetensors", ".pth", ".pt")

_MAX_HEADER = 1 << 20  # bytes; those of the zoo's models have less than a tenth
_ZIP = b"PK\3\4"  # how torch tells its archives from its older files
_LEGACY_PICKLES = 5  # magic number, version, machine, state dict, names of storages

# All that a state dict needs. Torch would take more of its own even with weights_only,
# and something like bytearray(10**12) among it.
_NAMES = re.compile(
    r"collections OrderedDict"
    r"|torch\._utils (_rebuild_tensor_v2|_rebuild_parameter)"
    r"|torch (BFloat16|Bool|Byte|Char|Double|Float|Half|Int|Long|Short)Storage"
)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a weights file by name, having run nothing of it.

    Raises:
        WeightsError: it is damaged, too large, of another kind, or holds anything else.
    """
    refuse_page(path)
    if path.stat().st_size > MAX_BYTES:
        raise WeightsError(f"{path}: larger than any weights are")
    match path.suffix.lower():
        case ".safetensors":
            return _read_safetensors(path)
        case ".pth" | ".pt":
            return _read_torch(path)
    raise WeightsError(
        f"{path}: weights are files whose names end in {', '.join(SUFFIXES)}"
    )


def refuse_page(path: Path) -> None:
    """Raise if a web page was saved in place of weights.

    Raises:
        WeightsError: so it is, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error
    if is_page(head):
        raise WeightsError(
            f"{path}: a web page that was saved as weights; download the file anew"
        )


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    with path.open("rb") as file:
        head = file.read(8)
    if len(head) == 8 and struct.unpack("<Q", head)[0] > _MAX_HEADER:
        raise WeightsError(
            f"{path}: damaged, or no safetensors: its header is too long"
        )
    try:
        return load(path.read_bytes())  # load_file refuses names that are no text
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: damaged, or no safetensors: {error}") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        _check_pickles(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except WeightsError:
        raise
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


def _check_pickles(path: Path) -> None:
    """Refuse a file whose pickles ask for more than tensors, before any is loaded.

    Raises:
        WeightsError: so they do, or the archive is larger than it looks.
    """
    with path.open("rb") as file:
        is_archive = file.read(4) == _ZIP
        file.seek(0)
        for name in _names_in_archive(path) if is_archive else _names_in_file(file):
            if not _NAMES.fullmatch(name):
                raise WeightsError(f"{path}: {_asks_for(name.replace(' ', '.'))}")


def _names_in_archive(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        records = archive.infolist()
        if sum(record.file_size for record in records) > MAX_BYTES:
            raise WeightsError(f"{path}: would unpack to more than any weights are")
        for record in records:
            if record.filename.endswith(".pkl"):
                yield from _names(archive.open(record))


def _names_in_file(file: IO[bytes]) -> Iterator[str]:
    for _ in range(_LEGACY_PICKLES):
        yield from _names(file)


def _names(file: IO[bytes]) -> Iterator[str]:
    """Yield what a pickle wants to import, as "module name"; read on after it."""
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument)
        elif opcode.name == "STACK_GLOBAL":
            yield "something hidden"  # put together at run time; torch writes none


def _refusal(reason: str) -> str:
    """Put torch's paragraphs about a pickle into one line."""
    asked = re.search(r"GLOBAL:? (?:GLOBAL )?([\w.]+)", reason)
    if asked:
        return _asks_for(asked[1])
    return "refused: damaged, or it holds code beside its numbers"


def _asks_for(name: str) -> str:
    if name.startswith("torch."):
        return f"holds something other than a state dict ({name})"
    return f"refused: it asks to run code ({name}), and weights are only numbers"


def _is_plain(value: object) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout is torch.strided
        and value.device.type == "cpu"
    )
