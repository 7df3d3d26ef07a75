"""The network at work: lightness in, ab out, on whatever device there is."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from vidcolor.chroma import to_chroma, to_lightness, to_rgb
from vidcolor.device import choose_device, is_gpu_full
from vidcolor.errors import OptionError, UsageError, is_memory_full
from vidcolor.gpu.graph import GraphedNetwork
from vidcolor.rgb_space import SRGB, RgbSpace
from vidcolor.side_by_side import SideBySide
from vidcolor.upsample import shrink, spread, to_grid, upsample
from vidcolor.yuv import Matrix
from vidcolor_models import DEFAULT_MODEL, LoadedModel, load_model
from vidcolor_models.answer import Answer
from vidcolor_models.film import ROUGH, Film
from vidcolor_models.folding import fold_norms
from vidcolor_models.halving import halve_weights
from vidcolor_models.packing import is_supported
from vidcolor_models.quick import quicken

_GRID = 32  # the networks halve a picture five times at most
_FINEST = 2048  # pixels on the short side: far beyond what the networks know
_LEAST = 64  # pixels on the short side: with fewer, colour is guesswork
_GPU_BATCH = 16  # pictures at once; a CPU is as quick with one
_BOLDEST = 3.0  # vividness far beyond what photographs have
_BAND = 1 << 20  # pixels of a photo that are worked on at a time
_BRIGHTEST = 2.0  # beyond what filters may make of 1: these are other units
_LONGEST = 8  # a picture longer than so many short sides is looked at squeezed


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the network says of N pictures, at a size of its own."""

    ab: Tensor  # N, 2, h, w
    uncertainty: Tensor  # N, h, w: the standard deviation of ab, in its units


