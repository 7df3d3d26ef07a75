"""Tune how the colours are decoded: for what comes out, and not for the classes.

python -m training.tune film.safetensors tuned.safetensors --data SHARD.tar ...

Trained on classes, a network says how likely each colour is, and a rule makes of this
the one that is shown (equations 4 and 5 of ECCV16). That this one be near the truth,
about as colourful, and grey where it is grey, and that the picture look right to
another network, was nobody's aim so far. Here it is: the last layer and the weights of
the bins are learned for it. All before them stays, so it is gone through once.
"""

from collections.abc import Iterable
from math import cos, pi
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
import torch.nn.functional as F
import typer
from rich.progress import track
from torch import Generator, Tensor, nn

from training.casts import NEUTRAL
from training.data import load_pictures
from training.degrade import old_film
from training.export import check_target, half, said_of, write_weights
from training.outcome import colorfulness, compose, gain
from training.perceptual import Perceptual
from training.run import first_network
from training.telling import told
from training.trials import shown
from vidcolor.chroma import to_lightness
from vidcolor.colorizer import image_luma
from vidcolor.lab import rgb_to_lab
from vidcolor.upsample import shrink
from vidcolor.yuv import Matrix
from vidcolor_models.film import Film, annealed_mean

_SPARSE = slice(None, None, 2)  # of rows and columns: enough, but for how it looks
_WORN = 1 / 3  # of the pictures are seen as old film shows them
_TOGETHER = 6  # pictures a step

# By vividness, how many dB a unit of colourfulness is worth. With these, about four
# fifths of the truth's come out at vividness 1, and it stays the best of what is paler.
_COLOR = {1.0: 0.135, 0.5: 0.025}
_LOOK = 4.0  # dB that a unit of the perceptual distance costs at vividness 1
_CAST = 0.3  # dB that a unit of ab on neutral things costs, ...
_CALM = 2.0  # ... from this mean on

_RATES = {"rarity": 1e-2, "weight": 1e-3, "bias": 3e-3}


class Seen(NamedTuple):
    """What is left to be decoded of a picture, and what should come of it."""

    features: Tensor  # C, h, w; half floats
    luma: Tensor  # h, w; 0..1
    ab: Tensor  # 2, h, w: the truth
    rgb: Tensor  # 3, H, W; uint8: the truth, as large as the network saw its luma


class Tuning(nn.Module):
    """What is learned: the last layer, and the weights of the bins at vividness 1."""

    def __init__(self, network: Film) -> None:
        super().__init__()
        self.head = network.head
        self.rarity = nn.Parameter(network.vividness * network.rarity)
        self._temperature, self._bins = network.temperature, network.bins
        self._casts = dict.fromkeys(_COLOR, torch.zeros(2))  # of late: a and b
        self._perceptual = Perceptual().eval()

    def forward(self, features: Tensor, vividness: float) -> Tensor:
        """Return ab (N, 2, h, w) of features (N, C, h, w)."""
        tilt = vividness * self.rarity
        logits = self.head(features.float())
        return annealed_mean(logits, tilt, self._temperature, self._bins).ab

    def loss(self, batch: Seen) -> tuple[Tensor, dict[str, float]]:
        """Return what there is to be lost, in dB, and figures of vividness 1."""
        look = self._look(self(batch.features, 1.0), batch.rgb / 255)
        some = (..., _SPARSE, _SPARSE)
        features, luma, true_ab = (part[some] for part in batch[:3])
        truth = compose(true_ab, luma)
        loss, figures = _LOOK * look, {"look": float(look.detach())}
        for vividness, worth in _COLOR.items():
            ab = self(features, vividness)
            rgb = compose(ab, luma)
            nearer = gain(rgb, truth, luma).mean()
            colors = colorfulness(rgb).mean()
            loss = loss + self._cost(ab, true_ab, vividness) - nearer - worth * colors
            if vividness == 1:
                share = colors.detach() / colorfulness(truth).mean()
                figures |= {"gain": float(nearer.detach()), "share": float(share)}
        return loss, figures | {"cast": float(self._casts[1.0].norm())}

    def _look(self, ab: Tensor, truth: Tensor) -> Tensor:
        """Return how far pictures in colours ab (N, 2, h, w) look from the true RGB."""
        weights = truth.new_tensor(Matrix.BT601.weights)
        luma = torch.einsum("c,nchw->nhw", weights, truth)
        wide = F.interpolate(ab, luma.shape[1:], mode="bilinear")
        rgb = compose(wide, luma).movedim(1, 0)
        look: Tensor = self._perceptual.distance(*(_last(p) for p in (rgb, truth)))
        return look

    def _cost(self, ab: Tensor, truth: Tensor, vividness: float) -> Tensor:
        """Return what the cast costs, which is known by the last batches together."""
        neutral = (truth.norm(dim=1, keepdim=True) < NEUTRAL).float()
        cast = (ab * neutral).sum(dim=(0, 2, 3)) / neutral.sum().clamp(min=1)
        mean = 0.95 * self._casts[vividness] + 0.05 * cast.detach()
        self._casts[vividness] = mean
        toward = mean / mean.norm().clamp(min=1e-6)
        cost: Tensor = _CAST * torch.sigmoid(4 * (mean.norm() - _CALM)) * cast @ toward
        return cost


