"""What x264's settings keep and cost: python benchmarks/encoding.py CLIP...

The first frames of each clip are encoded with each of the settings, twice, of which the
quicker one counts. Printed are means over the clips, beside what most tools take.
"""

import io
import sys
import time
from collections import defaultdict
from fractions import Fraction
from itertools import islice
from math import log10
from statistics import fmean

import av
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray
from rich.console import Console
from tables import Row, Table

from vidcolor.media.encoders import QUICK_SETTINGS, SETTINGS

FRAMES = 60
USUAL = SETTINGS["libx264"]
FAST = USUAL | QUICK_SETTINGS["libx264"]
AHEAD = ("sc_threshold", "b_strategy", "bf")
CAVLC = {name: value for name, value in FAST.items() if name not in AHEAD}
CABAC = {name: value for name, value in CAVLC.items() if name != "coder"}
WAYS = {  # the first is what the others are compared with
    "medium, 18": {"preset": "medium", "crf": "18"},
    "faster, 17": {"preset": "faster", "crf": "17"},
    "veryfast, 15.5": {"preset": "veryfast", "crf": "15.5"},
    "veryfast, 15.4, without b8x8": USUAL
    | {"crf": "15.4", "partitions": "p8x8,i8x8,i4x4"},
    "the default": USUAL,
    "superfast, 16": {"preset": "superfast", "crf": "16"},
    "superfast, 16.8, i8x8": CABAC | {"crf": "16.8"},
    "the same with CAVLC": CAVLC | {"crf": "16.8"},
    "--fast": FAST,
}

Pictures = list[NDArray[np.uint8]]  # of one film: 4:2:0, luma above (H * 3 / 2, W)


def main() -> None:
    """Print a line for each of the settings."""
    found = defaultdict[str, list[tuple[float, float, float]]](list)
    for clip in sys.argv[1:]:
        print(clip, file=sys.stderr, flush=True)
        pictures, rate = read(clip)
        psnr, size, cpu = measure(pictures, rate, WAYS["medium, 18"])
        for name, options in WAYS.items():
            own = measure(pictures, rate, options)
            found[name].append((own[0] - psnr, own[1] / size, own[2] / cpu))
    rows: list[Row] = []
    for name, values in found.items():
        gains, sizes, costs = zip(*values, strict=True)
        gain = f"{fmean(gains):+.2f} dB ({min(gains):+.1f} to {max(gains):+.1f})"
        rows.append((name, gain, f"{fmean(sizes):.2f}", f"{fmean(costs):.2f}"))
    Table("x264", ("", "PSNR of luma", "size", "CPU time"), rows).show(Console())


def read(clip: str) -> tuple[Pictures, Fraction]:
    """Return a film's first frames as 4:2:0, and its rate."""
    with av.open(clip) as film:
        video = film.streams.video[0]
        pictures = (
            picture.reformat(format="yuv420p").to_ndarray()
            for picture in film.decode(video)
        )
        return [*islice(pictures, FRAMES)], video.average_rate or Fraction(25)


def measure(
    pictures: Pictures, rate: Fraction, options: dict[str, str]
) -> tuple[float, float, float]:
    """Return luma's PSNR in dB, bytes, and CPU seconds."""
    costs = list[float]()
    for _ in range(2):
        began = time.process_time()
        packets = encode(pictures, rate, options)
        costs.append(time.process_time() - began)
    height = pictures[0].shape[0] * 2 // 3
    with av.open(packets) as film:
        errors = [
            ((picture.to_ndarray()[:height] - truth[:height].astype(float)) ** 2).mean()
            for picture, truth in zip(film.decode(video=0), pictures, strict=True)
        ]
    return 10 * log10(255**2 / fmean(errors)), packets.getbuffer().nbytes, min(costs)


def encode(pictures: Pictures, rate: Fraction, options: dict[str, str]) -> io.BytesIO:
    """Return the film as x264 encodes it."""
    packets = io.BytesIO()
    with av.open(packets, "w", format="matroska") as target:
        # As `repeatable` has it: so does every result.
        stream = target.add_stream(
            "libx264", rate, options | {"x264-params": "asm=avx2"}
        )
        assert isinstance(stream, VideoStream)
        height, stream.width = pictures[0].shape
        stream.height, stream.pix_fmt = height * 2 // 3, "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts, frame.time_base = number, 1 / rate
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    packets.seek(0)
    return packets


if __name__ == "__main__":
    main()
