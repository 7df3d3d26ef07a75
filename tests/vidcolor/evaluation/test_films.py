"""Films beside each other: each by its own range, clock and damage."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from skimage.data import astronaut

from tests.vidcolor.media.made import make
from vidcolor.evaluation.evaluate import evaluate, expected_frames


def coded(
    path: Path, full: bool, shots: int = 1, pix_fmt: str = "yuv444p", start: int = 0
) -> Path:
    """Write pictures as a lossless film of limited or full range."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("ffv1", 25)
        stream.width, stream.height, stream.pix_fmt = 96, 72, pix_fmt
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        stream.codec_context.color_range = 2 if full else 1
        stream.codec_context.colorspace = 1
        for n in range(8):
            place = 150 * (n * shots // 8)
            rgb = np.ascontiguousarray(astronaut()[place : place + 72, 200:296])
            rgb = rgb if n * shots // 8 % 2 == 0 else 255 - rgb
            picture = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(
                format=pix_fmt, dst_colorspace=1, dst_color_range=2 if full else 1
            )
            picture.color_range, picture.colorspace = (2 if full else 1), 1
            picture.pts, picture.time_base = start + 40 * n, Fraction(1, 1000)
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    return path


def test_each_film_is_seen_by_its_own_range(tmp_path: Path) -> None:
    truth, result = (
        coded(tmp_path / "a.mkv", full=False),
        coded(tmp_path / "b.mkv", full=True),
    )
    assert evaluate(truth, result).total.psnr > 40


def test_what_is_lost_of_either_film_is_told(tmp_path: Path) -> None:
    films = [
        make(
            tmp_path / f"{n}.mkv",
            codec="ffv1",
            frames=5,
            options={"slicecrc": "1", "level": "3", "g": "1"},
        )
        for n in "ab"
    ]
    spoiled = bytearray(films[1].read_bytes())
    spoiled[len(spoiled) // 2] ^= 255
    films[1].write_bytes(spoiled)
    for truth, result in (films, films[::-1]):
        (line,) = evaluate(truth, result).lost
        assert line.startswith(f"{films[1]}: ")


def test_times_count_from_the_truth_s_beginning(tmp_path: Path) -> None:
    film = coded(tmp_path / "late.mkv", full=False, shots=2, start=7000)
    assert [shot.start for shot in evaluate(film, film).shots] == pytest.approx(
        [0, 0.16]
    )


def test_cuts_are_those_of_deep_luma_too(tmp_path: Path) -> None:
    film = coded(tmp_path / "deep.mkv", full=False, shots=2, pix_fmt="yuv444p10le")
    assert len(evaluate(film, film).shots) == 2


def test_a_photo_is_one_frame(tmp_path: Path) -> None:
    assert expected_frames(tmp_path / "any.PNG") == 1
