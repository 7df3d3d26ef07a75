"""How right, how colourful and how steady pictures and films are.

Every function takes RGB or ab as arrays, whatever they were read from.
docs/evaluate.md says what the figures mean, and their traps.
"""

from vidcolor.metrics.cdc import cdc
from vidcolor.metrics.color import colorfulness, hasler_colorfulness
from vidcolor.metrics.fidelity import psnr, ssim
from vidcolor.metrics.warp import Motion, find_motion, warp_error

__all__ = [
    "Motion",
    "cdc",
    "colorfulness",
    "find_motion",
    "hasler_colorfulness",
    "psnr",
    "ssim",
    "warp_error",
]
