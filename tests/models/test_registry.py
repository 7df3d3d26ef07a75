import inspect
import os
import subprocess
import sys

import pytest
import torch

import vidcolor_models
from vidcolor_models.errors import UnknownModelError
from vidcolor_models.registry import DEFAULT_MODEL, MODELS, entry_of
from vidcolor_models.store import State, check

each = pytest.mark.parametrize("name", list(MODELS))


def test_the_default_is_there() -> None:
    assert entry_of(DEFAULT_MODEL) is MODELS[DEFAULT_MODEL]


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownModelError, match="film, eccv16, siggraph17"):
        entry_of("colourful")


@each
def test_a_checksum_is_whole_or_the_part_in_the_file_name(name: str) -> None:
    entry = MODELS[name]
    assert set(entry.sha256) <= set("0123456789abcdef")
    assert len(entry.sha256) == 64 or f"-{entry.sha256}." in entry.weights


@each
def test_a_url_ends_in_the_file_that_it_gives(name: str) -> None:
    entry = MODELS[name]
    assert entry.url is None or entry.url.startswith("https://")
    assert entry.url is None or entry.url.endswith("/" + entry.weights)


@each
def test_takes_hints_says_what_forward_takes(name: str) -> None:
    with torch.device("meta"):
        network = MODELS[name].build()
    parameters = list(inspect.signature(network.forward).parameters)
    hints = ["hint_ab", "hint_mask"] if MODELS[name].takes_hints else []
    assert parameters == ["lightness", *hints]


@pytest.mark.parametrize("name", [n for n, e in MODELS.items() if e.url is None])
def test_weights_in_the_package_are_those_of_the_registry(name: str) -> None:
    state = check(name)
    if state is State.MISSING:
        pytest.skip(f"the weights of {name!r} are not in this checkout yet")
    assert state is State.EMBEDDED


def test_the_zoo_is_listed_without_torch() -> None:
    code = (
        "import sys, vidcolor_models, vidcolor_models.store, vidcolor_models.fetching;"
        "sys.exit('torch' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.parametrize("name", vidcolor_models.__all__)
def test_what_the_package_promises_is_there(name: str) -> None:
    assert getattr(vidcolor_models, name) is not None


def test_what_the_package_does_not_promise_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'colour'"):
        _ = vidcolor_models.colour
