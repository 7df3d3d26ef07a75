"""Clips to measure with: real pictures, panned and zoomed over, with cuts and grain."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np
import skimage.data
from av.container import OutputContainer
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

# Free of rights (NASA, CC0) and part of scikit-image: nothing is fetched.
PICTURES = ("astronaut", "coffee", "chelsea", "rocket", "camera")
RATE = 24  # frames a second, and in a shot
SOUND_RATE = 48000

_ZOOM, _PAN = 0.15, 0.06  # in a shot: growth, and way as a share of the picture
_GRAIN = 2.5  # codes: the standard deviation
_NEUTRAL = 128


def make_clip(path: Path, width: int, height: int, frames: int) -> Path:
    """Write a grey film of even sides with a tone for its sound, as H.264 and AAC."""
    with av.open(str(path), "w") as target:
        settings = {"preset": "veryfast", "crf": "18"}
        film = target.add_stream("libx264", RATE, settings)
        film.width, film.height, film.pix_fmt = width, height, "yuv420p"
        sound = target.add_stream("aac", SOUND_RATE)
        for number, luma in enumerate(islice(_frames(width, height), frames)):
            picture = _grey(luma)
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            target.mux(film.encode(picture))
            target.mux(sound.encode(_tone(number)))
        target.mux(film.encode(None))
        target.mux(sound.encode(None))
    return path


def loop_clip(clip: Path, path: Path, times: int) -> Path:
    """Write a clip's film so many times in a row, without encoding it again."""
    with av.open(str(path), "w") as target:
        shift = Fraction(0)
        film = None
        for _ in range(times):
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                film = film or target.add_stream_from_template(video, opaque=True)
                shift += _append(target, source.demux(video), film, shift)
    return path


def _append(
    target: OutputContainer,
    packets: "Iterator[av.Packet[av.VideoStream]]",
    film: av.VideoStream,
    shift: Fraction,
) -> Fraction:
    """Write packets, so many seconds late, and return how long they last."""
    length = Fraction(0)
    for packet in packets:
        if packet.pts is None or packet.dts is None:
            continue  # says that the file is over
        length += (packet.duration or 0) * packet.time_base
        ticks = round(shift / packet.time_base)
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
        packet.stream = film
        target.mux(packet)
    return length


def _frames(width: int, height: int) -> Iterator[Luma]:
    """Yield frames without end: a shot of each picture, and again."""
    noise = np.random.default_rng(0)
    grain = noise.normal(0, _GRAIN, (height + RATE, width + RATE)).astype(np.float32)
    for name in cycle(PICTURES):
        picture = _load(name)
        for number in range(RATE):
            y, x = noise.integers(0, RATE, 2)
            seen = _seen(picture, width, height, number / RATE)
            seen += grain[y : y + height, x : x + width]
            yield (16 + np.clip(seen, 0, 255) * (219 / 255)).astype(np.uint8)


def _load(name: str) -> Luma:
    picture = getattr(skimage.data, name)()
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return np.asarray(picture, np.uint8)


def _seen(picture: Luma, width: int, height: int, time: float) -> NDArray[np.float32]:
    """Return what is seen of a picture at a time, 0..1, of its shot."""
    rows, columns = picture.shape
    scale = max(width / columns, height / rows) * (1 + 2 * _PAN) * (1 + _ZOOM * time)
    pan = (time - 0.5) * _PAN
    x, y = columns * (0.5 + pan), rows * (0.5 - pan / 2)
    place = np.array(
        [[scale, 0, width / 2 - scale * x], [0, scale, height / 2 - scale * y]]
    )
    seen = cv2.warpAffine(picture, place, (width, height), flags=cv2.INTER_CUBIC)
    return seen.astype(np.float32)


def _grey(luma: Luma) -> av.VideoFrame:
    height, width = luma.shape
    chroma = np.full((height // 2, width), _NEUTRAL, np.uint8)  # both planes
    return av.VideoFrame.from_ndarray(np.concatenate([luma, chroma]), "yuv420p")


def _tone(number: int) -> av.AudioFrame:
    """Return the sound of one frame."""
    samples = SOUND_RATE // RATE
    time = (np.arange(samples) + number * samples) / SOUND_RATE
    wave = (0.1 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
    frame.sample_rate, frame.pts = SOUND_RATE, number * samples
    return frame
