"""Small films made on the spot, and a stand-in for the network that colours them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.vidcolor.media.made import TICK, Side, make
from vidcolor.media.plan import Plan
from vidcolor.media.reader import Reader
from vidcolor.media.writer import Writer

Seen = list[tuple[Fraction, NDArray[Any]]]


@pytest.fixture
def make_film(tmp_path: Path) -> Callable[..., Path]:
    """Make a film of noise: make_film(name="film.mkv", pix_fmt="gray", ...).

    Times, of captions (start, duration, words) too, are in thousandths of a second.
    `sound` is an audio encoder; for the rest see `made`.
    """

    def make_it(
        name: str = "film.mkv",
        *,
        codec: str = "ffv1",
        times: Sequence[int] = range(0, 400, 40),
        sound: str = "",
        captions: Sequence[tuple[int, int, str]] = (),
        **wishes: Any,
    ) -> Path:
        sides = [Side(sound)] if sound else []
        if captions:
            words = [(start, text.encode(), span) for start, span, text in captions]
            sides.append(Side("subrip", words, {"language": "ger"}))
        return make(
            tmp_path / name, codec=codec, tick=TICK, times=times, sides=sides, **wishes
        )

    return make_it


@pytest.fixture
def color() -> Callable[..., Seen]:
    """Colour a film with one colour by a plan; returns times and copies of luma."""
    return _color


def _color(
    plan: Plan,
    source: Path,
    start: Fraction | None = None,
    end: Fraction | None = None,
) -> Seen:
    reader = Reader(source)
    seen: Seen = []
    with Writer(plan, reader.info, start, end) as writer:
        for frame in reader.frames(start, end):
            seen.append((frame.seconds, frame.luma.copy()))
            shape = plan.yuv.chroma_shape(*frame.luma.shape)
            code = np.full(shape, plan.yuv.neutral, frame_dtype(plan.yuv.depth))
            writer.write(frame, code - 9, code + 9)
    return seen


def frame_dtype(depth: int) -> type[np.uint8] | type[np.uint16]:
    return np.uint16 if depth > 8 else np.uint8
