"""A training run, as one TOML file says it."""

import tomllib
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from typing import Any, get_origin, get_type_hints

_GRID = 32  # the network halves a picture five times
_RANGES = {
    "steps": (1, inf),
    "views": (1, 2),
    "learning_rate": (0.0, inf),
    "encoder_rate": (0.0, inf),
    "weight_decay": (0.0, inf),
    "warmup": (0, inf),
    "cooldown": (0, inf),
    "gradient_norm": (0.0, inf),
    "ema": (0.0, 1.0),
    "consistency": (0.0, inf),
    "perceptual": (0.0, inf),
    "hints": (0.0, 1.0),
    "log_every": (1, inf),
    "checkpoint_every": (1, inf),
    "validate_every": (1, inf),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a run is made of. Two runs with the same one and the same data are equal.

    Raises:
        ValueError: a value is of another type or out of its range, a step has no room
            for a crop, or a checkpoint or a validation would fall between two logged
            steps.
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
        for name, (least, most) in _RANGES.items():
            if not least <= getattr(self, name) <= most:  # nan is not, either
                raise ValueError(f"{name} must be {_said(least, most)}")
        if self.precision not in ("bf16", "no"):
            raise ValueError(f"precision must be bf16 or no, not {self.precision}")
        if not self.crops or not all(map(_fits, self.crops)):
            raise ValueError(f"crops must be a list of multiples of {_GRID}")
        if len(self.scale) != 2 or not 0 < self.scale[0] <= self.scale[1] < inf:
            raise ValueError("scale must be two numbers above 0, the smaller one first")
        if self.pixels < max(self.crops) ** 2:
            raise ValueError(f"pixels must be {max(self.crops) ** 2} or more: a crop")
        for name in ("checkpoint_every", "validate_every"):
            if getattr(self, name) % self.log_every:
                raise ValueError(f"{name} must be a multiple of log_every")


def _fits(side: object) -> bool:
    return isinstance(side, int) and side > 0 and side % _GRID == 0


def _said(least: float, most: float) -> str:
    return f"{least:g} or more" if most == inf else f"{least:g} to {most:g}"


def read_config(path: Path) -> Config:
    """Return the run that a TOML file describes; every key must be there.

    Raises:
        OSError: it cannot be read; ValueError: it is no TOML, or not such a run.
    """
    try:
        return _config(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _config(values: dict[str, Any]) -> Config:
    names = {field.name for field in fields(Config)}
    if values.keys() != names:
        problems = [f"{name} is missing" for name in sorted(names - values.keys())]
        problems += [f"{name} is no key" for name in sorted(values.keys() - names)]
        raise ValueError(", ".join(problems))
    lists = {name: tuple(v) for name, v in values.items() if isinstance(v, list)}
    return Config(**values | lists)
