"""The measures of several models, picture by picture, and what they come to.

One pass over the pictures: of each, sums are kept, features, and a few hundred pixels'
uncertainty and error. All figures but those of the curve are of the weights as tuned.
"""

from math import hypot

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from training.casts import Sums, hue_errors, neutral_cast
from training.confidence import errors_by_fifth, rank_correlation
from training.frechet import frechet_distance, load_features
from training.stlpips import load_stlpips
from training.trials import Trial, ask, ask_vividly, prepare
from vidcolor.chroma import to_chroma, to_rgb
from vidcolor.colorizer import Colorizer, image_luma
from vidcolor.lab import rgb_to_lab
from vidcolor.metrics import colorfulness, psnr
from vidcolor.upsample import shrink, spread
from vidcolor.yuv import Matrix
from vidcolor_models.answer import Answer
from vidcolor_models.film import Film

RGB = NDArray[np.uint8]  # height, width, 3
Figures = dict[str, float]

TRUTH, GREY = "truth", "grey"  # measured beside the models, under these names

_ROWS = 16  # of pixels per picture whose uncertainty is looked at


class Record:
    """What is known so far of a model, of the grey pictures, or of the truth."""

    def __init__(self) -> None:
        self.features: list[Tensor] = []
        self.doubts: list[Tensor] = []  # 2, n: uncertainty and error of pixels
        self.curve: dict[float, Record] = {}  # by vividness
        self._sums: Sums = {}

    def add(self, sums: Sums) -> None:
        """Add the figures of one more picture."""
        for name, (total, weight) in sums.items():
            total_before, weight_before = self._sums.get(name, (0.0, 0.0))
            self._sums[name] = total_before + total, weight_before + weight

    def means(self) -> Figures:
        """Return the figures that there was anything to measure by."""
        sums = self._sums.items()
        return {name: total / weight for name, (total, weight) in sums if weight > 0}


class Bench:
    """Models side by side.

    `size` is the short side of what the networks see, `strengths` are the vividnesses
    of the curve, in the unit of the weights.

    Raises:
        ModelError: there is no such model, or its weights are missing or damaged.
    """

    def __init__(self, models: list[str], size: int, strengths: list[float]) -> None:
        self.colorizers = {model: Colorizer(model, size=size) for model in models}
        self.device = self.colorizers[models[0]].device
        self.network_size = self.colorizers[models[0]].network_size
        self.strengths = strengths
        self.records = {name: Record() for name in (GREY, *models, TRUTH)}
        self._stlpips = load_stlpips().to(self.device)
        self._features = load_features().to(self.device)

    def measure(self, picture: Tensor, seed: int) -> dict[str, RGB]:
        """Measure by one picture, RGB (3, H, W) uint8.

        The same seed brings the same film wear and hints. Returns the picture, its
        grey, and what each model made of it.
        """
        truth = picture.permute(1, 2, 0).numpy()
        luma = image_luma(truth, Matrix.BT601)
        small = shrink(luma, *self.network_size(*luma.shape))
        trial = prepare(picture / 255, small, seed)
        results = {GREY: _bytes(luma.expand(3, -1, -1))}
        for model in self.colorizers:
            results[model] = self._try(model, trial, truth, luma)
        for name, result in results.items():
            self.records[name].add(_closeness(truth, result))
        self.records[TRUTH].add({"colorfulness": _once(colorfulness(truth))})
        results[TRUTH] = truth
        self._look_for_casts(results)
        self._look(results)
        return results

    def figures(self) -> dict[str, Figures]:
        """Return all figures of the models, of the grey pictures and of the truth."""
        features = {name: torch.stack(r.features) for name, r in self.records.items()}
        figures = {name: record.means() for name, record in self.records.items()}
        for name in (GREY, *self.colorizers):
            own = figures[name]
            own["frechet"] = frechet_distance(features[name], features[TRUTH])
            own |= _certainty(self.records[name])
            own |= derived(own, figures[GREY], figures[TRUTH])
        return figures

    def curves(self) -> dict[str, dict[float, Figures]]:
        """Return PSNR and colourfulness by vividness, of the models that have one."""
        grey, truth = self.records[GREY].means(), self.records[TRUTH].means()
        curves: dict[str, dict[float, Figures]] = {}
        for name, record in self.records.items():
            for strength, at in record.curve.items():
                means = at.means()
                point = means | derived(means, grey, truth)
                curves.setdefault(name, {})[strength] = point
        return curves

    def _try(self, model: str, trial: Trial, truth: RGB, luma: Tensor) -> RGB:
        """Return the picture as coloured; record what its other answers tell."""
        record, network = self.records[model], self.colorizers[model].model.network
        answers = ask(network, trial, self.device)
        plain, worn, again = answers[:3]
        record.add(
            {
                "psnr_worn": _once(psnr(truth, compose(worn.ab, luma))),
                "views": _once((worn.ab - again.ab).norm(dim=0).mean()),
            }
        )
        for hinted in answers[3:]:
            record.add({"psnr_hints": _once(psnr(truth, compose(hinted.ab, luma)))})
        record.doubts.append(doubt(plain, trial.ab))
        if isinstance(network, Film):
            curve = ask_vividly(network, trial, self.strengths, self.device)
            for strength, ab in zip(self.strengths, curve, strict=True):
                at = record.curve.setdefault(strength, Record())
                at.add(_closeness(truth, compose(ab, luma)))
        return compose(plain.ab, luma)

    def _look_for_casts(self, results: dict[str, RGB]) -> None:
        truth = _tensor(results[TRUTH])
        lab = rgb_to_lab(truth)
        for name, result in results.items():
            found = rgb_to_lab(_tensor(result))
            sums = neutral_cast(lab, found) | hue_errors(truth, lab, found)
            self.records[name].add(sums)

    @torch.inference_mode()
    def _look(self, results: dict[str, RGB]) -> None:
        """Record what networks see that judge pictures; the truth comes last."""
        rgb = torch.stack([_tensor(result) for result in results.values()])
        rgb = rgb.to(self.device).contiguous(memory_format=torch.channels_last)
        for name, row in zip(results, self._features(rgb).cpu(), strict=True):
            self.records[name].features.append(row)
        distances = self._stlpips(rgb[-1:], rgb[:-1]).cpu()
        for name, distance in zip(list(results)[:-1], distances, strict=True):
            self.records[name].add({"stlpips": _once(distance)})


