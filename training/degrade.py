"""What time does to film, done to clean luma: the network learns to look past it.

Every function takes luma (N, 1, height, width) in 0..1 and returns the same shape and
range; each picture of the batch gets its own wear. The target's colours stay clean.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from training.draws import cloud, normal, send, uniform


def old_film(luma: Tensor, random: Generator) -> Tensor:
    """Wear the pictures as old prints are worn, some hardly and some badly."""
    worn = luma.clone()
    age = torch.rand(len(luma), generator=random)
    for wear, share in _WEARS:
        chosen = torch.rand(len(luma), generator=random) < share * age
        if chosen.any():
            rows = send(chosen.nonzero()[:, 0], luma)
            worn[rows] = wear(worn[rows], random)
    return worn


def blur(luma: Tensor, random: Generator) -> Tensor:
    """Soften by a Gaussian of up to 1.7 pixels: a lens, a copy of a copy."""
    return _gaussian(luma, uniform(luma, random, 0.3, 1.7), reach=5)


def halation(luma: Tensor, random: Generator) -> Tensor:
    """Let light glow around what is bright: it came back from behind the emulsion."""
    height, width = luma.shape[-2:]
    bright = (luma - uniform(luma, random, 0.5, 0.8)).clamp(min=0)
    small = F.adaptive_avg_pool2d(bright, (-(-height // 4), -(-width // 4)))
    small = _gaussian(small, uniform(luma, random, 1.0, 4.0), reach=8)
    glow = F.interpolate(small, (height, width), mode="bilinear")
    shine = (uniform(luma, random, 0.3, 1.5) * glow).clamp(max=1)
    return luma + shine * (1 - luma)


def vignette(luma: Tensor, random: Generator) -> Tensor:
    """Darken towards the corners, around a centre that is not quite in the middle."""
    y, x = _grid(luma)
    away = (x - uniform(luma, random, -0.3, 0.3)) ** 2
    away = away + (y - uniform(luma, random, -0.3, 0.3)) ** 2
    return luma * (1 - uniform(luma, random, 0.05, 0.3) * away).clamp(0, 1)


def develop(luma: Tensor, random: Generator) -> Tensor:
    """Bend the tones along a film's curve: a toe, a steep middle and a shoulder."""
    steepness = uniform(luma, random, 1.0, 6.0)
    middle = uniform(luma, random, 0.3, 0.7)
    black, white = (steepness * (end - middle) for end in (0, 1))
    curve = (steepness * (luma - middle)).sigmoid() - black.sigmoid()
    return (curve / (white.sigmoid() - black.sigmoid())).clamp(0, 1)


def grain(luma: Tensor, random: Generator) -> Tensor:
    """Add noise in clumps of one to three pixels, strongest in the mid-tones."""
    noise = normal(luma, random, *luma.shape[-2:])
    noise = _gaussian(noise, uniform(luma, random, 0.3, 1.2), reach=4)
    deviation = noise.std(dim=(2, 3), keepdim=True, correction=0)
    strength = uniform(luma, random, 0.0, 0.06) * (0.4 + 2.4 * luma * (1 - luma))
    return (luma + strength * noise / (deviation + 1e-6)).clamp(0, 1)


def fade(luma: Tensor, random: Generator) -> Tensor:
    """Change gamma, contrast and brightness: exposure, fading, flicker, a bad copy."""
    gamma = torch.exp(uniform(luma, random, -0.4, 0.4))
    contrast = torch.exp(uniform(luma, random, -0.5, 0.3))
    shift = uniform(luma, random, -0.1, 0.1)
    return ((luma**gamma - 0.5) * contrast + 0.5 + shift).clamp(0, 1)


def uneven(luma: Tensor, random: Generator) -> Tensor:
    """Make some parts lighter and others darker: stains, flicker that is not even."""
    strength = uniform(luma, random, 0.05, 0.25)
    return (luma * torch.exp(strength * cloud(luma, random))).clamp(0, 1)


def scratch(luma: Tensor, random: Generator, most: int = 3) -> Tensor:
    """Draw thin, nearly upright lines, white or black, that come and go."""
    y, x = _grid(luma)
    height, width = luma.shape[-2:]
    for _ in range(most):
        middle = uniform(luma, random, -1, 1)
        lean = uniform(luma, random, -0.03, 0.03)
        thickness = uniform(luma, random, 0.5, 2.0) / width
        line = (1 - ((x - middle - lean * y) / thickness).abs()).clamp(min=0)
        breaks = F.interpolate(normal(luma, random, 9, 1), (height, 1), mode="bilinear")
        line = line * (0.7 + 0.5 * breaks).clamp(0, 1)
        colour = (uniform(luma, random) < 0.6).to(luma)
        luma = luma + line * uniform(luma, random, 0.0, 0.8) * (colour - luma)
    return luma