class Colorizer:
    """A model on a device, ready to colour.

    `model` is a name of the zoo or a weights file, `device` auto, cpu, cuda or mps,
    and `size` the short side of what the network sees, in pixels; without it, what
    the model was made for. `vividness` says how much rare colours are preferred to
    common ones: 0 is timid, the mean of all that is likely, nearest to the truth and
    pale; 1 is what the model was tuned to; 2 is bold, and so are its mistakes; 3 is
    the most.

    Raises:
        ModelError: there is no such model, or its weights are missing or damaged.
        UsageError: size or vividness is out of its range.
        OptionError: the device is not there; vividness is not 1, and the model has no
            such knob.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        device: str = "auto",
        size: int | None = None,
        vividness: float = 1.0,
    ) -> None:
        if size is not None and not _GRID <= size <= _FINEST:
            raise UsageError(f"size must be {_GRID} to {_FINEST}, not {size}")
        if not 0 <= vividness <= _BOLDEST:  # nan is not, either
            raise UsageError(f"vividness must be 0 to {_BOLDEST:g}, not {vividness:g}")
        self.device = choose_device(device)
        self.model: LoadedModel = load_model(model)
        self.size = self.model.entry.size if size is None else size
        self.vividness = vividness
        _make_vivid(self.model, vividness)
        self.concessions: list[str] = []  # made when memory ran out, a sentence each
        self._coarser = 1  # how many times smaller than `size` pictures are shown
        # Ours is within 0.3 of its ab with half the digits (bfloat16: 3); of the other
        # networks' weights it is not known whether they overflow.
        self._halved = self.device.type == "cuda" and _is_ours(self.model)
        self._network = _runnable(self.model, self.device)
        self._fills = self.device.type != "cpu"  # batches that are not full
        self.batch = 1 if self.device.type == "cpu" else _GPU_BATCH
        if isinstance(self._network, SideBySide):
            self.batch = self._network.threads

    def network_size(
        self, height: int, width: int, sar: Fraction = Fraction(1)
    ) -> tuple[int, int]:
        """Return the height and width at which the network sees a picture.

        The short side is `size`; both are multiples of 32. `sar` is the shape of a
        sample, width / height: the network sees things in their true shape.
        """
        return network_size(self.size, height, width, sar)

    def predict(self, lightness: Tensor) -> Predictions:
        """Return what the network says of lightness (N, H, W) in 0..100, on the CPU.

        How large the answer is depends on the network; what a picture's is, not on how
        many others are asked about with it. When a GPU's memory runs out, the network
        is asked about half as many pictures at once from then on, and about smaller
        ones if it comes to that; `concessions` tells.

        Raises:
            OptionError: the network answers with numbers that are none, or there is
                not the memory for any answer.
        """
        return self._predict(lightness, fill=self._fills)

    @torch.inference_mode()
    def _predict(self, lightness: Tensor, *, fill: bool) -> Predictions:
        while True:
            try:
                parts = [
                    self._ask(part, self.batch if fill else len(part))
                    for part in torch.split(lightness, self.batch)
                ]
                ab, uncertainty = (torch.cat(part) for part in zip(*parts, strict=True))
                return Predictions(ab, uncertainty[:, 0])
            except (RuntimeError, MemoryError) as error:
                if is_memory_full(error):
                    raise OptionError(self._too_large()) from error
                if not is_gpu_full(error):
                    raise
            self._concede()  # here, where the error does not hold on to the tensors

    def _ask(self, lightness: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return what the network says of these pictures, among `count` at once.

        By their number, libraries choose how to add up, and so how sums are rounded.
        """
        pictures = self._coarse(lightness[:, None])
        batch = self._moved(pictures, count)
        batch = batch.contiguous(memory_format=torch.channels_last)
        with torch.autocast(
            self.device.type, torch.float16, self._halved, cache_enabled=False
        ):
            answer = self._network(batch)
        # Cloned once the network's large tensors are freed: the answers wait for the
        # window, and would keep the heap from using the holes around them again.
        ab, uncertainty = (
            part[: len(pictures)].float().cpu().clone() for part in answer
        )
        if not (ab.isfinite().all() and uncertainty.isfinite().all()):
            raise OptionError(
                f"the model {self.model.name!r} answered with numbers that are not "
                "finite: its weights are damaged, or its values overflow"
            )
        # Of one size, whatever was conceded: the answers wait beside earlier ones.
        scale = lightness.shape[1] / batch.shape[2], lightness.shape[2] / batch.shape[3]
        size = [round(side * s) for side, s in zip(ab.shape[2:], scale, strict=True)]
        return _resized(ab, size), _resized(uncertainty, size)

    def _moved(self, pictures: Tensor, count: int) -> Tensor:
        """Return pictures on the device, and black ones after them to make so many."""
        cuda = self.device.type == "cuda"
        batch = torch.empty(count, *pictures.shape[1:], pin_memory=cuda)
        batch[: len(pictures)] = pictures
        batch[len(pictures) :] = 0
        return batch.to(self.device, non_blocking=cuda)

    def _coarse(self, pictures: Tensor) -> Tensor:
        """Return pictures (N, 1, H, W) as small as memory wants them."""
        sides = (side / self._coarser / _GRID for side in pictures.shape[2:])
        return _resized(pictures, [max(1, round(side)) * _GRID for side in sides])

    def _concede(self) -> None:
        """Ask less of a GPU whose memory has run out.

        Raises:
            OptionError: there is nothing left to give up.
        """
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.batch > 1:
            self.batch //= 2
            now = f"asked about {self.batch} pictures at once"
        elif self.size // self._coarser >= 2 * _LEAST:
            self._coarser *= 2
            now = f"shown smaller pictures, as with --size {self.size // self._coarser}"
        else:
            raise OptionError(self._too_large())
        self.concessions.append(f"the GPU's memory ran out: from here on, it is {now}")

    def _too_large(self) -> str:
        return (
            f"there is not enough memory for {self.model.name!r} at --size "
            f"{self.size // self._coarser}: choose a smaller --size"
        )

    def colorize_image(
        self, image: NDArray[Any], space: RgbSpace = SRGB
    ) -> NDArray[Any]:
        """Return the image in colour: RGB (H, W, 3), of the same type.

        `image` is grey (H, W) or RGB (H, W, 3), as `space` codes it: uint8, uint16, or
        floats in 0..1. Of RGB only the luma (BT.601, as in JPEG) is looked at, and it
        is kept.

        Raises:
            ValueError: the image has another shape or type, or what is no number in it.
        """
        _check_shape(image)
        matrix, bands = Matrix.BT601, _bands(image)
        luma = torch.cat([image_luma(image[rows], matrix) for rows in bands])
        grid = to_grid(self._predict_one(luma, space).ab[0], luma, space)
        result = np.empty((*luma.shape, 3), image.dtype)
        for rows in bands:
            ab = upsample(grid, luma, rows)
            chroma = to_chroma(ab, luma[rows], matrix, space)
            rgb = to_rgb(luma[rows], chroma, matrix)
            result[rows] = _like(rgb.permute(1, 2, 0).numpy(), image.dtype)
        return result

    def predict_uncertainty(self, luma: Tensor) -> Tensor:
        """Return how unsure ab is (H, W), as `Predictions` says, of that picture."""
        uncertainty = self._predict_one(luma).uncertainty
        return spread(uncertainty.expand(2, -1, -1), luma)[0]

    def _predict_one(self, luma: Tensor, space: RgbSpace = SRGB) -> Predictions:
        height, width = luma.shape
        small = shrink(luma, *self.network_size(height, width))
        return self._predict(to_lightness(small, space)[None], fill=False)


