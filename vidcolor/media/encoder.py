"""Encodes the film's pictures, and says in the stream all that is known of them."""

import os
from fractions import Fraction
from math import floor

from av.codec.context import Flags
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy import integer
from numpy.typing import NDArray
from torch.backends.cpu import get_cpu_capability

from vidcolor.errors import WriteError
from vidcolor.media.apart import Apart
from vidcolor.media.aspect import set_container_aspect
from vidcolor.media.info import FilmInfo, StreamInfo
from vidcolor.media.picture import Frame, with_chroma
from vidcolor.media.tags import stream_tags, without_timecode
from vidcolor.media.target_plan import Plan

# Else SVT-AV1 prints to stderr. It looks once, when the first of its encoders opens.
os.environ.setdefault("SVT_LOG", "1")


class FilmEncoder:
    """The film's stream in a container; takes frames, gives packets.

    Packets have no decoding times to rely on: x265 gives lone frames one out of memory
    it never set, and a segment's do not fit those of the segment before it.
    """

    def __init__(
        self, target: OutputContainer, plan: Plan, info: FilmInfo, shift: Fraction
    ) -> None:
        """Add the stream; nothing is encoded before the first frame."""
        self._plan = plan
        self._shift = shift
        self._durations: dict[int, int] = {}  # of frames in the encoder, by pts
        self._last: int | None = None
        self._apart = Apart(plan.container.tick)
        stream = target.add_stream(plan.encoder, info.rate, repeatable(plan))
        assert isinstance(stream, VideoStream)
        self.stream = stream
        _set_picture(stream, plan, info)
        is_cut = shift != 0 and shift > info.start
        _set_description(stream, plan, info, is_cut=is_cut)

    def encode(
        self,
        frame: Frame,
        cb: NDArray[integer],
        cr: NDArray[integer],
        starts_shot: bool,
    ) -> "list[Packet[VideoStream]]":
        """Return the packets that are ready once this frame is in; uses it up.

        What starts a shot becomes a key frame, to which players can jump.

        Raises:
            WriteError: the frame before it is stored with the same time.
        """
        plan = self._plan
        picture = with_chroma(frame.picture, plan.pix_fmt, plan.yuv, cb, cr)
        # Of any other frame the encoder decides: the source's types are forgotten.
        picture.pict_type = PictureType.I if starts_shot else PictureType.NONE
        own = frame.seconds - self._shift
        seconds = self._apart.place(own)
        # Halves always up: to the even one, two frames would come to one time.
        pts = floor(seconds / plan.time_base + Fraction(1, 2))
        tick = max(plan.time_base, plan.container.tick or Fraction(0))
        if seconds - own > 2 * tick or (self._last is not None and pts <= self._last):
            raise WriteError(
                plan.path,
                f"{plan.container.title} or the encoder counts time in ticks of "
                f"{float(tick):.4g} s, too coarse for this film; a .mkv or .mp4 target "
                "or another --codec may take it",
            )
        self._last = pts
        ticks = picture.duration * (picture.time_base or frame.time_base)
        picture.pts, picture.time_base = pts, plan.time_base
        picture.duration = round(ticks / plan.time_base)
        self._durations[pts] = picture.duration
        _tag(picture, plan)
        return self._timed(self.stream.encode(picture))

    def flush(self) -> "list[Packet[VideoStream]]":
        """Return the packets of the frames still inside."""
        return self._timed(self.stream.encode(None))

    def _timed(
        self, packets: "list[Packet[VideoStream]]"
    ) -> "list[Packet[VideoStream]]":
        """Give packets their durations, which SVT-AV1 loses."""
        for packet in packets:
            duration = self._durations.pop(packet.pts or 0, 0)
            packet.duration = packet.duration or duration
        return packets


def repeatable(plan: Plan) -> dict[str, str]:
    """Return the encoder's options, such that it does the same every time.

    x264's AVX-512 code does not (8 encodings of one film in one thread: 3 results); its
    AVX2 code does, for a tenth more of the encoder's time. With two threads, it encodes
    interlaced film in a new way nearly every time (20 encodings: 15 results).
    """
    options = dict(plan.options)
    if plan.encoder == "libx264":
        avx512 = get_cpu_capability().startswith("AVX512")
        ours = ["asm=avx2"] * avx512 + ["threads=1"] * plan.scan.interlaced
        if said := ":".join(filter(None, [*ours, options.get("x264-params")])):
            options["x264-params"] = said
    return options


def _set_picture(stream: VideoStream, plan: Plan, info: FilmInfo) -> None:
    context = stream.codec_context
    context.width, context.height = info.width, info.height
    context.pix_fmt = plan.pix_fmt
    # Both, or uneven times are rounded to the rate and collide.
    context.time_base = stream.time_base = plan.time_base
    context.flags |= Flags.frame_duration
    context.sample_aspect_ratio = info.sar
    context.color_range, context.colorspace = plan.color.range, plan.color.matrix
    context.color_trc, context.color_primaries = plan.color.trc, plan.color.primaries
    context.options |= {"chroma_sample_location": plan.yuv.siting.value}
    if plan.scan.interlaced:
        context.flags |= Flags.interlaced_dct | Flags.interlaced_me
    if plan.scan.order:
        context.field_order = plan.scan.order
    if plan.encoder == "libx265" and plan.container.muxer in ("mp4", "mov"):
        context.codec_tag = "hvc1"  # Apple's players do not open hev1
    if info.display_matrix and plan.container.turned:
        stream.set_display_matrix(list(info.display_matrix))


def _set_description(
    stream: VideoStream, plan: Plan, info: FilmInfo, *, is_cut: bool
) -> None:
    source = _film_stream(info)
    tags = stream_tags(source.metadata, info.container, plan.container)
    if is_cut:
        tags = without_timecode(tags)
    tags |= _reel(info)
    stream.metadata.update(tags)
    if info.sar != 1 and not plan.container.sar:
        set_container_aspect(stream, info.sar)
    stream.disposition = Disposition(0)
    for name in source.disposition:
        stream.disposition |= Disposition[name]


def _reel(info: FilmInfo) -> dict[str, str]:
    """Return the reel's name, which is the timecode's in QuickTime, as the film's."""
    codes = [other.metadata for other in info.streams if other.kind == "timecode"]
    names = [tags["reel_name"] for tags in codes if "reel_name" in tags]
    return {"reel_name": names[0]} if names else {}


def _film_stream(info: FilmInfo) -> StreamInfo:
    return next(stream for stream in info.streams if stream.index == info.index)


def _tag(picture: VideoFrame, plan: Plan) -> None:
    """Say of the picture what is said of the stream; encoders compare the two."""
    picture.color_range = plan.color.range
    picture.colorspace = plan.color.matrix
    picture.color_trc = plan.color.trc
    picture.color_primaries = plan.color.primaries
