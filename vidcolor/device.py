"""Where the network runs."""

import shutil

import torch

from vidcolor.errors import OptionError, UsageError


def choose_device(name: str) -> torch.device:
    """Return the device of that name; auto is the fastest one there is.

    Raises:
        UsageError: no device is called so; OptionError: it is not there.
    """
    count = {
        "cuda": torch.cuda.device_count() if torch.cuda.is_available() else 0,
        "mps": int(torch.backends.mps.is_available()),
        "cpu": 1,
    }
    if name == "auto":
        return torch.device(next(kind for kind, here in count.items() if here))
    kind, _, number = name.partition(":")
    if kind not in count or not (number or "0").isdecimal():
        raise UsageError(
            f"no device is called {name!r}: write auto, cpu, cuda, cuda:1 or mps"
        )
    if not count[kind]:
        raise OptionError(f"this machine, or its PyTorch, has no {kind}: use auto")
    if int(number or 0) >= count[kind]:
        raise OptionError(
            f"there is no {name}: the last one is {kind}:{count[kind] - 1}"
        )
    return torch.device(kind, int(number)) if number else torch.device(kind)


def is_gpu_full(error: Exception) -> bool:
    """Whether an error says that the memory of a GPU ran out."""
    # Metal has no error of its own for it.
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)


def idle_gpu(device: torch.device) -> str | None:
    """Return a warning when the CPU works though there is a GPU, else None."""
    if device.type != "cpu":
        return None
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        return "RUNNING ON THE CPU though a GPU is there: --device auto uses it"
    # The driver's own tool is there, but torch was built without CUDA or is too new.
    if shutil.which("nvidia-smi"):
        return (
            "RUNNING ON THE CPU: there seems to be an NVIDIA GPU, but this PyTorch "
            f"({torch.__version__}) cannot use it; see https://pytorch.org"
        )
    return None
