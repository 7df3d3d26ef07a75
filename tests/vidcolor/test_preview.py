from collections.abc import Callable, Generator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.vidcolor.media.made import TICK, make
from vidcolor.colorizer import Colorizer
from vidcolor.errors import ReadError
from vidcolor.media.picture import Frame
from vidcolor.media.reader import Reader
from vidcolor.pipeline import Painted
from vidcolor.preview import curtain, preview_pair, preview_times, write_sample
from vidcolor.survey import survey


def shots(film: Callable[..., Path], *lengths: int) -> Path:
    """Write a film of that many frames a shot, each of noise of its own."""
    rng = np.random.default_rng(1)
    planes = []
    for length in lengths:
        coarse = rng.integers(20, 235, (6, 8), np.uint8)
        planes += [np.kron(coarse, np.ones((12, 12), np.uint8))] * length
    return film(planes)


def test_a_survey_finds_every_shot_and_frame(film: Callable[..., Path]) -> None:
    with Reader(shots(film, 10, 5, 15)) as reader:
        seen = survey(reader)
    assert [shot.frames for shot in seen.shots] == [10, 5, 15]
    assert [shot.start for shot in seen.shots] == [
        0,
        Fraction(10, 25),
        Fraction(15, 25),
    ]
    assert seen.frames == 30


def test_looks_go_to_all_shots_before_any_gets_two(film: Callable[..., Path]) -> None:
    with Reader(shots(film, 10, 5, 40)) as reader:
        looks = preview_times(reader, 5)
    assert sorted(shot for _, shot in looks) == [1, 2, 3, 3, 3]
    assert [time for time, _ in looks] == sorted(time for time, _ in looks)


def test_fewer_looks_than_shots_are_spread(film: Callable[..., Path]) -> None:
    with Reader(shots(film, *[6] * 9)) as reader:
        numbers = [shot for _, shot in preview_times(reader, 3)]
    assert numbers == [2, 5, 8]


def test_there_are_no_more_looks_than_frames(film: Callable[..., Path]) -> None:
    with Reader(shots(film, 2)) as reader:
        assert len(preview_times(reader, 10)) == 2


def test_a_moment_shows_the_frame_that_is_there_then(
    tmp_path: Path, weights: str
) -> None:
    begins = [0.0, 1.0, 2.0, 2.5, 30.0]
    path = make(
        tmp_path / "slides.mkv",
        codec="ffv1",
        rate=Fraction(1),
        tick=TICK,
        times=[round(1000 * t) for t in begins],
    )
    colorizer = Colorizer(weights, "cpu", 64)
    with Reader(path) as reader:

        def shown(time: float) -> bytes:
            pair = preview_pair(reader, colorizer, Fraction(time))
            return pair.pictures[0].tobytes()

        frames = [shown(time) for time in begins]
        assert len(set(frames)) == len(begins)
        moments = [0.25, 1.999, 2.25, 29.5, 30.5]
        assert [shown(time) for time in moments] == frames
        with pytest.raises(ReadError, match=r"no frame from 31"):
            shown(31)


@pytest.mark.parametrize(
    ("size", "shown"),
    [((96, 64), (96, 64)), ((1440, 96), (960, 64)), ((64, 1200), (51, 960))],
)
def test_only_what_is_large_is_shown_smaller(
    film: Callable[..., Path],
    weights: str,
    size: tuple[int, int],
    shown: tuple[int, int],
) -> None:
    width, height = size
    ramp = np.tile(np.linspace(30, 200, width).astype(np.uint8), (height, 1))
    with Reader(film([ramp])) as reader:
        pair = preview_pair(reader, Colorizer(weights, "cpu", 64), Fraction(0))
    assert [p.shape[1::-1] for p in pair.pictures] == [shown, shown]


def test_long_films_are_looked_at_evenly_and_not_read_for_it(
    film: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vidcolor.preview._SCANNED", 39)
    path = shots(film, 10, 5, 25)
    with Reader(path) as reader:
        path.unlink()
        looks = preview_times(reader, 4)
    assert looks == [(Fraction(n, 25), None) for n in (5, 15, 25, 35)]


@pytest.mark.parametrize(
    ("seconds", "part"), [(0.4, (0.6, 1.0)), (1.0, (0.3, 1.3)), (9.0, (0.0, 9.0))]
)
def test_a_sample_is_from_the_middle(
    film: Callable[..., Path],
    weights: str,
    tmp_path: Path,
    seconds: float,
    part: tuple[float, float],
) -> None:
    path = shots(film, 40)
    colorizer = Colorizer(weights, "cpu", 64)
    length = Fraction(seconds).limit_denominator(10)
    done = write_sample(path, tmp_path / "sample.mkv", colorizer, length)
    assert (done.start, done.end) == pytest.approx(part)


def test_titles_stay_neutral_as_in_the_film(
    film: Callable[..., Path], weights: str
) -> None:
    title = np.full((72, 96), 20, np.uint8)
    cv2.putText(title, "THE END", (8, 42), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 220, 2)
    scene = np.kron(np.arange(30, 222, 4, np.uint8).reshape(6, 8), np.ones((12, 12)))
    colorizer = Colorizer(weights, "cpu", 64)
    with Reader(film([title, title, scene.astype(np.uint8)])) as reader:
        pairs = [preview_pair(reader, colorizer, Fraction(n, 25)) for n in (0, 2)]
    spoken, shown = (after for _, after in (pair.pictures[:2] for pair in pairs))
    assert np.ptp(spoken.astype(int), axis=2).max() == 0
    assert np.ptp(shown.astype(int), axis=2).max() > 5


def test_the_curtain_hides_colour_on_its_left_only() -> None:
    def painted() -> Generator[Painted]:
        for second in range(5):
            frame = Frame(av.VideoFrame(16, 4, "gray"), second, Fraction(1))
            yield Painted(frame, np.full((2, 8), 90), np.full((2, 8), 160), False)

    columns = [int((item.cb[0] == 128).sum()) for item in curtain(painted(), 128)]
    assert columns == [0, 4, 8, 4, 0]
