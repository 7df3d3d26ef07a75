"""Every model by name: what it is, whose it is, and where its weights come from.

Nothing here imports torch: listing the zoo is instant, and `build` imports a network
when it is called.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vidcolor_models.errors import UnknownModelError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a model before it is built."""

    summary: str  # one line, shown by `vidcolor models`
    build: "Callable[[], nn.Module]"  # with weights still to be loaded
    weights: str  # file name, in the package's weights/ or among the fetched ones
    sha256: str  # of that file: all 64 digits, or as many as were ever published
    licence: str  # of the weights; an SPDX name
    url: str | None  # where the file is fetched from; None: it is in the package
    size: int  # short side in pixels that the network was made for
    takes_hints: bool  # forward(lightness, hint_ab, hint_mask), not just lightness


def _film() -> "nn.Module":
    from vidcolor_models.film import Film

    return Film()


def _eccv16() -> "nn.Module":
    from vidcolor_models.eccv16 import ECCV16

    return ECCV16()


def _siggraph17() -> "nn.Module":
    from vidcolor_models.siggraph17 import SIGGRAPH17

    return SIGGRAPH17()


MODELS = {
    "film": Entry(
        summary="Our own: small, quick without a GPU.",
        build=_film,
        weights="film.safetensors",
        sha256="1987d772e86b599cf7911abf6db620aa1fe8651824718a0df8a48b2dc27aa4cd",
        licence="Apache-2.0",
        url=None,
        size=256,
        takes_hints=True,
    ),
    # Of the two official checkpoints only the first 8 digits were published: PyTorch
    # hub's convention puts them into the file's name. That tells a damaged file from
    # a whole one, not a forged one, so they are also read without running code.
    "eccv16": Entry(
        summary="Zhang et al. 2016: vivid, sometimes wild; takes no hints.",
        build=_eccv16,
        weights="colorization_release_v2-9b330a0b.pth",
        sha256="9b330a0b",
        licence="BSD-2-Clause",
        url="https://colorizers.s3.us-east-2.amazonaws.com/colorization_release_v2-9b330a0b.pth",
        size=256,
        takes_hints=False,
    ),
    "siggraph17": Entry(
        summary="Zhang et al. 2017: calmer, finer at edges; takes hints.",
        build=_siggraph17,
        weights="siggraph17-df00044c.pth",
        sha256="df00044c",
        licence="BSD-2-Clause",
        url="https://colorizers.s3.us-east-2.amazonaws.com/siggraph17-df00044c.pth",
        size=256,
        takes_hints=True,
    ),
}
DEFAULT_MODEL = "film"


def entry_of(name: str) -> Entry:
    """Return the entry of that name.

    Raises:
        UnknownModelError: there is none; the message lists those there are.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise UnknownModelError(
            f"no model is called {name!r}; there are: {', '.join(MODELS)}"
        ) from None
