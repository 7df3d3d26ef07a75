"""Colour photographs, out of folders and tar shards, held decoded in memory.

18,000 pictures of 224 pixels are about 3 GB: decoding them once costs less than
decoding them again in each epoch.
"""

import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from vidcolor.metrics import colorfulness

_SUFFIXES = {".webp", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"}
_SHORT_SIDE = 256
_COLORLESS = 1.0  # colourfulness that JPEG's chroma, or a scanner's, has of a grey


def load_pictures(sources: list[Path]) -> list[tuple[str, Tensor]]:
    """Return each picture's name and its RGB (3, height, width) uint8.

    A source is a folder, searched through, or a tar file. Pictures with a short side
    above 256 pixels are made that small: larger ones would only fill the memory.

    Raises:
        ValueError: a source holds no pictures, or one that cannot be decoded.
    """
    pictures = []
    with ThreadPoolExecutor() as pool:
        for source in sources:
            found = list(pool.map(_decode, _files(source)))
            if not found:
                raise ValueError(f"{source} holds no pictures")
            pictures += found
    return pictures


def is_colored(picture: Tensor) -> bool:
    """Whether a picture (3, height, width) uint8 has colours to be judged by.

    Of a grey one, grey is the truth, and infinitely near to it.
    """
    return colorfulness(picture.permute(1, 2, 0).numpy()) > _COLORLESS


def _files(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        for path in sorted(source.rglob("*")):
            if path.suffix.lower() in _SUFFIXES:
                yield path.relative_to(source).as_posix(), path.read_bytes()
        return
    try:
        with tarfile.open(source) as shard:
            yield from _members(shard)
    except tarfile.TarError as error:
        raise ValueError(f"{source}: is no folder and no whole tar file") from error


def _members(shard: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in shard:
        if Path(member.name).suffix.lower() in _SUFFIXES:
            file = shard.extractfile(member)
            if file is not None:
                yield Path(member.name).as_posix(), file.read()


def _decode(file: tuple[str, bytes]) -> tuple[str, Tensor]:
    name, encoded = file
    bgr = None
    if encoded:  # OpenCV raises an error of its own for what is empty
        bgr = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError(f"{name} is not a picture")
    scale = _SHORT_SIDE / min(bgr.shape[:2])
    if scale < 1:
        bgr = cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb = np.ascontiguousarray(bgr[..., ::-1].transpose(2, 0, 1))
    return name, torch.from_numpy(rgb)
