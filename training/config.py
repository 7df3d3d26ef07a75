"""A training run, as one TOML file says it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a run is made of. Two runs with the same one and the same data are equal."""

    steps: int
    pictures: int  # per step and process
    views: int  # degraded copies of each picture, whose colours should agree
    crop: int  # side of what the network sees, in pixels
    scale: tuple[float, float]  # network pixels per picture pixel, drawn log-uniformly
    learning_rate: float
    weight_decay: float
    warmup: int  # steps
    gradient_norm: float  # longer gradients are shortened to it
    ema: float  # share of the running mean kept at each step
    consistency: float  # weight of the agreement between views
    hints: float  # share of the pictures that come with colour hints
    seed: int
    checkpoint_every: int  # steps


def read_config(path: Path) -> Config:
    """Return the run that a TOML file describes; every key must be there."""
    with path.open("rb") as file:
        values = tomllib.load(file)
    values["scale"] = tuple(values["scale"])
    return Config(**values)
