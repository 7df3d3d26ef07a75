"""What time does to film, done to clean luma: the network learns to look past it.

Every function takes luma (N, 1, height, width) in 0..1 and returns the same shape and
range; each picture of the batch gets its own wear. The target's colours stay clean.
"""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def old_film(luma: Tensor, random: Generator) -> Tensor:
    """Wear the pictures as old prints are worn, some hardly and some badly."""
    for wear, share in (
        (blur, 0.5),
        (fade, 0.8),
        (vignette, 0.2),
        (grain, 0.7),
        (scratch, 0.2),
        (dust, 0.2),
    ):
        worn = wear(luma, random)
        chosen = _uniform(luma, random) < share
        luma = torch.where(chosen, worn, luma)
    return luma.clamp(0, 1)


def blur(luma: Tensor, random: Generator) -> Tensor:
    """Soften by a Gaussian of up to 1.5 pixels: a lens, a copy of a copy."""
    sigma = _uniform(luma, random, 0.3, 1.5)
    at = torch.arange(-4, 5, device=luma.device, dtype=luma.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = kernel / kernel.sum(dim=-1, keepdim=True)  # N, 1, 1, 9
    batch = luma.transpose(0, 1)  # each picture a channel, so that each has its sigma
    count = luma.shape[0]
    padded = F.pad(batch, (4, 4, 4, 4), mode="replicate")
    across = F.conv2d(padded, kernel, groups=count)
    return F.conv2d(across, kernel.transpose(2, 3), groups=count).transpose(0, 1)


def fade(luma: Tensor, random: Generator) -> Tensor:
    """Change gamma, contrast and brightness: film stock, exposure, fading, flicker."""
    gamma = torch.exp(_uniform(luma, random, -0.4, 0.4))
    contrast = torch.exp(_uniform(luma, random, -0.45, 0.3))
    shift = _uniform(luma, random, -0.12, 0.12)
    return ((luma**gamma - 0.5) * contrast + 0.5 + shift).clamp(0, 1)


def vignette(luma: Tensor, random: Generator) -> Tensor:
    """Darken towards the corners, around a centre that is not quite in the middle."""
    y, x = _grid(luma)
    away = (x - _uniform(luma, random, -0.3, 0.3)) ** 2
    away = away + (y - _uniform(luma, random, -0.3, 0.3)) ** 2
    return luma * (1 - _uniform(luma, random, 0.05, 0.3) * away).clamp(0, 1)


def grain(luma: Tensor, random: Generator) -> Tensor:
    """Add clumps of noise, one to three pixels wide, strongest in the mid-tones."""
    height, width = luma.shape[-2:]
    noise = torch.zeros_like(luma)
    for size in (1, 2, 3):
        shape = (luma.shape[0], 1, -(-height // size), -(-width // size))
        layer = _normal(luma, random, shape)
        layer = F.interpolate(layer, (height, width), mode="bilinear")
        noise = noise + layer * _uniform(luma, random)
    strength = _uniform(luma, random, 0.0, 0.08) * (0.5 + 2 * luma * (1 - luma))
    return (luma + strength * noise).clamp(0, 1)


def scratch(luma: Tensor, random: Generator, most: int = 3) -> Tensor:
    """Draw thin, nearly upright lines, white or black, from top to bottom."""
    y, x = _grid(luma)
    width = luma.shape[-1]
    for _ in range(most):
        middle = _uniform(luma, random, -1, 1)
        lean = _uniform(luma, random, -0.03, 0.03)
        thickness = _uniform(luma, random, 0.5, 2.0) / width
        line = torch.exp(-(((x - middle - lean * y) / thickness) ** 2))
        colour = (_uniform(luma, random) < 0.6).to(luma)
        luma = luma + line * _uniform(luma, random, 0.0, 0.8) * (colour - luma)
    return luma


def dust(luma: Tensor, random: Generator) -> Tensor:
    """Sprinkle specks and blotches, white or black."""
    height, width = luma.shape[-2:]
    cell = int(torch.randint(2, 7, (), generator=random))
    shape = (luma.shape[0], 1, -(-height // cell), -(-width // cell))
    field = F.interpolate(_normal(luma, random, shape), (height, width), mode="bicubic")
    specks = ((field - _uniform(luma, random, 2.2, 3.2)) * 8).clamp(0, 1)
    colour = (_uniform(luma, random) < 0.5).to(luma)
    return luma + specks * (colour - luma)


def _uniform(
    like: Tensor, random: Generator, low: float = 0.0, high: float = 1.0
) -> Tensor:
    """Return one number for each picture, (N, 1, 1, 1)."""
    # Drawn on the CPU whatever the device, so that a run is the same on all of them.
    numbers = torch.rand(like.shape[0], 1, 1, 1, generator=random)
    return (low + (high - low) * numbers).to(like)


def _normal(like: Tensor, random: Generator, shape: tuple[int, ...]) -> Tensor:
    seed = int(torch.randint(2**62, (), generator=random))
    device_random = Generator(like.device).manual_seed(seed)
    return torch.randn(
        shape, generator=device_random, device=like.device, dtype=like.dtype
    )


def _grid(luma: Tensor) -> tuple[Tensor, Tensor]:
    height, width = luma.shape[-2:]
    y = torch.linspace(-1, 1, height, device=luma.device, dtype=luma.dtype)
    x = torch.linspace(-1, 1, width, device=luma.device, dtype=luma.dtype)
    return y.view(1, 1, -1, 1), x.view(1, 1, 1, -1)
