import shutil

import pytest
import torch

from vidcolor.device import choose_device, idle_gpu
from vidcolor.errors import OptionError

CPU = torch.device("cpu")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_cpu_is_taken_and_nothing_is_said() -> None:
    assert choose_device("auto") == CPU
    assert idle_gpu(CPU) is None


@pytest.mark.usefixtures("no_gpu")
def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(OptionError, match="no cuda"):
        choose_device("cuda")
    with pytest.raises(OptionError, match="'tpu'"):
        choose_device("tpu")


def test_gpus_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto").type == "cuda"
    for name in ("cuda:1", "cuda:01"):
        assert choose_device(name) == torch.device("cuda", 1)
    with pytest.raises(OptionError, match="the last one is cuda:1"):
        choose_device("cuda:2")
    for name in ("cuda:x", "cuda:-1", "cuda:1:1"):
        with pytest.raises(OptionError, match="no device is called"):
            choose_device(name)


@pytest.mark.usefixtures("no_gpu")
def test_a_gpu_that_lies_idle_is_told_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert "RUNNING ON THE CPU" in (idle_gpu(CPU) or "")
    assert idle_gpu(torch.device("cuda")) is None


@pytest.mark.usefixtures("no_gpu")
def test_a_gpu_that_this_torch_cannot_use_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert torch.__version__ in (idle_gpu(CPU) or "")
