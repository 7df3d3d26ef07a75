"""How films were coloured before: frame by frame, in full-size RGB, with floats.

Each frame becomes RGB and, by scikit-image, Lab; the network sees its L at 256 x 256;
its ab is stretched over the frame, and scikit-image makes RGB of it for the encoder.
"""

from pathlib import Path

import av
import numpy as np
import skimage.color
import torch
import torch.nn.functional as F
from av.video.stream import VideoStream
from numpy.typing import NDArray
from torch import nn

Picture = NDArray[np.uint8]  # height, width, 3

SIZE = 256  # a side of what the network sees


@torch.inference_mode()
def color_by_frame(
    source: Path,
    target: Path,
    network: nn.Module,
    encoder: str,
    options: dict[str, str],
    frames: int,
) -> int:
    """Colour the first frames of a film, and return how many that were.

    `network` takes L (1, 1, h, w), 0..100, on the device that it is on, and answers
    with ab first.
    """
    done = 0
    with av.open(str(source)) as film, av.open(str(target), "w") as out:
        video = film.streams.video[0]
        video.thread_type = "AUTO"
        result = out.add_stream(encoder, video.average_rate, options)
        assert isinstance(result, VideoStream)
        result.width, result.height, result.pix_fmt = (
            video.width,
            video.height,
            "yuv420p",
        )
        for picture in film.decode(video):
            if done == frames:
                break
            rgb = np.asarray(picture.to_ndarray(format="rgb24"), np.uint8)
            colored = av.VideoFrame.from_ndarray(color_picture(rgb, network), "rgb24")
            colored.pts, colored.time_base = picture.pts, picture.time_base
            out.mux(result.encode(colored))
            done += 1
        out.mux(result.encode(None))
    return done


def color_picture(rgb: Picture, network: nn.Module) -> Picture:
    """Return the picture (H, W, 3), uint8, in the network's colours and its own L."""
    device = next(network.parameters()).device
    lab = skimage.color.rgb2lab(rgb)
    lightness = torch.from_numpy(lab[None, None, ..., 0]).float()
    seen = F.interpolate(lightness, (SIZE, SIZE), mode="bilinear").to(device)
    ab = network(seen)[0]
    wide = F.interpolate(ab, rgb.shape[:2], mode="bilinear")[0]
    lab[..., 1:] = wide.permute(1, 2, 0).cpu().numpy()
    return np.asarray(skimage.color.lab2rgb(lab) * 255, np.uint8)
