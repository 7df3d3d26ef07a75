"""The whole way, on real footage: luma, times and sound come through untouched."""

import hashlib
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from vidcolor.coloring import colorize
from vidcolor.colorizer import Colorizer
from vidcolor.media.picture import plane
from vidcolor.media.reader import Reader
from vidcolor.pipeline import color_frames

CLIPS = Path(__file__).parents[2].parent / "shared" / "clips"
MILLISECOND = 0.001  # what Matroska counts time in: half of it may be lost


@pytest.fixture(scope="module")
def colorizer(weights: str) -> Colorizer:
    return Colorizer(weights, device="cpu", size=64)


def clips() -> list[object]:
    found = sorted([*CLIPS.glob("bw/*.*"), *CLIPS.glob("colour/*.*")])
    if not found:
        reason = "the real clips are not beside this checkout (../shared/clips)"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(path, id=path.stem) for path in found]


def sound(path: Path) -> list[str]:
    """Return a checksum of the packets of each audio stream."""
    sums: dict[int, hashlib._Hash] = {}
    with av.open(str(path)) as container:
        for stream in container.streams.audio:
            sums[stream.index] = hashlib.md5()
        for packet in container.demux():
            if packet.stream.type == "audio":
                sums[packet.stream.index].update(bytes(packet))
    return [checksum.hexdigest() for checksum in sums.values()]


@pytest.mark.parametrize("clip", clips())
def test_all_but_colour_comes_through(
    clip: Path, colorizer: Colorizer, tmp_path: Path
) -> None:
    target = tmp_path / "out.mkv"
    done = colorize(clip, target, model=colorizer, codec="ffv1")
    chroma = 0.0
    with Reader(clip) as before, Reader(target) as after:
        for old, new in zip(before.frames(), after.frames(), strict=True):
            np.testing.assert_array_equal(old.luma, new.luma)
            assert abs(old.seconds - new.seconds) <= MILLISECOND / 2
            chroma += np.abs(plane(new.picture, 1) - 128.0).mean()
    assert chroma / done.frames > 1
    assert sound(clip) == sound(target)
    assert not done.lost


def test_a_shot_cut_out_of_a_clip_gets_the_same_colours(weights: str) -> None:
    path = CLIPS / "colour" / "bikes_cuts.mp4"
    if not path.exists():
        pytest.skip("the real clips are not beside this checkout (../shared/clips)")
    first, last = 15, 60  # its second shot, by that folder's README
    colorizer = Colorizer(weights, device="cpu", size=64)
    with Reader(path) as reader:
        yuv, frames = reader.info.yuv, list(islice(reader.frames(), last + 12))
    whole = list(color_frames(frames, colorizer, yuv, yuv, 8))[first : last + 1]
    alone = list(color_frames(frames[first : last + 1], colorizer, yuv, yuv, 8))
    assert whole[0].starts_shot
    for inside, outside in zip(whole, alone, strict=True):
        np.testing.assert_array_equal(inside.cb, outside.cb)
        np.testing.assert_array_equal(inside.cr, outside.cr)
