"""How pictures are scanned: at once, or as two fields of every other line."""

from dataclasses import dataclass

import av
from av.video.codeccontext import VideoCodecContext

_ORDERS = {2: "tff", 3: "bff", 4: "tff", 5: "bff"}  # how the fields are shown


@dataclass(frozen=True, slots=True)
class Scan:
    """How a picture is scanned, and those around it."""

    interlaced: bool
    order: int  # of fields, FFmpeg's number; 0 unknown, 1 progressive

    @classmethod
    def of(cls, picture: av.VideoFrame, context: VideoCodecContext) -> "Scan":
        """Return it as a picture and its decoder have it."""
        order = context.field_order
        if picture.interlaced_frame and order not in _ORDERS:
            # DV does not say it, and always shows the lower lines first.
            order = 3 if context.codec.canonical_name == "dvvideo" else 0
        return cls(picture.interlaced_frame or order in _ORDERS, order)

    def __str__(self) -> str:
        """Return progressive, interlaced, tff or bff."""
        return _ORDERS.get(
            self.order, "interlaced" if self.interlaced else "progressive"
        )
