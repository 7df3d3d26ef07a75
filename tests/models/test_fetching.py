"""Downloads, from a server on this computer that can misbehave."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from vidcolor_models.errors import FetchError, UnknownModelError
from vidcolor_models.fetching import fetch
from vidcolor_models.registry import MODELS, Entry
from vidcolor_models.store import State, check, weights_path

CONTENT = np.random.default_rng(0).bytes(600_000)
HALF = len(CONTENT) // 2
PAGE = b"<!DOCTYPE html><html><title>Log in to this network</title></html>"


@dataclass
class Site:
    """A server of one file, and the ways in which it misbehaves."""

    content: bytes = CONTENT
    status: int = 200
    media: str = "application/octet-stream"
    ranges: bool = True  # False: answers every request with the whole file
    sized: bool = True  # False: does not say how long its answers are
    breaks_after: int | None = None  # bytes, in each answer
    asked: list[str | None] = field(default_factory=list)  # Range of each request


def handler_of(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            site.asked.append(asked)
            start = int(asked[6:-1]) if asked and site.ranges else 0
            if start and start >= len(site.content):
                self.answer(416, b"")
            else:
                self.answer(206 if start else site.status, site.content[start:])

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", site.media)
            if site.sized:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: site.breaks_after])

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


@pytest.fixture
def site(tiny: Entry, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site that the model "tiny" is fetched from."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    site = Site()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(site)) as server:
        entry = replace(
            tiny,
            url=f"http://127.0.0.1:{server.server_port}/tiny.pth",
            sha256=hashlib.sha256(CONTENT).hexdigest(),
        )
        monkeypatch.setitem(MODELS, "tiny", entry)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture
def part(tiny: Entry) -> Path:
    """Where a download that is under way is kept."""
    path = weights_path(tiny)
    path.parent.mkdir()
    return path.with_name("tiny.pth.part")


def problem() -> str:
    """Return the one line that a fetch fails with."""
    with pytest.raises(FetchError) as caught:
        fetch("tiny")
    message = str(caught.value)
    assert message.startswith(str(MODELS["tiny"].url))
    assert "\n" not in message
    return message


def test_a_file_is_fetched_whole(site: Site, tiny: Entry) -> None:
    path = fetch("tiny")
    assert path == weights_path(tiny)
    assert path.read_bytes() == CONTENT
    assert list(path.parent.iterdir()) == [path]
    assert check("tiny") is State.FETCHED


def test_progress_grows_to_the_whole(site: Site) -> None:
    seen: list[tuple[int, int | None]] = []
    fetch("tiny", lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(set(seen), key=lambda step: step[0])


def test_a_length_that_is_not_said_is_not_needed(site: Site) -> None:
    site.sized = False
    totals: set[int | None] = set()
    path = fetch("tiny", lambda done, total: totals.add(total))
    assert path.read_bytes() == CONTENT
    assert totals == {None}


def test_what_is_here_is_not_fetched_again(site: Site) -> None:
    fetch("tiny")
    fetch("tiny")
    assert len(site.asked) == 1


def test_what_is_here_and_damaged_is_fetched_again(site: Site) -> None:
    fetch("tiny").write_bytes(b"damaged")
    assert fetch("tiny").read_bytes() == CONTENT


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, part: Path) -> None:
    site.breaks_after = HALF
    assert "goes on from what has come" in problem()
    assert part.read_bytes() == CONTENT[:HALF]
    assert check("tiny") is State.MISSING
    site.breaks_after = None
    done: list[int] = []
    path = fetch("tiny", lambda bytes_, total: done.append(bytes_))
    assert path.read_bytes() == CONTENT
    assert site.asked == [None, f"bytes={HALF}-"]
    assert min(done) > HALF
    assert not part.exists()


def test_a_server_without_ranges_sends_it_all_again(site: Site, part: Path) -> None:
    part.write_bytes(CONTENT[:HALF])
    site.ranges = False
    assert fetch("tiny").read_bytes() == CONTENT
    assert len(site.asked) == 1


def test_a_part_that_is_whole_is_taken_as_it_is(site: Site, part: Path) -> None:
    part.write_bytes(CONTENT)
    assert fetch("tiny").read_bytes() == CONTENT
    assert len(site.asked) == 1


@pytest.mark.parametrize("length", [HALF, len(CONTENT), len(CONTENT) + 1])
def test_a_part_of_another_file_is_replaced(
    site: Site, part: Path, length: int
) -> None:
    part.write_bytes(bytes(length))
    assert fetch("tiny").read_bytes() == CONTENT
    assert site.asked == [f"bytes={length}-", None]


@pytest.mark.parametrize("started", [False, True])
def test_a_wrong_file_is_not_kept(site: Site, part: Path, started: bool) -> None:
    site.content = CONTENT[::-1]
    if started:
        part.write_bytes(CONTENT[:HALF])
    assert "not the file that was published" in problem()
    assert list(part.parent.iterdir()) == []


@pytest.mark.parametrize("media", ["text/html; charset=utf-8", "binary/octet-stream"])
def test_a_page_is_called_one_and_spoils_nothing(
    site: Site, part: Path, media: str
) -> None:
    part.write_bytes(CONTENT[:HALF])
    site.content, site.media, site.ranges = PAGE, media, False
    assert "web page" in problem()
    assert part.read_bytes() == CONTENT[:HALF]


def test_an_answer_of_404_is_told(site: Site, part: Path) -> None:
    site.status = 404
    assert "404 Not Found" in problem()
    assert list(part.parent.iterdir()) == []


def test_what_is_larger_than_weights_are_is_not_kept(
    site: Site, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidcolor_models.fetching.MAX_BYTES", HALF)
    assert "larger than" in problem()
    assert not part.exists()


def test_a_server_that_is_not_there_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = replace(MODELS["tiny"], url="http://127.0.0.1:1/tiny.pth")
    monkeypatch.setitem(MODELS, "tiny", entry)
    assert "try again" in problem()


def test_a_folder_that_cannot_be_made_is_told(site: Site, store: Path) -> None:
    store.write_text("a file where the folder should be")
    with pytest.raises(FetchError, match=r"/tiny\.pth: .*store.*VIDCOLOR_MODELS"):
        fetch("tiny")


def test_a_disk_that_cannot_be_written_is_not_the_server_s_fault(
    site: Site, part: Path
) -> None:
    part.mkdir()
    with pytest.raises(FetchError, match=r"tiny\.pth\.part.*VIDCOLOR_MODELS") as told:
        fetch("tiny")
    assert "try again" not in str(told.value)


def test_two_that_fetch_at_once_do_not_disturb_each_other(
    site: Site, tiny: Entry, part: Path
) -> None:
    part.write_bytes(CONTENT[:HALF])
    with ThreadPoolExecutor(3) as pool:
        paths = list(pool.map(fetch, ["tiny"] * 3))
    assert set(paths) == {weights_path(tiny)}
    assert paths[0].read_bytes() == CONTENT
    assert site.asked == [f"bytes={HALF}-"]
    assert list(part.parent.iterdir()) == [paths[0]]


def test_who_stops_a_fetch_is_told_what_is_kept(site: Site, part: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        fetch("tiny", stop)
    assert str(part) in "".join(stopped.value.__notes__)
    assert part.stat().st_size > 0


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownModelError, match="there are: film"):
        fetch("colourful")


def test_what_the_package_brings_is_not_fetched(
    tiny: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidcolor_models.store._EMBEDDED", tmp_path)
    monkeypatch.setitem(MODELS, "tiny", replace(tiny, url=None))
    with pytest.raises(FetchError, match="install it anew"):
        fetch("tiny")
    (tmp_path / "tiny.pth").touch()
    assert fetch("tiny") == tmp_path / "tiny.pth"
