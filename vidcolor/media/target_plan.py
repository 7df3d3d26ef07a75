"""What is decided of a target before the work starts."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vidcolor.media.color_tags import ColorTags
from vidcolor.media.containers import Container
from vidcolor.media.fates import StreamFate
from vidcolor.media.scan import Scan
from vidcolor.yuv import YuvFormat


@dataclass(frozen=True, slots=True)
class Plan:
    """How a coloured film will be stored."""

    path: Path
    container: Container
    encoder: str  # FFmpeg's name
    pix_fmt: str
    yuv: YuvFormat  # of the planes that the writer is given
    options: dict[str, str]  # the encoder's
    color: ColorTags
    time_base: Fraction
    scan: Scan
    streams: tuple[StreamFate, ...]
    notes: tuple[str, ...]  # for people, before the work starts
    overwrite: bool = False
