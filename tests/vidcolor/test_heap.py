import platform
import subprocess
import sys

import pytest

from vidcolor.cli.heap import keep_freed_memory

# Prints the page faults that tensors of some 20 MB cost, made and freed in turn.
_ASKING = """
import resource, sys, threading
import numpy as np
from vidcolor.cli.heap import keep_freed_memory

def ask():
    for _ in range(20):
        np.ones((5, 1 << 20), np.float32).sum()

if sys.argv[1] == "kept":
    keep_freed_memory()
ask()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
threads = [threading.Thread(target=ask) for _ in range(3)]
for thread in threads:
    thread.start()
    thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    command = [sys.executable, "-c", _ASKING, how]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not glibc")
def test_memory_that_was_freed_is_there_again_for_every_thread() -> None:
    assert faults("kept") < faults("given back") / 10


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_elsewhere_nothing_happens(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.delattr("ctypes.CDLL")
    keep_freed_memory()