def dust(luma: Tensor, random: Generator) -> Tensor:
    """Sprinkle specks and blotches, white or black."""
    height, width = luma.shape[-2:]
    cell = int(torch.randint(2, 7, (), generator=random))
    field = normal(luma, random, -(-height // cell), -(-width // cell))
    field = F.interpolate(field, (height, width), mode="bicubic")
    specks = ((field - uniform(luma, random, 2.2, 3.2)) * 8).clamp(0, 1)
    colour = (uniform(luma, random) < 0.5).to(luma)
    return luma + specks * (colour - luma)


def splice(luma: Tensor, random: Generator) -> Tensor:
    """Lay a bar across, where two ends were joined; beyond it, the exposure differs."""
    y, _ = _grid(luma)
    middle = uniform(luma, random, -1, 1)
    thickness = uniform(luma, random, 1.0, 8.0) / luma.shape[-2]
    bar = torch.exp(-(((y - middle) / thickness) ** 4)) * uniform(luma, random, 0.2, 1)
    luma = luma + (y > middle) * uniform(luma, random, -0.1, 0.1)
    colour = (uniform(luma, random) < 0.5).to(luma)
    return (luma + bar * (colour - luma)).clamp(0, 1)


def comb(luma: Tensor, random: Generator) -> Tensor:
    """Weave, or blend, two fields between which parts of the picture moved sideways."""
    height, width = luma.shape[-2:]
    pixel = 2 / max(width - 1, 1)
    y, x = _grid(luma)
    moved_x = x + pixel * uniform(luma, random, 0.5, 3.0) * cloud(luma, random)
    place = torch.cat([moved_x, y.expand_as(moved_x)], dim=1).movedim(1, -1)
    moved = F.grid_sample(luma, place, padding_mode="border", align_corners=True)
    odd = (torch.arange(height, device=luma.device) % 2).view(-1, 1)
    share = torch.where(uniform(luma, random) < 0.3, 0.5, odd)
    return torch.lerp(luma, moved, share)


def compress(luma: Tensor, random: Generator) -> Tensor:
    """Round the frequencies of blocks of 8 or 4 pixels, as JPEG and H.264 do."""
    height, width = luma.shape[-2:]
    side = 4 * int(torch.randint(1, 3, (), generator=random))
    top, left = torch.randint(side, (2,), generator=random).tolist()
    around = (left, -(left + width) % side, top, -(top + height) % side)
    padded = F.pad(luma, around, mode="replicate")
    across = padded.shape[-1] // side
    blocks = padded.reshape(len(luma), 1, -1, side, across, side)
    waves = send(_cosines(side), luma)
    frequency = torch.arange(side, device=luma.device) * 8 / side
    # One step for all would be H.264's; JPEG's tables rise about like this.
    rise = 1 + 0.3 * (frequency[:, None, None] + frequency)
    step = 3 * torch.exp(uniform(luma, random, 0, math.log(12))) / 255
    step = (step[..., None, None] * rise).to(luma)
    spectrum = torch.einsum("ui,ncyixj,vj->ncyuxv", waves, blocks, waves)
    rounded = (spectrum / step).round() * step
    blocks = torch.einsum("ui,ncyuxv,vj->ncyixj", waves, rounded, waves)
    result = blocks.reshape(padded.shape)
    return result[..., top : top + height, left : left + width].clamp(0, 1)


def round_off(luma: Tensor, random: Generator) -> Tensor:
    """Keep a limited number of greys: the 8 bits of video, or what was left of them."""
    levels = uniform(luma, random, 50, 219)
    return ((luma * levels).round() / levels).clamp(0, 1)


# In the order in which they happen to a film; the share of very old ones that have it.
_WEARS = (
    (blur, 0.7),
    (halation, 0.4),
    (vignette, 0.4),
    (develop, 0.8),
    (grain, 1.0),
    (fade, 0.9),
    (uneven, 0.5),
    (scratch, 0.4),
    (dust, 0.4),
    (splice, 0.06),
    (comb, 0.2),
    (compress, 0.7),
    (round_off, 0.5),
)


def _gaussian(planes: Tensor, sigma: Tensor, reach: int) -> Tensor:
    """Blur each plane (N, 1, h, w) by its own sigma (N, 1, 1, 1), in pixels."""
    at = torch.arange(-reach, reach + 1, device=planes.device, dtype=planes.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = kernel / kernel.sum(dim=-1, keepdim=True)  # N, 1, 1, taps
    batch = planes.transpose(0, 1)  # each picture a channel, so that each has its sigma
    padded = F.pad(batch, (reach,) * 4, mode="replicate")
    across = F.conv2d(padded, kernel, groups=len(planes))
    down = F.conv2d(across, kernel.transpose(2, 3), groups=len(planes))
    return down.transpose(0, 1)


def _cosines(side: int) -> Tensor:
    """Return the matrix (frequency, place) of the orthonormal cosine transform II."""
    place = torch.arange(side) + 0.5
    waves = torch.cos(math.pi / side * torch.arange(side)[:, None] * place)
    waves[0] *= math.sqrt(0.5)
    return waves * math.sqrt(2 / side)


def _grid(luma: Tensor) -> tuple[Tensor, Tensor]:
    height, width = luma.shape[-2:]
    y = torch.linspace(-1, 1, height, device=luma.device, dtype=luma.dtype)
    x = torch.linspace(-1, 1, width, device=luma.device, dtype=luma.dtype)
    return y.view(1, 1, -1, 1), x.view(1, 1, 1, -1)
