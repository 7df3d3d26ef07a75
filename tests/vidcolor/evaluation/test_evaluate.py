import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from vidcolor.errors import OptionError, ReadError
from vidcolor.evaluation.comparison import Comparison
from vidcolor.evaluation.evaluate import Evaluation, Moment, evaluate, facts
from vidcolor.evaluation.scores import Both, Tally
from vidcolor.evaluation.view import view
from vidcolor.stills import Still, write_still

Planes = NDArray[np.uint8]  # 3, H, W: Y, Cb, Cr
Film = Callable[..., Path]
SIZE = (72, 96)


def texture(seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).uniform(0, 255, SIZE)
    soft = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.asarray(cv2.normalize(soft, None, 60, 200, cv2.NORM_MINMAX), np.uint8)


def scene(left: int = 30, seed: int = 0) -> Planes:
    """A reddish square before a bluish ground."""
    planes = np.stack([texture(seed), *np.full((2, *SIZE), 118, np.uint8)])
    planes[:, 20:50, left : left + 30] = texture(seed + 1)[20:50, 30:60]
    planes[1, 20:50, left : left + 30] = 112
    planes[2, 20:50, left : left + 30] = 146
    return planes


def moving(count: int = 8) -> list[Planes]:
    return [scene(20 + 2 * n) for n in range(count)]


def with_chroma(films: Sequence[Planes], change: Callable[[int], int]) -> list[Planes]:
    """The same luma, with that much added to the chroma of frame n."""
    changed = []
    for n, planes in enumerate(films):
        copy = planes.copy()
        copy[1:] += np.uint8(change(n))
        changed.append(copy)
    return changed


def grey(films: Sequence[Planes]) -> list[Planes]:
    copies = [planes.copy() for planes in films]
    for copy in copies:
        copy[1:] = 128
    return copies


@pytest.fixture
def score(film: Film) -> Callable[..., Evaluation]:
    """Evaluate one list of planes against another."""

    def run(truth: Sequence[Planes], result: Sequence[Planes]) -> Evaluation:
        return evaluate(film(truth, "truth.mkv"), film(result, "result.mkv"))

    return run


Score = Callable[[Sequence[Planes], Sequence[Planes]], Evaluation]


def values(both: Both) -> tuple[float, float]:
    assert both.truth is not None
    assert both.result is not None
    return both.truth, both.result


def test_a_film_is_equal_to_itself(score: Score) -> None:
    total = score(moving(), moving()).total
    assert total.psnr == math.inf
    assert total.ssim == 1
    assert total.frames == 8
    for figures in (total.colorfulness, total.cdc, total.warp):
        for both in figures.values():
            assert both.truth == both.result
    assert [warp.excess for warp in total.warp.values()] == [0, 0]


def test_grey_is_steadier_than_the_truth_and_not_colourful(score: Score) -> None:
    total = score(moving(), grey(moving())).total
    truth, result = values(total.cdc["ab"])
    assert result == 0 < truth
    truth, result = values(total.warp["ab"])
    assert result == pytest.approx(0, abs=1e-6)
    assert result < truth
    assert total.warp["ab"].excess == 0
    for both in total.colorfulness.values():
        assert values(both)[1] == 0 < values(both)[0]
    assert total.psnr < 40


def test_other_colours_are_wrong_and_as_steady(score: Score) -> None:
    total = score(moving(), with_chroma(moving(), lambda n: 8)).total
    assert total.psnr < 35
    truth, result = values(total.warp["ab"])
    assert result == pytest.approx(truth, rel=0.1)
    assert values(total.warp["rgb"])[1] == pytest.approx(
        values(total.warp["rgb"])[0], rel=0.1
    )


def test_flicker_is_unsteady(score: Score) -> None:
    calm = score(moving(), moving()).total
    flicker = score(moving(), with_chroma(moving(), lambda n: 8 * (n % 2))).total
    for space in ("rgb", "ab"):
        assert values(flicker.cdc[space])[1] > 2 * values(calm.cdc[space])[1]
        assert values(flicker.warp[space])[1] > 2 * values(calm.warp[space])[1]
        excess = flicker.warp[space].excess
        truth, result = values(flicker.warp[space])
        assert excess == pytest.approx(result - truth)
    assert flicker.cdc["rgb"].truth == calm.cdc["rgb"].truth


def test_slow_drift_is_seen_by_cdc(score: Score) -> None:
    still = [scene()] * 8
    drift = score(still, with_chroma(still, lambda n: n)).total
    assert values(drift.cdc["ab"])[0] == 0
    assert values(drift.cdc["ab"])[1] > 0.1


def test_nothing_is_measured_over_a_cut(score: Score) -> None:
    film = [*[scene(seed=0)] * 7, *[scene(60, seed=5)] * 6]
    scored = score(film, film)
    assert [shot.scores.frames for shot in scored.shots] == [7, 6]
    assert [shot.start for shot in scored.shots] == [0, pytest.approx(7 / 25)]
    for scores in (*(shot.scores for shot in scored.shots), scored.total):
        for both in (*scores.cdc.values(), *scores.warp.values()):
            assert values(both) == (0, 0)


def test_a_shot_scores_alone_what_it_scores_in_the_film(score: Score) -> None:
    shots = [scene(20 + 2 * n) for n in range(7)], [scene(60 - n, 5) for n in range(6)]
    worse = [with_chroma(shot, lambda n: 3 * (n % 3)) for shot in shots]
    whole = score([*shots[0], *shots[1]], [*worse[0], *worse[1]])
    alone = [score(*pair) for pair in zip(shots, worse, strict=True)]
    assert [shot.scores for shot in whole.shots] == [part.total for part in alone]
    assert whole.total.frames == 13
    # 7 and 6 frames have 6 and 5 pairs.
    first, second = (values(part.total.warp["ab"])[1] for part in alone)
    expected = (6 * first + 5 * second) / 11
    assert values(whole.total.warp["ab"])[1] == pytest.approx(expected)