def compose(ab: Tensor, luma: Tensor) -> RGB:
    """Return a picture of this luma (H, W), 0..1, in colours ab (2, h, w)."""
    wide = spread(ab, luma)
    return _bytes(to_rgb(luma, to_chroma(wide, luma, Matrix.BT601), Matrix.BT601))


def doubt(answer: Answer, truth: Tensor) -> Tensor:
    """Return uncertainty and error (2, n), in ab units, at n pixels of a coarse grid.

    The answer is ab (2, h, w) and uncertainty (1, h, w); the true ab (2, H, W) is as
    large or larger. The error is the distance between them.
    """
    height, width = answer.ab.shape[-2:]
    error = (answer.ab - F.adaptive_avg_pool2d(truth, (height, width))).norm(dim=0)
    step = max(1, height // _ROWS)
    return torch.stack([answer.uncertainty[0], error])[:, ::step, ::step].flatten(1)


def derived(own: Figures, grey: Figures, truth: Figures) -> Figures:
    """Return what follows from figures, beside the grey pictures' and the truth's.

    In dB: the `gain` over grey, and what `worn` input and `hints` change. As shares: of
    the truth's colourfulness, and of grey's distances from the truth. In ab units: how
    far off the mean colour of neutral things is, their `neutral_cast`.
    """
    figures = {
        "gain": own["psnr"] - grey["psnr"],
        "share": own["colorfulness"] / truth["colorfulness"],
    }
    for name in ("stlpips", "frechet"):
        if name in own:
            figures[f"{name}_share"] = own[name] / grey[name]
    for name in ("worn", "hints"):
        if f"psnr_{name}" in own:
            figures[name] = own[f"psnr_{name}"] - own["psnr"]
    if "neutral_a" in own:
        figures["neutral_cast"] = hypot(own["neutral_a"], own["neutral_b"])
    return figures


def _certainty(record: Record) -> Figures:
    if not record.doubts:
        return {}
    uncertainty, error = torch.cat(record.doubts, dim=1).numpy()
    fifths = errors_by_fifth(uncertainty, error)
    return {
        "rank_correlation": rank_correlation(uncertainty, error),
        **{f"error_{n}": mean for n, mean in enumerate(fifths, start=1)},
    }


def _closeness(truth: RGB, result: RGB) -> Sums:
    return {
        "psnr": _once(psnr(truth, result)),
        "colorfulness": _once(colorfulness(result)),
    }


def _once(value: float | Tensor) -> tuple[float, float]:
    return float(value), 1.0


def _bytes(rgb: Tensor) -> RGB:
    return (rgb * 255).round().byte().permute(1, 2, 0).numpy()


def _tensor(rgb: RGB) -> Tensor:
    return torch.from_numpy(rgb).permute(2, 0, 1) / 255
