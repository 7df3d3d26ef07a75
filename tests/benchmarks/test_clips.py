from pathlib import Path

import av
import numpy as np
import pytest
from clips import RATE, loop_clip, make_clip
from numpy.typing import NDArray

FRAMES = RATE + 2  # one shot, and the beginning of another


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", 96, 64, FRAMES)


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    """The planes of each frame, luma above chroma."""
    with av.open(str(path)) as film:
        return [picture.to_ndarray() for picture in film.decode(video=0)]


def test_a_clip_is_a_grey_film_with_sound(clip: Path) -> None:
    found = pictures(clip)
    assert len(found) == FRAMES
    assert found[0].shape == (64 * 3 // 2, 96)
    assert all((picture[64:] == 128).all() for picture in found)
    with av.open(str(clip)) as film:
        assert [stream.type for stream in film.streams] == ["video", "audio"]


def test_a_shot_lasts_a_second(clip: Path) -> None:
    luma = np.array([picture[:64] for picture in pictures(clip)], float)
    steps = np.abs(np.diff(luma, axis=0)).mean(axis=(1, 2))
    assert steps.argmax() == RATE - 1
    assert steps[RATE - 1] > 3 * np.delete(steps, RATE - 1).max()


def test_a_looped_clip_goes_on_and_on(clip: Path, tmp_path: Path) -> None:
    with av.open(str(loop_clip(clip, tmp_path / "loop.mp4", 3))) as film:
        times = [picture.time for picture in film.decode(video=0)]
    assert len(times) == 3 * FRAMES
    assert np.diff(times) == pytest.approx(1 / RATE, abs=1e-3)