def main(
    model: Annotated[str, typer.Argument(help="A film model: a name or a file.")],
    target: Annotated[Path, typer.Argument(help="The .safetensors to write.")],
    data: Annotated[list[Path], typer.Option(help="Folders or tar shards.")],
    epochs: Annotated[int, typer.Option(min=1, help="Times through the pictures.")] = 4,
    every: Annotated[int, typer.Option(min=1, help="Use each n-th picture only.")] = 1,
    vividness: Annotated[
        float, typer.Option(help="At which films come out: 1 is what is tuned for.")
    ] = 1.0,
) -> None:
    """Tune a model, write it as half floats, and print its SHA-256."""
    with told():
        check_target(target)
        network = first_network(model).eval()
        pictures = [picture for _, picture in load_pictures(data)][::every]
    random = Generator().manual_seed(0)
    seen = [_look(network, p, random) for p in track(pictures, "features")]
    tuning = Tuning(network)
    _learn(tuning, seen, epochs, random)
    network.rarity.copy_(tuning.rarity.detach())
    network.vividness.fill_(vividness)
    tensors = {name: half(value) for name, value in network.state_dict().items()}
    write_weights(target, tensors)
    print(said_of(target))


@torch.inference_mode()
def _look(network: Film, picture: Tensor, random: Generator) -> Seen:
    """Return what a network sees of a picture, RGB (3, H, W) uint8."""
    luma = image_luma(picture.permute(1, 2, 0).numpy(), Matrix.BT601)
    view = shown(luma)[None, None]
    if torch.rand((), generator=random) < _WORN:
        view = old_film(view, random)
    features = network.features(to_lightness(view[0])[None])
    size = features.shape[2:]
    ab = rgb_to_lab(F.interpolate(picture[None] / 255, size, mode="area"))[0, 1:]
    rgb = F.interpolate(
        picture[None].float(), view.shape[2:], mode="bilinear", antialias=True
    )
    whole = rgb[0].round().clamp(0, 255).byte()
    return Seen(features[0].half(), shrink(luma, *size), ab, whole)


def _last(pictures: Tensor) -> Tensor:
    """Return pictures (N, C, H, W) with their channels last in memory."""
    return pictures.contiguous(memory_format=torch.channels_last)


def _learn(tuning: Tuning, seen: list[Seen], epochs: int, random: Generator) -> None:
    """Go through the pictures, and print how it goes."""
    optimizer = torch.optim.Adam(
        [
            {"params": parameter, "lr": _RATES[name.split(".")[-1]]}
            for name, parameter in tuning.named_parameters()
            if parameter.requires_grad
        ],
        betas=(0.9, 0.99),
    )
    steps = epochs * len(_groups(seen, random))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + cos(pi * step / steps)) / 2
    )
    for epoch in range(epochs):
        figures = []
        for group in track(_groups(seen, random), f"epoch {epoch + 1}"):
            batch = Seen(*(torch.stack(parts) for parts in zip(*group, strict=True)))
            loss, found = tuning.loss(batch)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            figures.append(found)
        means = {n: sum(f[n] for f in figures) / len(figures) for n in figures[0]}
        print("  ".join(f"{name} {mean:.3f}" for name, mean in means.items()))


def _groups(seen: Iterable[Seen], random: Generator) -> list[list[Seen]]:
    """Return all in a random order, those of one shape together."""
    shapes: dict[torch.Size, list[Seen]] = {}
    for one in seen:
        shapes.setdefault(one.luma.shape, []).append(one)
    groups: list[list[Seen]] = []
    for alike in shapes.values():
        order = torch.randperm(len(alike), generator=random).tolist()
        mixed = [alike[number] for number in order]
        groups += [mixed[n : n + _TOGETHER] for n in range(0, len(mixed), _TOGETHER)]
    order = torch.randperm(len(groups), generator=random).tolist()
    return [groups[number] for number in order]


if __name__ == "__main__":
    typer.run(main)
