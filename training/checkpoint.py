"""Checkpoints on the disk: written whole or not at all, and read with care."""

from pathlib import Path
from typing import Any

import torch

State = dict[str, Any]

_ALWAYS = {"step", "seconds", "facts", "ema"}  # what is exported


def write_checkpoint(path: Path, state: State) -> None:
    """Write a checkpoint; the path is replaced at the end."""
    temporary = path.with_name(f"{path.name}.part")
    torch.save(state, temporary)
    temporary.replace(path)


def read_checkpoint(path: Path) -> State:
    """Return a checkpoint, on the CPU.

    Raises:
        OSError: there is none.
        ValueError: the file is damaged, or holds something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # EOFError, RuntimeError, UnpicklingError and others
        raise ValueError(f"{path}: is damaged, or no checkpoint") from error
    if not isinstance(state, dict) or not state.keys() >= _ALWAYS:
        raise ValueError(f"{path}: is no checkpoint of a run")
    return state
