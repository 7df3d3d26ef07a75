"""A training run, as one TOML file says it."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_origin, get_type_hints


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a run is made of. Two runs with the same one and the same data are equal.

    Raises:
        ValueError: a value is of another type, a step has no room for a crop, or a
            checkpoint or a validation would fall between two logged steps.
    """

    start: str  # weights to begin with, by name or file; "": an ImageNet encoder
    precision: str  # "bf16" or "no": CPUs are often quicker without
    steps: int
    pixels: int  # per step and process: pictures times the area of a crop
    crops: tuple[int, ...]  # side of what the network sees, in pixels: step by step
    views: int  # of each picture: 1, or 2, worn and moved, whose colours should agree
    scale: tuple[float, float]  # network pixels per picture pixel, drawn log-uniformly
    learning_rate: float
    encoder_rate: float  # of the encoder, as a share of the others'; 0: it stays
    frozen_norms: bool  # batch norms use, and keep, the statistics that they begin with
    weight_decay: float
    warmup: int  # steps over which the rate rises
    cooldown: int  # last steps, over which it falls along half a cosine
    gradient_norm: float  # longer gradients are shortened to it
    ema: float  # share of the running mean kept at each step
    consistency: float  # weight of the agreement between views
    perceptual: float  # weight of how different the colours look to another network
    hints: float  # share of the pictures that come with colour hints
    seed: int
    log_every: int  # steps; only then does the program wait for a GPU
    checkpoint_every: int  # steps, a multiple of log_every
    validate_every: int  # steps, a multiple of log_every

    def __post_init__(self) -> None:
        for name, kind in get_type_hints(Config).items():
            value, plain = getattr(self, name), get_origin(kind) or kind
            if type(value) is not plain and (type(value), plain) != (int, float):
                raise ValueError(f"{name} must be {plain.__name__}, not {value!r}")
        if self.pixels < max(self.crops) ** 2:
            raise ValueError(f"pixels must be {max(self.crops) ** 2} or more: a crop")
        for name in ("checkpoint_every", "validate_every"):
            if getattr(self, name) % self.log_every:
                raise ValueError(f"{name} must be a multiple of log_every")


def read_config(path: Path) -> Config:
    """Return the run that a TOML file describes; every key must be there.

    Raises:
        ValueError: it is no TOML, or not such a run.
    """
    with path.open("rb") as file:
        values = tomllib.load(file)
    names = {field.name for field in fields(Config)}
    if values.keys() != names:
        problems = [f"{name} is missing" for name in sorted(names - values.keys())]
        problems += [f"{name} is no key" for name in sorted(values.keys() - names)]
        raise ValueError(", ".join(problems))
    lists = {name: tuple(v) for name, v in values.items() if isinstance(v, list)}
    return Config(**values | lists)