def test_one_frame_has_no_steadiness(score: Score) -> None:
    total = score([scene()], grey([scene()])).total
    assert total.cdc["ab"] == Both(None, None)
    assert total.warp["ab"].excess is None
    assert total.psnr < 40


def test_every_frame_is_told_with_its_time_and_shot(film: Film) -> None:
    told: list[Moment] = []
    path = film([*[scene(seed=0)] * 5, *[scene(60, seed=5)] * 5])
    evaluate(path, path, told.append)
    assert [moment.seconds for moment in told] == [n / 25 for n in range(10)]
    assert [moment.starts_shot for moment in told] == [n in (0, 5) for n in range(10)]


@pytest.mark.parametrize("counts", [(5, 6), (6, 5), (1, 9)])
def test_films_of_unlike_length_are_refused(
    score: Score, counts: tuple[int, int]
) -> None:
    long = moving(9)
    with pytest.raises(OptionError, match=rf"ends after {min(counts)} frames") as told:
        score(long[: counts[0]], long[: counts[1]])
    short = "truth.mkv" if counts[0] < counts[1] else "result.mkv"
    assert str(told.value).split(" ends")[0].endswith(short)


def test_films_of_unlike_size_are_refused(score: Score) -> None:
    smaller = [planes[:, :-2] for planes in moving()]
    with pytest.raises(OptionError, match=r"96x72 .* 96x70"):
        score(moving(), smaller)


def test_a_photo_and_a_film_are_refused(film: Film, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    write_still(photo, Still(np.zeros((*SIZE, 3), np.uint8)))
    with pytest.raises(OptionError, match="one is a photo and one a film"):
        evaluate(photo, film(moving()))


def test_what_is_no_film_is_named(film: Film, tmp_path: Path) -> None:
    text = tmp_path / "notes.mkv"
    text.write_text("no film")
    with pytest.raises(ReadError, match=r"notes\.mkv"):
        evaluate(film(moving()), text)


def test_photos_have_the_measures_of_a_frame(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    right = rng.integers(0, 255, (20, 30, 3), np.uint8)
    paths = [tmp_path / name for name in ("right.png", "other.png", "deep.png")]
    write_still(paths[0], Still(right))
    write_still(paths[1], Still(right + 1))
    write_still(paths[2], Still(right.astype(np.uint16) * 257))
    total = evaluate(paths[0], paths[1]).total
    assert total.psnr == pytest.approx(48.13, abs=0.01)  # 10 log10(255^2)
    assert (total.frames, total.cdc["rgb"]) == (1, Both(None, None))
    assert evaluate(paths[0], paths[2]).total.psnr == math.inf


def test_large_films_are_compared_whole(film: Film) -> None:
    # Motion is looked for at 640x360 at most, where one pixel of this could be missed.
    large = np.full((3, 720, 1280), 128, np.uint8)
    spot = large.copy()
    spot[0, 300, 700] = 180
    total = evaluate(film([large], "a.mkv"), film([spot], "b.mkv")).total
    assert math.isfinite(total.psnr)


SCHEMA = {
    "frames": None,
    "psnr": None,
    "ssim": None,
    "colorfulness": {
        "ddcolor": {"truth": None, "result": None},
        "hasler": {"truth": None, "result": None},
    },
    "cdc": {
        "rgb": {"truth": None, "result": None},
        "ab": {"truth": None, "result": None},
    },
    "warp": {
        "rgb": {"truth": None, "result": None, "excess": None},
        "ab": {"truth": None, "result": None, "excess": None},
    },
}


def shape(value: object) -> object:
    """The keys of nested dictionaries; numbers and null are None."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    assert value is None or isinstance(value, int | float)
    return None


@pytest.mark.parametrize("count", [1, 3, 8])
def test_json_has_every_figure_of_every_shot(score: Score, count: int) -> None:
    found = facts(score(moving(count), moving(count)))
    again = json.loads(json.dumps(found, allow_nan=False))
    assert list(again) == ["shots", "total", "lost"]
    assert again["lost"] == []
    assert shape(again["total"]) == SCHEMA
    assert [shape(shot) for shot in again["shots"]] == [{"start": None, **SCHEMA}]
    assert again["total"]["psnr"] is None  # JSON has no infinity


pictures = arrays(np.float32, (9, 13, 3), elements=st.floats(0, 1, width=32))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(pictures, pictures), min_size=1, max_size=6))
def test_any_films_have_figures(
    frames: list[tuple[NDArray[np.float32], NDArray[np.float32]]],
) -> None:
    comparison, tally = Comparison(), Tally()
    for truth, result in frames:
        tally.add(comparison.add(view(truth), view(result)))
    scores = tally.scores()
    assert scores.frames == len(frames)
    assert scores.psnr >= 0
    for both in scores.cdc.values():
        for value in (both.truth, both.result):
            assert (value is None) == (len(frames) == 1)
            assert value is None or 0 <= value <= math.log(2) + 1e-9
    for warp in scores.warp.values():
        assert warp.excess is None or warp.excess >= 0


def test_views_of_large_pictures_are_shrunk_and_keep_their_shape() -> None:
    large = np.full((1080, 1920, 3), 0.5, np.float32)
    seen = view(large)
    assert seen.rgb.shape == large.shape
    assert seen.small.shape == (360, 640, 3)
    assert seen.ab.shape == (360, 640, 2)
    np.testing.assert_allclose(seen.ab, 0, atol=1e-3)
    assert view(large[:50, :70]).small.shape == (50, 70, 3)
