"""How a run is going, to be looked at: a sheet of pictures, and figures of others."""

from math import inf
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from training.batches import Batch
from training.data import is_colored, load_pictures
from training.trials import Trial, ask_vividly, prepare, shown
from vidcolor.chroma import to_chroma, to_rgb
from vidcolor.colorizer import image_luma
from vidcolor.lab import lab_to_rgb
from vidcolor.metrics import colorfulness, psnr
from vidcolor.yuv import Matrix
from vidcolor_models.film import Film

GOAL = "gain at 80 %"  # the figure by which networks are compared

_STRENGTHS = [0.0, 1.0, 2.0, 3.0, 4.5]  # vividness: for a curve that reaches 80 %
_MOST = 96  # pictures
_COLUMNS = 8  # of the sheet

_Subject = tuple[NDArray[np.uint8], Tensor, Trial]  # RGB, luma, and what is asked of it


class Validation:
    """Photographs that take no part in training: do they still gain by it?

    `source` is a folder or a tar file; up to 96 of its pictures that have colours are
    looked at.

    Raises:
        ValueError: the source holds no such pictures, or one that cannot be decoded.
    """

    def __init__(self, source: Path, device: torch.device) -> None:
        pictures = [(n, p) for n, p in load_pictures([source]) if is_colored(p)]
        if not pictures:
            raise ValueError(f"{source} holds no pictures in colour")
        pictures = pictures[:: -(-len(pictures) // _MOST)]
        self._subjects = [_subject(picture) for _, picture in pictures]
        self._color = np.mean([colorfulness(truth) for truth, _, _ in self._subjects])
        self._device = device

    def measure(self, network: Film) -> dict[str, float]:
        """Return how many dB the network's pictures are nearer to the truth than grey.

        By vividness, with their share of the truth's colourfulness; and, read off that
        curve, at 80 %: -inf where the boldest is paler than that.
        """
        curves = [self._curve(network, subject) for subject in self._subjects]
        gains, colors = np.mean(curves, axis=0).T
        shares = colors / self._color
        figures = {GOAL: np.interp(0.8, shares, gains, right=-inf)}
        for strength, gain, share in zip(_STRENGTHS, gains, shares, strict=True):
            figures[f"gain at vividness {strength:g}"] = gain
            figures[f"colorfulness at vividness {strength:g}"] = share
        return {name: float(figure) for name, figure in figures.items()}

    def _curve(self, network: Film, subject: _Subject) -> list[tuple[float, float]]:
        """Return gain in PSNR and colourfulness at each vividness."""
        truth, luma, trial = subject
        grey = psnr(truth, _compose(torch.zeros(2, 1, 1), luma))
        answers = ask_vividly(network, trial, _STRENGTHS, self._device)
        results = [_compose(ab, luma) for ab in answers]
        return [(psnr(truth, rgb) - grey, colorfulness(rgb)) for rgb in results]


@torch.inference_mode()
def sheet(network: Film, batch: Batch) -> Tensor:
    """Return RGB (3, H, W), 0..1: what the network saw, what it answered, the truth.

    A column for each of the first eight pictures of the batch.
    """
    lightness, hint_ab, hint_mask, ab = (
        part[:_COLUMNS]
        for part in (batch.lightness, batch.hint_ab, batch.hint_mask, batch.ab)
    )
    answer = network(lightness, hint_ab, hint_mask).ab
    answer = F.interpolate(answer, lightness.shape[-2:], mode="bilinear")
    colors = torch.cat([hint_ab * hint_mask, answer, ab])
    rgb = lab_to_rgb(torch.cat([lightness.repeat(3, 1, 1, 1), colors], dim=1))
    rows = [torch.cat(list(row), dim=2) for row in rgb.chunk(3)]
    return torch.cat(rows, dim=1)


def _subject(picture: Tensor) -> _Subject:
    truth = picture.permute(1, 2, 0).numpy()
    luma = image_luma(truth, Matrix.BT601)
    return truth, luma, prepare(picture / 255, shown(luma), seed=0)


def _compose(ab: Tensor, luma: Tensor) -> NDArray[np.uint8]:
    wide = F.interpolate(ab[None], luma.shape, mode="bilinear")[0]
    rgb = to_rgb(luma, to_chroma(wide, luma, Matrix.BT601), Matrix.BT601)
    return (rgb * 255).round().byte().permute(1, 2, 0).numpy()
