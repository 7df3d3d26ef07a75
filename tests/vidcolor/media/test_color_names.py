"""The names of colour tags are FFmpeg's."""

from fractions import Fraction
from pathlib import Path

import av
import pytest

from tests.vidcolor.media.made import make
from vidcolor.media.color_tags import ColorTags
from vidcolor.media.reader import Reader
from vidcolor.rgb_space import Primaries, RgbSpace, Transfer


def tagged(**names: str) -> av.VideoFrame:
    """Return a picture to which FFmpeg has given tags by their names."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=16, height=16, format="yuv420p", time_base=Fraction(1, 25)
    )
    words = ":".join(f"{key}={name}" for key, name in names.items())
    tags, sink = graph.add("setparams", words), graph.add("buffersink")
    source.link_to(tags)
    tags.link_to(sink)
    graph.configure()
    graph.push(av.VideoFrame(16, 16, "yuv420p"))
    picture = graph.pull()
    assert isinstance(picture, av.VideoFrame)
    return picture


def test_what_the_container_says_holds_where_the_codec_says_nothing(
    tmp_path: Path,
) -> None:
    # ProRes has a place for it in each picture, which this encoder leaves empty.
    film = make(
        tmp_path / "film.mov",
        codec="prores_ks",
        pix_fmt="yuv422p10le",
        frames=2,
        colors=(1, 9, 18, 9),
    )
    info = Reader(film).info
    assert (info.color.matrix, info.color.trc, info.color.primaries) == (9, 18, 9)
    assert info.yuv.rgb == RgbSpace(Primaries.BT2020, Transfer.HLG)


@pytest.mark.parametrize("number", [1, 2])
def test_ranges(number: int) -> None:
    name = ColorTags(range=number).names()["range"]
    assert tagged(range=name).color_range == number


@pytest.mark.parametrize("number", [0, 1, 2, 4, 5, 6, 7, 8, 9, 10])
def test_matrices(number: int) -> None:
    name = ColorTags(matrix=number).names()["matrix"]
    assert tagged(colorspace=name).colorspace == number


@pytest.mark.parametrize("number", [1, 2, *range(4, 19)])
def test_transfers(number: int) -> None:
    name = ColorTags(trc=number).names()["transfer"]
    assert tagged(color_trc=name).color_trc == number


@pytest.mark.parametrize("number", [1, 2, *range(4, 13), 22])
def test_primaries(number: int) -> None:
    name = ColorTags(primaries=number).names()["primaries"]
    assert tagged(color_primaries=name).color_primaries == number
