"""Chroma planes beside those of a plain path: sums, one pixel at a time, in float64.

Those that a CPU makes, and those that a GPU makes.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import skimage.data
import torch
from numpy.typing import NDArray

from vidcolor.gpu.painter import GpuPainter
from vidcolor.lab import lab_to_linear
from vidcolor.light import from_linear_srgb, to_srgb
from vidcolor.pipeline import Geometry, paint
from vidcolor.rgb_space import Primaries, RgbSpace, Transfer
from vidcolor.smooth import Prediction
from vidcolor.yuv import Matrix, Siting, YuvFormat

Array = NDArray[np.float64]

LEVELS = 17  # of luma, at which the mean of what is alike is taken
LUMAS, COLORS, REACH = 65, 45, 110.0  # at which colours are made, up to REACH in a, b
NEXT = (1 / 20, 18 / 20, 1 / 20)
PQ = RgbSpace(Primaries.BT2020, Transfer.PQ)

FORMATS = [
    YuvFormat(8, False, Matrix.BT601, 1, 1),
    YuvFormat(8, True, Matrix.BT709, 1, 1, Siting.CENTER),
    YuvFormat(8, False, Matrix.BT709, 1, 1, Siting.TOPLEFT),
    YuvFormat(8, False, Matrix.BT601, 2, 0),
    YuvFormat(8, False, Matrix.BT601, 2, 2, Siting.CENTER),
    YuvFormat(10, False, Matrix.BT709, 1, 0),
    YuvFormat(10, False, Matrix.BT2020, 1, 1, Siting.TOPLEFT, PQ),
    YuvFormat(12, True, Matrix.BT709, 0, 0),
    YuvFormat(16, False, Matrix.BT601, 0, 1),
]

PAINTERS = [
    "cpu",
    "torch",  # what a GPU does, done by the CPU
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.gpu,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
        ],
    ),
]


class Plain:
    """The plain path for luma codes (H, W) and ab (2, h, w)."""

    def __init__(
        self,
        codes: NDArray[Any],
        ab: NDArray[Any],
        yuv: YuvFormat,
        field: int | None = None,
    ) -> None:
        self.yuv, self.ab = yuv, ab.astype(np.float64)
        self.luma = at_chroma(codes.astype(np.float64), yuv, field)
        small = product(*map(range, self.ab.shape[1:]))
        self.small = {(y, x): self.small_luma(y, x) for y, x in small}
        self.lightness = {at: lightness(v, yuv.rgb) for at, v in self.small.items()}
        self.trust = {at: self.evenness(*at) for at in self.small}
        self.sharp = {at: self.sharpened(*at) for at in self.small}
        grid = product(self.small, range(LEVELS))
        self.grid = {(*at, level): self.at_level(*at, level) for at, level in grid}

    def planes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the codes of Cb and Cr."""
        half = self.yuv.chroma_span // 2
        chroma = np.empty((2, *self.luma.shape))
        for (y, x), luma in np.ndenumerate(self.luma):
            chroma[:, y, x] = table(*self.wide(y, x), luma, self.yuv)
        codes = np.rint(chroma * self.yuv.chroma_span).clip(-half, half)
        blue, red = codes.astype(np.int64) + self.yuv.neutral
        return blue, red

    def wide(self, y: int, x: int) -> Array:
        """Return ab of a large pixel: between small ones, and between two levels."""
        (height, width), (rows, columns) = self.luma.shape, self.ab.shape[1:]
        corners = product(
            between((y + 0.5) * rows / height - 0.5, rows),
            between((x + 0.5) * columns / width - 0.5, columns),
            between(self.luma[y, x] * (LEVELS - 1), LEVELS),
        )
        return sum(
            (a * b * c * self.grid[v, u, n] for (v, a), (u, b), (n, c) in corners),
            start=np.zeros(2),
        )

    def at_level(self, y: int, x: int, level: int) -> Array:
        """Return the mean ab around a small pixel of what is as light as a level."""
        total, weights = np.zeros(2), 0.0
        for (dy, down), (dx, across) in product(enumerate(NEXT, -1), repeat=2):
            near = self.near(y + dy, x + dx)
            weight = (self.like(near, level) + 1e-4) * down * across
            total, weights = total + weight * self.sharp[near], weights + weight
        return total / weights

    def sharpened(self, y: int, x: int) -> Array:
        """Return ab of a small pixel, rid of what lies between both sides of an edge.

        With as much of what is like it around as it is a mixture of that and the rest.
        """
        same, like, everything, weights = np.zeros(2), 0.0, np.zeros(2), 0.0
        levels = list(between(self.small[y, x] * (LEVELS - 1), LEVELS))
        for dy, dx in product(range(-8, 9), repeat=2):
            near = self.near(y + dy, x + dx)
            weight = math.exp(-(dy**2 + dx**2) / 18) * self.trust[near]
            part = sum(share * self.like(near, level) for level, share in levels)
            same, like = same + weight * part * self.ab[:, *near], like + weight * part
            everything, weights = (
                everything + weight * self.ab[:, *near],
                weights + weight,
            )
        itself = sum(share * self.like((y, x), level) for level, share in levels)
        unlike = 1.01 * weights - like / itself
        other = (1.01 * everything - same / itself) / unlike
        same, own = same / like, self.ab[:, y, x]
        back = (1 - self.trust[y, x]) * mixed(own, same, other)
        return own + back * (same - own)

    def like(self, at: tuple[int, int], level: int) -> float:
        """Return how much a small pixel is as light as a level."""
        here = lightness(level / (LEVELS - 1), self.yuv.rgb)
        return math.exp(-(((self.lightness[at] - here) / 6) ** 2) / 2)

    def evenness(self, y: int, x: int) -> float:
        around = product(range(-3, 4), repeat=2)
        values = [self.lightness[self.near(y + dy, x + dx)] for dy, dx in around]
        return float(1 / (1 + np.var(values) / 4**2) ** 2)

    def small_luma(self, y: int, x: int) -> float:
        """Return the luma in the middle of a small pixel, without grain."""
        (height, width), (rows, columns) = self.luma.shape, self.ab.shape[1:]
        down, across = int((y + 0.5) * height / rows), int((x + 0.5) * width / columns)
        lines = np.clip(np.arange(down - 1, down + 2), 0, height - 1)
        places = np.clip(np.arange(across - 1, across + 2), 0, width - 1)
        return float(np.median(self.luma[np.ix_(lines, places)]))

    def near(self, y: int, x: int) -> tuple[int, int]:
        rows, columns = self.ab.shape[1:]
        return min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)


