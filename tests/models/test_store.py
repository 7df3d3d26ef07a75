import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from vidcolor_models.errors import UnknownModelError
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import State, check, folder, is_page, weights_path


def test_the_folder_is_the_one_in_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VIDCOLOR_MODELS", "~/weights")
    assert folder() == Path.home() / "weights"


@pytest.mark.parametrize("value", [None, ""])
def test_without_one_the_folder_is_the_systems(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("VIDCOLOR_MODELS", raising=False)
    if value is not None:
        monkeypatch.setenv("VIDCOLOR_MODELS", value)
    assert folder().is_absolute()
    assert folder().parts[-2:] == ("vidcolor", "models")


def test_weights_without_a_url_are_in_the_package(store: Path) -> None:
    assert store not in weights_path(MODELS["film"]).parents
    assert weights_path(MODELS["eccv16"]).parent == store


def test_what_was_not_fetched_is_missing(tiny: Entry) -> None:
    assert check("tiny") is State.MISSING


@pytest.mark.parametrize("digits", [8, 64])
def test_what_was_fetched_is_checked(
    tiny: Entry, store: Path, monkeypatch: pytest.MonkeyPatch, digits: int
) -> None:
    sha256 = hashlib.sha256(b"numbers").hexdigest()[:digits]
    monkeypatch.setitem(MODELS, "tiny", replace(tiny, sha256=sha256))
    store.mkdir()
    weights_path(tiny).write_bytes(b"numbers")
    assert check("tiny") is State.FETCHED
    weights_path(tiny).write_bytes(b"number")
    assert check("tiny") is State.WRONG


def test_what_cannot_be_read_is_said_to_be_so(
    tiny: Entry, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    store.mkdir()
    weights_path(tiny).touch()
    monkeypatch.setattr("vidcolor_models.store.sha256_of", refuse)
    assert check("tiny") is State.UNREADABLE


def test_an_unknown_name_has_no_state() -> None:
    with pytest.raises(UnknownModelError, match="there are: film"):
        check("colourful")


@pytest.mark.parametrize(
    "head",
    [
        b"<!DOCTYPE html><html>",
        b"\xef\xbb\xbf\n <HTML lang='en'>",
        b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    ],
)
def test_a_page_is_known_by_its_beginning(head: bytes) -> None:
    assert is_page(head)


def test_safetensors_is_no_page_even_where_it_begins_as_one() -> None:
    header = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(60)
    assert not is_page(len(header).to_bytes(8, "little") + header)
