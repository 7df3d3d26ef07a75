"""One stage of the pipeline, run in a thread of its own."""

from collections.abc import Generator, Iterable
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_END = object()
_PATIENCE = 0.1  # seconds between looks whether anybody still wants the items


class _Failure:
    """An error on its way from the thread to whoever takes the items."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def in_thread(items: Iterable[T], depth: int) -> Generator[T]:
    """Yield the items, made ahead of time in a thread: `depth` wait, one is made.

    An error in the thread is raised here, after the items that came before it. Closing
    this generator ends the thread, and closes `items` if it is a generator.
    """
    queue: Queue[object] = Queue(depth)
    unwanted = Event()
    thread = Thread(target=_fill, args=(items, queue, unwanted), daemon=True)
    thread.start()
    try:
        while (item := queue.get()) is not _END:
            if isinstance(item, _Failure):
                raise item.error
            yield item  # type: ignore[misc]
    finally:
        unwanted.set()
        _drain(queue)
        thread.join()


def _fill(items: Iterable[T], queue: Queue[object], unwanted: Event) -> None:
    try:
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
