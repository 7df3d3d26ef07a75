"""What a network is asked of one photograph: plainly, worn twice, and with hints."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from training.degrade import old_film
from vidcolor.chroma import to_lightness
from vidcolor.colorizer import network_size
from vidcolor.lab import rgb_to_lab
from vidcolor.upsample import shrink
from vidcolor_models.answer import Answer
from vidcolor_models.eccv16 import ECCV16
from vidcolor_models.film import Film

_SHORT = 256  # pixels on the short side of what the network sees
_POINTS = 10
_SIDE = 7  # pixels at the network: SIGGRAPH17's patches have 1 to 9


@dataclass(frozen=True, slots=True)
class Trial:
    """Four views of a photograph at the network's size, and its true colours there.

    The first is plain, the next two are worn, each in its own way, and the last is
    plain with ten hints.
    """

    lightness: Tensor  # 4, 1, h, w; 0..100
    hint_ab: Tensor  # 4, 2, h, w
    hint_mask: Tensor  # 4, 1, h, w
    ab: Tensor  # 2, h, w


def prepare(rgb: Tensor, luma: Tensor, seed: int) -> Trial:
    """Return the trial of a photograph, the same for the same seed.

    `rgb` (3, H, W) in 0..1 may be of another size than its `luma` (h, w) in 0..1,
    which has the network's.
    """
    random = Generator().manual_seed(seed)
    plain = luma[None, None]
    worn = old_film(plain.repeat(2, 1, 1, 1), random)
    small = F.interpolate(rgb[None], luma.shape, mode="bilinear", antialias=True)
    ab = rgb_to_lab(small[0])[1:]
    hint_ab, hint_mask = torch.zeros(4, 2, *luma.shape), torch.zeros(4, 1, *luma.shape)
    hint_ab[3], hint_mask[3] = true_points(ab, random)
    return Trial(to_lightness(torch.cat([plain, worn, plain])), hint_ab, hint_mask, ab)


def shown(luma: Tensor) -> Tensor:
    """Return luma (H, W) at the size at which the network sees a picture, (h, w)."""
    return shrink(luma, *network_size(_SHORT, *luma.shape))


def true_points(ab: Tensor, random: Generator) -> tuple[Tensor, Tensor]:
    """Return hint ab (2, h, w) and its mask (1, h, w): ten squares of true mean ab."""
    hint, mask = torch.zeros_like(ab), torch.zeros_like(ab[:1])
    height, width = ab.shape[-2:]
    for _ in range(_POINTS):
        y = int(torch.randint(height - _SIDE + 1, (), generator=random))
        x = int(torch.randint(width - _SIDE + 1, (), generator=random))
        square = (slice(None), slice(y, y + _SIDE), slice(x, x + _SIDE))
        hint[square] = ab[square].mean(dim=(1, 2), keepdim=True)
        mask[square] = 1
    return hint, mask


@torch.inference_mode()
def ask(network: nn.Module, trial: Trial, device: torch.device) -> list[Answer]:
    """Return the answer to each view, on the CPU and without the batch's axis.

    A network that takes no hints answers the first three.
    """
    lightness = trial.lightness.to(device).contiguous(memory_format=torch.channels_last)
    with _as_made(network, device):
        if isinstance(network, ECCV16):
            ab, uncertainty = network(lightness[:3])
        else:
            hints = trial.hint_ab.to(device), trial.hint_mask.to(device)
            ab, uncertainty = network(lightness, *hints)
    parts = ab.float().cpu(), uncertainty.float().cpu()
    return [Answer(*one) for one in zip(*parts, strict=True)]


def _as_made(network: nn.Module, device: torch.device) -> torch.autocast:
    """Return what runs a network with as many digits as its weights have."""
    halved = any(p.dtype == torch.float16 for p in network.parameters())
    return torch.autocast(device.type, torch.float16, enabled=halved)


@torch.inference_mode()
def ask_vividly(
    network: Film, trial: Trial, strengths: list[float], device: torch.device
) -> list[Tensor]:
    """Return ab (2, h/4, w/4) of the plain view at each of these vividnesses."""
    with _as_made(network, device):
        logits = network.logits(trial.lightness[:1].to(device)).float()
    tuned = network.vividness.clone()
    answers = []
    for strength in strengths:
        network.vividness.fill_(strength)
        answers.append(network.decode(logits).ab[0].float().cpu())
    network.vividness.copy_(tuned)
    return answers
