import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from vidcolor.thread import in_thread, in_threads, work_alone


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("count", [0, 1, 100])
def test_items_come_in_order(count: int, depth: int) -> None:
    assert list(in_thread(range(count), depth)) == list(range(count))


def test_nothing_is_a_special_item() -> None:
    assert list(in_thread([None, (), 0], 2)) == [None, (), 0]


def test_items_are_made_in_another_thread() -> None:
    def source() -> Iterator[int]:
        yield threading.get_ident()

    assert next(in_thread(source(), 1)) != threading.get_ident()


def test_what_is_done_meanwhile_is_done_here_while_the_first_item_is_made() -> None:
    begun, done = threading.Event(), threading.Event()

    def source() -> Iterator[int]:
        begun.set()
        assert done.wait(10)
        yield threading.get_ident()

    def meanwhile() -> None:
        assert begun.wait(10)
        done.set()

    assert next(in_thread(source(), 1, meanwhile)) != threading.get_ident()


def test_what_fails_meanwhile_ends_the_thread() -> None:
    def meanwhile() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        next(in_thread(iter(int, 1), 1, meanwhile))


def test_an_error_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise RuntimeError("broke")

    items = in_thread(source(), 8)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(RuntimeError, match="broke"):
        next(items)


def test_an_error_shows_where_it_came_from() -> None:
    def culprit() -> Iterator[int]:
        raise RuntimeError
        yield

    with pytest.raises(RuntimeError) as error:
        list(in_thread(culprit(), 1))
    assert "culprit" in [entry.name for entry in error.traceback]


@pytest.mark.parametrize("depth", [1, 3])
def test_no_more_is_made_ahead_than_said(depth: int) -> None:
    made = 0

    def source() -> Iterator[int]:
        nonlocal made
        while True:
            made += 1
            yield made

    items = in_thread(source(), depth)
    assert next(items) == 1
    # One taken, `depth` waiting, one in the maker's hand: and there it stays.
    wait_until(lambda: made == depth + 2)
    time.sleep(0.25)
    assert made == depth + 2
    items.close()


def test_closing_closes_the_source() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    items = in_thread(source(), 2)
    next(items)
    items.close()
    assert closed.is_set()


def test_the_source_is_closed_after_an_error_of_the_consumer() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.set()

    def consume() -> None:
        for _ in in_thread(source(), 2):
            raise KeyError

    with pytest.raises(KeyError):
        consume()
    wait_until(closed.is_set)


def test_a_source_that_others_hold_is_closed_too() -> None:
    # Here it is not closed for nobody's holding on to it.
    def source() -> Iterator[int]:
        yield from range(1000)

    held = source()
    items = in_thread(held, 2)
    next(items)
    items.close()
    with pytest.raises(StopIteration):
        next(held)


def test_a_thread_feeds_a_thread() -> None:
    items = in_thread(in_thread(range(50), 2), 2)
    assert next(items) == 0
    items.close()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_come_in_the_order_of_their_items(count: int) -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.02 / (1 + number))
        return number * number

    results = list(in_threads(slow_at_first, range(12), count))
    assert results == [number * number for number in range(12)]


def test_as_many_are_at_work_as_were_asked_for() -> None:
    together = threading.Barrier(3)  # nobody gets past it alone

    def wait(number: int) -> int:
        together.wait(timeout=10)
        return number

    assert list(in_threads(wait, range(9), 3)) == list(range(9))


def test_no_more_items_are_taken_than_are_at_work() -> None:
    taken = 0

    def source() -> Iterator[int]:
        nonlocal taken
        for number in range(1, 100):
            taken = number
            yield number

    results = in_threads(str, source(), 4)
    assert next(results) == "1"
    assert taken == 4
    results.close()


@pytest.mark.parametrize("count", [1, 3])
def test_an_error_at_work_comes_after_the_results_before_it(count: int) -> None:
    results = in_threads(lambda number: 6 // (2 - number), range(9), count)
    assert [next(results), next(results)] == [3, 6]
    with pytest.raises(ZeroDivisionError):
        next(results)


@pytest.mark.parametrize("count", [1, 2, 3, 9])
def test_an_error_between_the_items_comes_after_the_results_before_it(
    count: int,
) -> None:
    def source() -> Iterator[int]:
        yield from range(4)
        raise OSError("the disk is gone")

    results = in_threads(str, source(), count)
    assert [next(results) for _ in range(4)] == ["0", "1", "2", "3"]
    with pytest.raises(OSError, match="gone"):
        next(results)


@pytest.fixture
def three_torch_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def torch_threads(*_: object) -> int:
    return torch.get_num_threads()


@pytest.mark.usefixtures("three_torch_threads")
def test_torch_works_in_a_stage_s_thread_alone_and_elsewhere_as_before() -> None:
    stage = in_thread(map(torch_threads, range(9)), 1)
    assert next(stage) == 1
    assert torch_threads() == 3
    assert list(in_threads(torch_threads, range(9), 4)) == [1] * 9
    with ThreadPoolExecutor(1) as other:
        assert other.submit(torch_threads).result() == 3
    stage.close()
    assert torch_threads() == 3


@pytest.mark.usefixtures("three_torch_threads")
def test_many_that_begin_at_once_leave_the_others_their_threads() -> None:
    together = threading.Barrier(16)

    def begin(number: int) -> int:
        together.wait(timeout=10)
        work_alone()
        return torch_threads()

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(begin, range(16))) == [1] * 16
    with ThreadPoolExecutor(1) as other:
        assert other.submit(torch_threads).result() == 3


def test_a_thread_that_cannot_begin_its_work_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("vidcolor.thread.work_alone", fail)
    with pytest.raises(RuntimeError, match="new thread"):
        list(in_thread([1, 2], 1))