def mixed(ab: Array, same: Array, other: Array) -> float:
    """Return how surely ab lies between two colours, and not just by the second."""
    across, off = other - same, ab - same
    along = max(0.0, float(off @ across))
    length = float(across @ across) + 2**2
    straight = along**2 / (length * (float(off @ off) + 1e-3))
    return straight * min(max(4 - 4 * along / length, 0), 1)


def at_chroma(codes: Array, yuv: YuvFormat, field: int | None) -> Array:
    """Return luma, 0..1, as far around each chroma sample as it is from the next."""
    height, width = codes.shape
    rows, columns = yuv.chroma_shape(height, width)
    down, across = 1 << yuv.chroma_shift_y, 1 << yuv.chroma_shift_x
    top = yuv.siting is Siting.TOPLEFT
    left = yuv.siting is not Siting.CENTER
    luma = np.zeros((rows, columns))
    for y, x in np.ndindex(rows, columns):
        weights_y = box(y * down + (0 if top else (down - 1) / 2), down)
        if field is not None and down == 2:  # H.262, 6.1: a quarter from the nearer
            upper = 0.25 if field else 0.75
            weights_y = {2 * y: upper, 2 * y + 1: 1 - upper}
        weights_x = box(x * across + (0 if left else (across - 1) / 2), across)
        for (v, a), (u, b) in product(weights_y.items(), weights_x.items()):
            line, place = np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)
            luma[y, x] += a * b * codes[line, place]
    return ((luma - yuv.black) / yuv.luma_span).clip(0, 1)


def box(middle: float, size: int) -> dict[int, float]:
    """Return how much of a box each sample, 1 wide, fills."""
    first, last = middle - size / 2, middle + size / 2
    samples = range(math.floor(first), math.ceil(last) + 1)
    parts = {n: min(last, n + 0.5) - max(first, n - 0.5) for n in samples}
    return {n: part / size for n, part in parts.items() if part > 0}


def between(at: float, count: int) -> Iterator[tuple[int, float]]:
    """Yield the two of `count` that a place lies between, and their shares."""
    at = min(max(at, 0.0), count - 1.0)
    low = min(int(at), max(0, count - 2))
    yield low, 1 - (at - low)
    yield min(low + 1, count - 1), at - low


def lightness(luma: float, space: RgbSpace) -> float:
    """Return L of the grey with this luma, straight from each level to the next."""
    levels = between(luma * (LEVELS - 1), LEVELS)
    return sum(share * lightness_of(level, space) for level, share in levels)


@cache
def lightness_of(level: int, space: RgbSpace) -> float:
    grey = torch.full((3, 1, 1), level / (LEVELS - 1), dtype=torch.float64)
    light = float(to_srgb(grey, space)[0])
    linear = light / 12.92 if light <= 0.04045 else ((light + 0.055) / 1.055) ** 2.4
    root = linear ** (1 / 3) if linear > (6 / 29) ** 3 else linear * 841 / 108 + 4 / 29
    return 116 * root - 16


