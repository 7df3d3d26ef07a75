"""The still-image networks and their weights: L in, ab out.

`load_model` is looked up when it is first used, since it brings torch with it; the
rest is there at once.
"""

from typing import TYPE_CHECKING

from vidcolor_models.errors import (
    FetchError,
    ModelError,
    UnknownModelError,
    WeightsError,
)
from vidcolor_models.registry import DEFAULT_MODEL, MODELS, Entry

if TYPE_CHECKING:
    from vidcolor_models.loading import LoadedModel, load_model

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "Entry",
    "FetchError",
    "LoadedModel",
    "ModelError",
    "UnknownModelError",
    "WeightsError",
    "load_model",
]


def __getattr__(name: str) -> object:
    if name in ("LoadedModel", "load_model"):
        from vidcolor_models import loading

        return getattr(loading, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
