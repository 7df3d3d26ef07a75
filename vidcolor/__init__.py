"""Colour black-and-white film, and leave all else as it was.

    import vidcolor
    vidcolor.colorize("film.mp4", "film.color.mp4")
    colorizer = vidcolor.Colorizer(model="film")
    rgb = colorizer.colorize_image(grey)
    print(vidcolor.evaluate("truth.mp4", "film.color.mp4").total.psnr)

Names are looked up when they are first used, since most of them bring torch along.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vidcolor.coloring import colorize
    from vidcolor.colorizer import Colorizer
    from vidcolor.errors import (
        DoneError,
        OptionError,
        ReadError,
        UsageError,
        VidcolorError,
        WriteError,
    )
    from vidcolor.evaluation.evaluate import evaluate
    from vidcolor_models.errors import ModelError

__version__ = "0.1.0"
__all__ = [
    "Colorizer",
    "DoneError",
    "ModelError",
    "OptionError",
    "ReadError",
    "UsageError",
    "VidcolorError",
    "WriteError",
    "colorize",
    "evaluate",
]


def __getattr__(name: str) -> object:
    if name == "ModelError":
        from vidcolor_models.errors import ModelError

        return ModelError
    if name.endswith("Error") and name in __all__:
        from vidcolor import errors

        return getattr(errors, name)
    if name == "Colorizer":
        from vidcolor.colorizer import Colorizer

        return Colorizer
    if name == "colorize":
        from vidcolor.coloring import colorize

        return colorize
    if name == "evaluate":
        from vidcolor.evaluation.evaluate import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