def table(a: float, b: float, luma: float, yuv: YuvFormat) -> Array:
    """Return Pb and Pr, between those of the eight colours around."""
    middle = (COLORS - 1) / 2
    corners = product(
        between((a / REACH + 1) * middle, COLORS),
        between((b / REACH + 1) * middle, COLORS),
        between(luma * (LUMAS - 1), LUMAS),
    )
    made = nodes(yuv.matrix, yuv.rgb)
    return sum(
        (i * j * k * made[:, u, v, n] for (u, i), (v, j), (n, k) in corners),
        start=np.zeros(2),
    )


@cache
def nodes(matrix: Matrix, space: RgbSpace) -> Array:
    """Return Pb and Pr (2, a, b, luma) of colours of a luma, found by halving."""
    steps = torch.linspace(-REACH, REACH, COLORS, dtype=torch.float64)
    lumas = torch.linspace(0, 1, LUMAS, dtype=torch.float64)
    a, b, luma = torch.cartesian_prod(steps, steps, lumas).unbind(dim=1)
    red, blue = matrix.value
    low, high = torch.full_like(luma, -600), torch.full_like(luma, 600)
    for _ in range(40):
        lab = torch.stack([(low + high) / 2, a, b])[..., None]
        rgb = from_linear_srgb(lab_to_linear(lab), space)[..., 0]
        found = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2]
        low = torch.where(found > luma, low, lab[0, :, 0])
        high = torch.where(found > luma, lab[0, :, 0], high)
    blues, reds = (rgb[2] - found) / (2 - 2 * blue), (rgb[0] - found) / (2 - 2 * red)
    return torch.stack([blues, reds]).reshape(2, COLORS, COLORS, LUMAS).numpy()


def painted(
    codes: NDArray[Any], ab: NDArray[Any], yuv: YuvFormat, woven: bool, painter: str
) -> Any:
    frame: Any = SimpleNamespace(
        luma=codes, picture=SimpleNamespace(interlaced_frame=woven)
    )
    said = torch.from_numpy(ab.astype(np.float32))
    prediction = Prediction(said, torch.zeros(said.shape[1:]), True)
    gpu = None
    if painter != "cpu":
        device = torch.device(painter.replace("torch", "cpu"))
        gpu = GpuPainter(device, yuv, yuv, [])
    (item,) = paint([(frame, prediction)], yuv, yuv, Geometry(), gpu)
    return item


def noise(height: int, width: int) -> tuple[Array, Array]:
    random = np.random.default_rng(0)
    return random.uniform(0, 1, (height, width)), random.normal(0, 40, (2, 5, 7))


def photo(height: int, width: int) -> tuple[Array, Array]:
    """Return the luma of a face beside a dark suit, and a colour for all that is light.

    As soft as a network's, so that it is in the way of every edge.
    """
    grey = skimage.data.astronaut().mean(axis=2)[::12, 60::12][:height, :width]
    light = grey[2::5, 2::5] / 255
    return grey / 255, np.stack([light * 60 - 20, 40 - light * 70])


def codes_of(luma: Array, yuv: YuvFormat) -> NDArray[Any]:
    kind = np.uint8 if yuv.depth == 8 else np.uint16
    return np.rint(luma * yuv.luma_span + yuv.black).astype(kind)


@cache
def plain_planes(
    picture: Any, height: int, width: int, yuv: YuvFormat, field: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    luma, ab = picture(height, width)
    codes = codes_of(luma, yuv)
    return Plain(codes if field is None else codes[field::2], ab, yuv, field).planes()


@pytest.mark.parametrize("yuv", FORMATS, ids=str)
@pytest.mark.parametrize("picture", [noise, photo])
@pytest.mark.parametrize("painter", PAINTERS)
def test_chroma_is_that_of_the_plain_path(
    yuv: YuvFormat, picture: Any, painter: str
) -> None:
    luma, ab = picture(31, 37)
    found = painted(codes_of(luma, yuv), ab, yuv, woven=False, painter=painter)
    plain = plain_planes(picture, 31, 37, yuv, None)
    for plane, expected in zip((found.cb, found.cr), plain, strict=True):
        assert np.abs(plane.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("yuv", FORMATS[:1] + FORMATS[5:6], ids=str)
@pytest.mark.parametrize("painter", PAINTERS)
def test_so_is_that_of_each_field(yuv: YuvFormat, painter: str) -> None:
    luma, ab = photo(32, 36)
    found = painted(codes_of(luma, yuv), ab, yuv, woven=True, painter=painter)
    for field in (0, 1):
        plain = plain_planes(photo, 32, 36, yuv, field)
        for plane, expected in zip((found.cb, found.cr), plain, strict=True):
            assert np.abs(plane[field::2].astype(int) - expected).max() <= 1