def network_size(
    short: int, height: int, width: int, sar: Fraction = Fraction(1)
) -> tuple[int, int]:
    """Return `Colorizer.network_size` for so many pixels on the short side."""
    aspect = min(max(width * float(sar) / height, 1 / _LONGEST), _LONGEST)
    tall, wide = short * max(1.0, 1 / aspect), short * max(1.0, aspect)
    return tuple(max(_GRID, round(s / _GRID) * _GRID) for s in (tall, wide))  # type: ignore[return-value]


def _resized(pictures: Tensor, size: list[int]) -> Tensor:
    """Return pictures (N, C, H, W) at another size, or as they are at this one."""
    if list(pictures.shape[2:]) == size:
        return pictures
    return F.interpolate(pictures, size, mode="bilinear", antialias=True)


def _runnable(model: LoadedModel, device: torch.device) -> Callable[..., Answer]:
    """Return a freshly loaded model's network in its quickest form for the device."""
    fold_norms(model.network)
    if device.type == "cpu":
        return _on_cpu(model)
    network = _on_gpu(model, device)
    if device.type != "cuda":
        return network
    if _is_ours(model):
        halve_weights(network)
    return GraphedNetwork(network)


def _on_cpu(model: LoadedModel) -> Callable[..., Answer]:
    network: nn.Module = model.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if is_supported():
        quicken(network, ROUGH if _is_ours(model) else [])
    return SideBySide(network)


def _on_gpu(model: LoadedModel, device: torch.device) -> nn.Module:
    try:
        network: nn.Module = model.network.to(device)
    except RuntimeError as error:
        if not is_gpu_full(error):
            raise
        raise OptionError(
            f"the GPU has no room for {model.name!r}: end what else uses it, or choose "
            "--device cpu"
        ) from error
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def _is_ours(model: LoadedModel) -> bool:
    return isinstance(model.network, Film)


def _make_vivid(model: LoadedModel, vividness: float) -> None:
    """Let a freshly loaded model decode so many times as vividly as it is tuned to."""
    if isinstance(model.network, Film):
        model.network.vividness *= vividness
    elif vividness != 1:
        raise OptionError(
            f"the model {model.name!r} has no vividness to set: leave it at 1"
        )


def _bands(image: NDArray[Any]) -> list[slice]:
    """Return the rows of an image in parts: all at once, a scan would need 15 GB."""
    height, width = image.shape[:2]
    step = max(1, _BAND // max(1, width))
    return [slice(row, row + step) for row in range(0, height, step)]


def image_luma(image: NDArray[Any], matrix: Matrix) -> Tensor:
    """Return the luma (H, W), in 0..1, of a grey or RGB image.

    Raises:
        ValueError: the image has another shape or type, or what is no number in it.
    """
    _check_shape(image)
    values = torch.from_numpy(image.astype(np.float32)) / _white(image.dtype)
    if not values.isfinite().all():
        raise ValueError("image must have finite numbers only")
    if values.max() > _BRIGHTEST:
        raise ValueError(f"image must be floats in 0..1, not up to {values.max():g}")
    if image.ndim == 2:
        return values.clamp(0, 1)
    return (values @ torch.tensor(matrix.weights)).clamp(0, 1)


def _check_shape(image: NDArray[Any]) -> None:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"image must be (H, W) or (H, W, 3), not {image.shape}")
    if not image.size:
        raise ValueError(f"image must have pixels, not be {image.shape}")


def _white(dtype: np.dtype[Any]) -> float:
    dtype = dtype.newbyteorder("=")
    if dtype in (np.uint8, np.uint16):
        return float(np.iinfo(dtype).max)
    if np.issubdtype(dtype, np.floating):
        return 1.0
    raise ValueError(f"image must be uint8, uint16 or float, not {dtype}")


def _like(rgb: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    white = _white(dtype)
    return rgb.astype(dtype) if white == 1.0 else np.rint(rgb * white).astype(dtype)
