import gc
from collections.abc import Iterator

import pytest

from vidcolor.cli.importing import all_kept


@pytest.fixture(autouse=True)
def thaw() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_nobody_looks_for_garbage_while_modules_come() -> None:
    with all_kept():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_came_is_not_looked_through_again() -> None:
    with all_kept():
        come: list[object] = []
    later: list[object] = []
    seen = {id(thing) for thing in gc.get_objects()}
    assert (id(come) in seen, id(later) in seen) == (False, True)


def test_the_collector_works_again_when_an_import_fails() -> None:
    with pytest.raises(ImportError), all_kept():
        raise ImportError
    assert gc.isenabled()
