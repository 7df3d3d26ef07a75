"""The names of colour tags are FFmpeg's."""

from fractions import Fraction

import av
import pytest

from vidcolor.media.color_tags import ColorTags


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
