"""What is known of a film file."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vidcolor.media.color_tags import ColorTags
from vidcolor.media.mastering import Mastering
from vidcolor.media.picture import PictureFormat
from vidcolor.media.scan import Scan
from vidcolor.media.stamp import Stamp
from vidcolor.yuv import YuvFormat


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of the file."""

    index: int
    kind: str  # video, audio, subtitle, attachment, cover, timecode, data
    codec: str  # '' where FFmpeg has no name for it
    language: str
    title: str
    disposition: tuple[str, ...]
    metadata: dict[str, str]
    start: Fraction | None  # seconds, on the file's clock
    is_known: bool = True  # False: of no known codec, or without one readable packet


@dataclass(frozen=True, slots=True)
class ChapterInfo:
    """A chapter; times in seconds on the file's own clock."""

    start: Fraction
    end: Fraction
    title: str


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """What is in a film file."""

    path: Path
    stamp: Stamp  # of the file when it was looked at
    container: str  # FFmpeg's name of the demuxer
    start: Fraction  # seconds at which the file begins on its own clock
    duration: Fraction | None  # seconds
    index: int  # of the film's stream
    codec: str
    profile: str
    width: int
    height: int
    pix_fmt: str  # as decoded
    pix_fmt_is_rgb: bool  # or another kind without luma: converted on reading
    format: PictureFormat  # as Frame.picture comes
    yuv: YuvFormat  # of Frame.picture; grey has chroma shifts of 0
    color: ColorTags  # as tagged
    side_data: frozenset[str]  # FFmpeg's names of what rides along with pictures
    mastering: Mastering  # of HDR10
    sar: Fraction  # shape of a sample, width / height
    display_matrix: tuple[int, ...] | None  # 9 numbers
    rotation: int  # degrees counter-clockwise, for people
    scan: Scan
    rate: Fraction  # frames a second, on average
    time_base: Fraction
    timed: bool  # frames carry timestamps
    frame_count: int | None  # as announced or guessed
    announced_frames: int | None  # where the file's index says exactly
    announced_end: Fraction | None  # seconds, where the file says it of the video
    streams: tuple[StreamInfo, ...]  # all of them, the film's own among them
    chapters: tuple[ChapterInfo, ...]
    metadata: dict[str, str]
    notes: tuple[str, ...]  # what a person should know
