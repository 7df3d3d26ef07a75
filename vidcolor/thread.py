"""Stages of the pipeline, run in a thread of their own, or in several."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

_SHARE = 4  # of the cores, one is for each stage that several threads can work at

_telling = Lock()  # torch how many threads it has

_END = object()
_PATIENCE = 0.1  # seconds between looks whether anybody still wants the items


class _Failure:
    """An error on its way from the thread to whoever takes the items."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def in_thread(
    items: Iterable[T], depth: int, meanwhile: Callable[[], object] = lambda: None
) -> Generator[T]:
    """Yield the items, made ahead of time in a thread: `depth` wait, one is made.

    Torch works in that thread alone. Once it has begun, and before its first item is
    waited for, `meanwhile` is called.

    An error in the thread is raised here, after the items that came before it. Closing
    this generator ends the thread, and closes `items` if it is a generator.
    """
    queue: Queue[object] = Queue(depth)
    unwanted = Event()
    thread = Thread(target=_fill, args=(items, queue, unwanted), daemon=True)
    thread.start()
    try:
        meanwhile()
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        unwanted.set()
        _drain(queue)
        thread.join()


def work_alone() -> None:
    """Have torch work in this thread alone, and others with as many as they had.

    Threads that share the cores would wait for torch's own, and these for a core, after
    each small operation: a twentieth of the time of `--fast`.
    """
    with _telling:
        count = torch.get_num_threads()
        torch.set_num_threads(1)
        # Torch takes this for what all threads to come want, until another says more.
        teller = Thread(target=torch.set_num_threads, args=(count,))
        teller.start()
        teller.join()


def workers() -> int:
    """Return how many threads a stage gets that several can work at."""
    return max(1, torch.get_num_threads() // _SHARE)


def in_threads(work: Callable[[T], R], items: Iterable[T], count: int) -> Generator[R]:
    """Yield what `work` makes of each item, in order; so many are at work at once.

    An error is raised after the results of the items that came before. Closing this
    generator waits for those at work. Alone, the caller's thread is enough.
    """
    if count == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(count, initializer=work_alone) as pool:
        begun = deque[Future[R]]()
        for future in _begun(work, items, pool):
            begun.append(future)
            if len(begun) == count:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()


def _begun(
    work: Callable[[T], R], items: Iterable[T], pool: Executor
) -> Iterator[Future[R]]:
    """Yield the work on each item; an error between them is that of a last one."""
    try:
        for item in items:
            yield pool.submit(work, item)
    except Exception as error:
        failed = Future[R]()
        failed.set_exception(error)
        yield failed


def _fill(items: Iterable[T], queue: Queue[object], unwanted: Event) -> None:
    try:
        work_alone()
        for item in items:
            if not _put(queue, item, unwanted):
                break
        else:
            _put(queue, _END, unwanted)
    except BaseException as error:  # told to the consumer, whatever it is
        _put(queue, _Failure(error), unwanted)
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()


def _put(queue: Queue[object], item: object, unwanted: Event) -> bool:
    while not unwanted.is_set():
        try:
            queue.put(item, timeout=_PATIENCE)
        except Full:
            continue
        return True
    return False


def _drain(queue: Queue[object]) -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return
