"""How right, how colourful and how steady a result is, beside the truth."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidcolor.errors import OptionError
from vidcolor.evaluation.comparison import Comparison, Values
from vidcolor.evaluation.scores import Scores, Tally
from vidcolor.evaluation.view import View, view
from vidcolor.light import to_srgb
from vidcolor.media.picture import Frame, Plane
from vidcolor.media.reader import Reader
from vidcolor.rgb import frame_to_rgb
from vidcolor.shots import mark_shots
from vidcolor.stills import STILL_SUFFIXES, read_still


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame of both, measured."""

    seconds: float  # from the truth's beginning
    starts_shot: bool
    values: Values


@dataclass(frozen=True, slots=True)
class ShotScores:
    """What a shot has scored."""

    start: float  # seconds from the truth's beginning
    scores: Scores


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a result has scored, shot by shot and in total."""

    shots: tuple[ShotScores, ...]
    total: Scores  # over all frames, and all pairs of frames within a shot
    lost: tuple[str, ...]  # what damage took from either film, a sentence each


def evaluate(
    truth: Path | str,
    result: Path | str,
    on_moment: Callable[[Moment], None] = lambda moment: None,
) -> Evaluation:
    """Measure a film or photo against the true one, and return what it has scored.

    Both must show the same frames at the same size. Shots are those of the truth's
    luma; a photo is a shot of one frame. `on_moment` is told of every frame.

    Raises:
        ReadError: one of them cannot be read.
        OptionError: they are of different kinds, sizes or numbers of frames.
    """
    truth, result = Path(truth), Path(result)
    photos = sum(path.suffix.lower() in STILL_SUFFIXES for path in (truth, result))
    if photos == 1:
        raise OptionError(f"of {truth} and {result}, one is a photo and one a film")
    if photos:
        return Evaluation(*_score(_photo_moments(truth, result), on_moment), lost=())
    with Reader(truth) as right, Reader(result) as other:
        scored = _score(_film_moments(right, other), on_moment)
        return Evaluation(*scored, lost=(*_losses(right), *_losses(other)))


def expected_frames(truth: Path) -> int | None:
    """Return how many frames there will be to measure, as far as the file says.

    Raises:
        ReadError: it cannot be read.
    """
    if truth.suffix.lower() in STILL_SUFFIXES:
        return 1
    with Reader(truth) as reader:
        return reader.info.frame_count


def facts(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as JSON can hold it: a PSNR of infinity becomes None."""
    return {
        "shots": [{"start": s.start, **_plain(s.scores)} for s in evaluation.shots],
        "total": _plain(evaluation.total),
        "lost": list(evaluation.lost),
    }


def _plain(scores: Scores) -> dict[str, Any]:
    return asdict(scores) | {"psnr": scores.psnr if isfinite(scores.psnr) else None}


def _score(
    moments: Iterable[Moment], on_moment: Callable[[Moment], None]
) -> tuple[tuple[ShotScores, ...], Scores]:
    """Return the scores of each shot, and of all."""
    total, shots = Tally(), list[tuple[float, Tally]]()
    for moment in moments:
        if moment.starts_shot:
            shots.append((moment.seconds, Tally()))
        for tally in (shots[-1][1], total):
            tally.add(moment.values)
        on_moment(moment)
    scored = tuple(ShotScores(start, tally.scores()) for start, tally in shots)
    return scored, total.scores()


def _photo_moments(truth: Path, result: Path) -> Iterator[Moment]:
    right, other = _photo_view(truth), _photo_view(result)
    _check_sizes(truth, right.rgb.shape, result, other.rgb.shape)
    yield Moment(0, True, Comparison().add(right, other))


def _photo_view(path: Path) -> View:
    still = read_still(path)
    codes = (still.rgb / np.iinfo(still.rgb.dtype).max).astype(np.float32)
    rgb = to_srgb(torch.from_numpy(codes).permute(2, 0, 1), still.space)
    return view(rgb.permute(1, 2, 0).numpy())


def _film_moments(truth: Reader, result: Reader) -> Iterator[Moment]:
    right, other = truth.info, result.info
    sizes = (right.height, right.width), (other.height, other.width)
    _check_sizes(right.path, sizes[0], other.path, sizes[1])
    pairs = _frame_pairs(truth, result)
    comparison = Comparison()
    for (frame, twin), starts in mark_shots(pairs, _truth_luma, right.yuv.depth):
        if starts:
            comparison = Comparison()
        views = (
            view(frame_to_rgb(frame, right.yuv)),
            view(frame_to_rgb(twin, other.yuv)),
        )
        seconds = float(frame.seconds - right.start)
        yield Moment(seconds, starts, comparison.add(*views))


def _frame_pairs(truth: Reader, result: Reader) -> Iterator[tuple[Frame, Frame]]:
    """Yield frames that stand at the same place; tools that write films change times.

    Raises:
        OptionError: one film is shorter; a frame missing anywhere shifts all after it.
    """
    pairs = zip_longest(truth.frames(), result.frames())
    for count, (frame, twin) in enumerate(pairs):
        if frame is None or twin is None:
            short, long = (truth, result) if frame is None else (result, truth)
            raise OptionError(
                f"{short.info.path} ends after {count} frames and {long.info.path} "
                "goes on: they must show the same frames, of a part as well"
            )
        yield frame, twin


def _truth_luma(pair: tuple[Frame, Frame]) -> Plane:
    return pair[0].luma


def _check_sizes(
    truth: Path, size: tuple[int, ...], result: Path, other: tuple[int, ...]
) -> None:
    if size[:2] != other[:2]:
        raise OptionError(
            f"{truth} is {size[1]}x{size[0]} and {result} {other[1]}x{other[0]}: "
            "they must be of one size"
        )


def _losses(reader: Reader) -> list[str]:
    return [f"{reader.info.path}: {line}" for line in reader.damage.lines()]
