"""Fetch the weights that are not in the package, going on where a try broke off.

What has come is kept in NAME.part beside the target, and takes the target's name only
when its checksum is right: weights are whole or not there.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from filelock import FileLock

from vidcolor_models.errors import FetchError
from vidcolor_models.registry import Entry, entry_of
from vidcolor_models.store import MAX_BYTES, is_page, sha256_of, weights_path

OnProgress = Callable[[int, int | None], None]

_CHUNK = 1 << 18
_TIMEOUT = 30.0  # seconds without a byte
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def fetch(name: str, on_progress: OnProgress | None = None) -> Path:
    """Return the path of a model's weights, having downloaded them if need be.

    `on_progress` is told the bytes that are here and those that there will be (None
    where the server does not say). After a broken connection another call goes on
    from where it broke.

    Raises:
        UnknownModelError: no model has that name.
        FetchError: it did not work; the message says why, and what to do.
    """
    entry = entry_of(name)
    path = weights_path(entry)
    if entry.url is None:
        if not path.is_file():
            raise FetchError(f"{path}: missing from the package: install it anew")
        return path
    try:
        if not (path.is_file() and _is_right(path, entry)):
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path):
                _fetch_to(path, entry, entry.url, on_progress or _ignore)
    except (OSError, HTTPException) as error:
        if isinstance(error, OSError) and _is_ours(error):
            raise FetchError(f"{path}: {_local_reason(error)}") from error
        raise FetchError(f"{entry.url}: {_reason(error)}") from error
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until nobody else fetches a file."""
    lock = path.with_name(path.name + ".lock")
    with FileLock(lock):
        try:
            yield
        finally:
            with suppress(OSError):  # not every system removes what is open
                lock.unlink()


def _fetch_to(path: Path, entry: Entry, url: str, on_progress: OnProgress) -> None:
    if path.is_file() and _is_right(path, entry):  # somebody else has, meanwhile
        return
    part = path.with_name(path.name + ".part")
    try:
        _complete(part, entry, url, on_progress)
    except BaseException as stop:
        if not isinstance(stop, Exception) and part.exists():  # somebody wants an end
            stop.add_note(f"what has come is kept: the next fetch goes on from {part}")
        raise
    part.replace(path)


def _complete(part: Path, entry: Entry, url: str, on_progress: OnProgress) -> None:
    """Fill `part` until it is the file that was published."""
    resumed = _download(url, part, on_progress)
    if resumed and not _is_right(part, entry):
        # The server's file may have changed since the first try: two halves of
        # different files. A fresh one tells.
        part.unlink()
        _download(url, part, on_progress)
    if not _is_right(part, entry):
        sha256 = sha256_of(part)
        part.unlink()
        raise FetchError(
            f"{url}: what came is not the file that was published (SHA-256 "
            f"{sha256[:8]}..., not {entry.sha256[:8]}...) and was deleted; try again"
        )


def _download(url: str, part: Path, on_progress: OnProgress) -> bool:
    """Fill `part` to its end; say whether bytes of an earlier try are in it."""
    start = part.stat().st_size if part.exists() else 0
    try:
        response = _ask(url, start)
    except HTTPError as error:
        if start and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            error.close()
            return True  # nothing comes after what is here
        raise
    with response:
        _refuse_pages(url, response)
        if response.status != HTTPStatus.PARTIAL_CONTENT:
            start = 0  # the server knows no ranges and sends all of it
        _save(url, response, part, start, on_progress)
    return start > 0


def _ask(url: str, start: int) -> HTTPResponse:
    request = Request(url, headers={"User-Agent": "vidcolor"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    response: HTTPResponse = urlopen(request, timeout=_TIMEOUT)
    return response


def _refuse_pages(url: str, response: HTTPResponse) -> None:
    """Raise before a page is written over what an earlier try brought."""
    if response.headers.get_content_type() == "text/html" or is_page(
        response.peek(512)
    ):
        raise FetchError(
            f"{url}: a web page came instead of weights; this network may want you "
            "to log in first"
        )


def _save(
    url: str, response: HTTPResponse, part: Path, start: int, on_progress: OnProgress
) -> None:
    total = None if response.length is None else start + response.length
    done = start
    with part.open("ab" if start else "wb") as file:
        while done <= MAX_BYTES and (chunk := response.read(_CHUNK)):
            file.write(chunk)
            done += len(chunk)
            on_progress(done, total)
    if done > MAX_BYTES:
        part.unlink()
        raise FetchError(f"{url}: larger than any weights are, and was deleted")
    if total is not None and done < total:
        raise HTTPException(f"the connection broke off at {done} of {total} bytes")


def _is_right(path: Path, entry: Entry) -> bool:
    return sha256_of(path).startswith(entry.sha256)


def _is_ours(error: OSError) -> bool:
    """Whether it is this computer's disk that failed, and not the server or the way."""
    named = error.filename is not None and not isinstance(error, HTTPError)
    return named or error.errno in _NO_ROOM


def _local_reason(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return f"{error.strerror}; with room, another fetch goes on from what has come"
    return f"{error.strerror} ({error.filename}); VIDCOLOR_MODELS names another folder"


def _reason(error: OSError | HTTPException) -> str:
    """Say in one line what went wrong and what to do."""
    if isinstance(error, HTTPError):
        error.close()
        return (
            f"the server answered {error.code} {error.reason}; a copy from elsewhere "
            "can be used by giving its path"
        )
    reason = error.reason if isinstance(error, URLError) else error
    return f"{reason}; try again, it goes on from what has come"


def _ignore(done: int, total: int | None) -> None:
    pass
