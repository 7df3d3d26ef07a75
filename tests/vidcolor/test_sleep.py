"""Threads of PyTorch that have nothing to do leave the cores to others."""

import os
import subprocess
import sys

import pytest

CODE = """
import atexit, os, sys
from vidcolor.cli import main
atexit.register(lambda: print(os.environ["OMP_WAIT_POLICY"], "torch" in sys.modules))
main()
"""


@pytest.mark.parametrize(
    ("given", "found"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")]
)
def test_waiting_threads_sleep_unless_told_otherwise(
    given: dict[str, str], found: str
) -> None:
    rest = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, "--version"],
        env=rest | given,
        capture_output=True,
        check=True,
    )
    # OpenMP looks at it when torch is imported: not before it is set, then.
    assert done.stdout.decode().splitlines()[-1] == f"{found} False"
