"""Tiny photographs, and a run short enough to wait for."""

import pytest
import torch
from torch import Generator, Tensor

from training.config import Config


@pytest.fixture(scope="session")
def pictures() -> list[Tensor]:
    """Return six pictures of soft colours, (3, 48, 64) uint8, no two alike."""
    random = Generator().manual_seed(0)
    small = torch.rand(6, 3, 4, 5, generator=random)
    large = torch.nn.functional.interpolate(small, (48, 64), mode="bilinear")
    return list((large * 255).byte())


@pytest.fixture(scope="session")
def config() -> Config:
    """Return a run of six steps, and two for each checkpoint."""
    return Config(
        start="",
        precision="bf16",
        steps=6,
        pixels=64**2,
        crops=(32, 64),
        views=2,
        scale=(0.6, 1.0),
        learning_rate=1e-3,
        encoder_rate=0.5,
        frozen_norms=False,
        weight_decay=0.01,
        warmup=1,
        cooldown=4,
        gradient_norm=1.0,
        ema=0.9,
        consistency=0.5,
        perceptual=0.5,
        hints=0.5,
        seed=1,
        log_every=1,
        checkpoint_every=2,
        validate_every=100,
    )
