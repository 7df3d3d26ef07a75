"""Make the picture of colours over time again: python docs/strips.py CLIPS

CLIPS is a folder of old films, each free of rights. Of each frame one column of pixels
is kept, and the columns stand beside each other: what holds still gives straight
lines, what flickers gives stripes. Above without smoothing, below with it. Luma,
which is the film's own and flickers as ever, is shown at a third of its contrast.
"""

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from vidcolor.chroma import to_luma, to_rgb
from vidcolor.colorizer import Colorizer
from vidcolor.defaults import RADIUS
from vidcolor.media.reader import Reader
from vidcolor.pace import pace_of
from vidcolor.pipeline import Painted, color_frames
from vidcolor.preview import write_sheet
from vidcolor.sheet import Pair, contact_sheet
from vidcolor.yuv import YuvFormat

TARGET = Path(__file__).parent / "pictures" / "strips.jpg"
FRAMES = 120  # of each film at most
WIDTH, HEIGHT = 480, 240  # of a strip


def main(folder: Path) -> None:
    """Write docs/pictures/strips.jpg: a strip of each film without and with."""
    colorizer = Colorizer()
    pairs = []
    for path in sorted(folder.iterdir()):
        without, smoothed = (strip(path, colorizer, r) for r in (0, RADIUS))
        pairs.append(Pair(path.stem.split("_audio")[0], without, smoothed))
    write_sheet(TARGET, contact_sheet(pairs, columns=2, cell=WIDTH))


def strip(path: Path, colorizer: Colorizer, radius: int) -> NDArray[np.uint8]:
    """Return the middle column of each frame of a film, from left to right."""
    with Reader(path) as reader:
        yuv = reader.info.yuv
        whole = replace(yuv, chroma_shift_x=0, chroma_shift_y=0)
        frames = islice(reader.frames(), FRAMES)
        pace = pace_of(radius)
        painted = color_frames(frames, colorizer, yuv, whole, radius, pace=pace)
        columns = [column(item, yuv) for item in painted]
    return cv2.resize(
        np.stack(columns, axis=1), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST
    )


def column(item: Painted, yuv: YuvFormat) -> NDArray[np.uint8]:
    """Return the middle column (H, 3) of a frame whose chroma is of luma's size."""
    middle = item.frame.luma.shape[1] // 2
    luma = to_luma(item.frame.luma[:, middle], yuv) * 0.3 + 0.35
    codes = np.stack([item.cb[:, middle], item.cr[:, middle]]).astype(np.float32)
    chroma = torch.from_numpy((codes - yuv.neutral) / yuv.chroma_span)
    rgb = to_rgb(luma, chroma, yuv.matrix)
    return (rgb * 255).round().byte().numpy().T


if __name__ == "__main__":
    main(Path(sys.argv[1]))
