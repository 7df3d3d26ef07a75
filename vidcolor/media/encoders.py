"""The video encoders: their names for people, what they hold, their settings.

What an encoder holds is asked of the library; what it does not say stands here.
"""

from collections.abc import Mapping

from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.video.format import VideoFormat

from vidcolor.errors import OptionError
from vidcolor.media.info import FilmInfo
from vidcolor.media.picture import LAYOUTS, planar_format, yuv_name
from vidcolor.yuv import Matrix

FRIENDLY = {
    "h264": "libx264",
    "hevc": "libx265",
    "h265": "libx265",
    "av1": "libsvtav1",
    "vp9": "libvpx-vp9",
    "ffv1": "ffv1",
    "prores": "prores_ks",
    "dnxhd": "dnxhd",
}

# Sources made to keep, and the family that keeps them.
ARCHIVAL = {
    "ffv1": "ffv1",
    "huffyuv": "ffv1",
    "ffvhuff": "ffv1",
    "utvideo": "ffv1",
    "magicyuv": "ffv1",
    "lagarith": "ffv1",
    "v210": "ffv1",
    "v410": "ffv1",
    "r210": "ffv1",
    "rawvideo": "ffv1",
    "prores": "prores_ks",
    "dnxhd": "dnxhd",
}

# These count time in whole frames, or in no more than 65535 parts of a second.
CONSTANT_RATE = {"mpeg1video", "mpeg2video", "mpeg4", "h263", "h263p", "msmpeg4"}

_FINEST = {"flags": "+qscale", "global_quality": str(2 * 118)}  # 118: FF_QP2LAMBDA
_JUMP = {"forced-idr": "1"}  # to a frame that is forced to stand for itself
_NVENC = {"rc": "vbr", "cq": "19", "b": "0", **_JUMP}

# Visually lossless or nearly so, each on its own scale. An encoder that is not here
# follows FFmpeg's default of 200 kbit/s, unless it has one of its own.
SETTINGS = {
    # As near to the film as "medium" at 18 in a third of the time, two fifths larger.
    "libx264": {
        "preset": "veryfast",
        "crf": "15.3",
        "partitions": "i8x8",  # the others take a fourth of the time for 7 % less
    },
    "libx265": {
        "preset": "medium",
        "crf": "20",
        "x265-params": "log-level=error",
        **_JUMP,
    },
    "libsvtav1": {"preset": "8", "crf": "26"},
    "libvpx-vp9": {
        "crf": "22",
        "b": "0",  # else crf is only a bound on a bit rate
        "deadline": "good",
        "cpu-used": "4",
        "row-mt": "1",
    },
    "ffv1": {"level": "3", "g": "1", "slicecrc": "1"},  # each frame stands alone
    "libvpx": {"crf": "8", "b": "8M", "deadline": "good", "cpu-used": "2"},
    "mpeg4": _FINEST,
    "mpeg2video": _FINEST,
    "mjpeg": {**_FINEST, "strict": "unofficial"},  # JPEG's range is the full one
    "h264_nvenc": _NVENC,
    "hevc_nvenc": _NVENC,
    "av1_nvenc": _NVENC,
}

# x264 takes more for that, and says nothing.
HIGHEST_CRF = {
    "libx264": 51,
    "libx265": 51,
    "libsvtav1": 63,
    "libvpx-vp9": 63,
    "libvpx": 63,
}
_X26X_PRESETS = [
    *("ultrafast", "superfast", "veryfast", "faster", "fast", "medium"),
    *("slow", "slower", "veryslow", "placebo"),
]
PRESETS = {"libx264": _X26X_PRESETS, "libx265": _X26X_PRESETS}

# Where time counts: as near to the film, nearly half as large again. CAVLC says the
# same as CABAC in a tenth more bytes, and a fifth less time where there is much to say.
# As much again goes into looking ahead: for cuts, which are known, and for B-frames.
QUICK_SETTINGS = {
    "libx264": {
        "preset": "superfast",
        "crf": "16.6",
        "partitions": "i8x8",
        "coder": "vlc",
        "sc_threshold": "0",
        "b_strategy": "0",
        "bf": "1",
    }
}

_PRORES = {"Proxy": "0", "LT": "1", "Standard": "2", "HQ": "3"}
_PRORES |= {"4444": "4", "4444XQ": "5"}
_LIMITED_ONLY = {"prores_ks", "prores", "prores_aw"}  # ProRes has no full range
_LOSSLESS = {"ffv1", "utvideo", "huffyuv", "ffvhuff", "rawvideo"}
# Their "interlaced" means one field a picture, or they have none.
_PROGRESSIVE_ONLY = {"libx265", "libsvtav1", "libvpx-vp9", "libvpx"}
_SLICED = 4  # lines and columns below which FFV1 has no slices, and no checksums
_EVEN_ONLY = ("libx264", "libx265", "h264_", "hevc_", "av1_")


def encoder_name(codec: str) -> str:
    """Return the encoder that a user's word for a codec means.

    Raises:
        OptionError: there is none, or it is no video encoder.
    """
    name = FRIENDLY.get(codec.lower(), codec)
    try:
        if Codec(name, "w").type == "video":
            return name
    except UnknownCodecError:
        pass
    known = ", ".join(FRIENDLY)
    raise OptionError(
        f"no video encoder is called {codec!r}; use {known}, or an encoder's own name"
    )


def codec_of(encoder: str) -> str:
    """Return the codec that an encoder writes: h264 for libx264."""
    return Codec(encoder, "w").canonical_name


def best_format(encoder: str, info: FilmInfo, *, deepen: bool) -> str | None:
    """Return the pixel format that keeps a film's luma in an encoder; None: none does.

    The film's own layout if it can be, else 4:2:0, else a finer one. With `deepen`, a
    greater depth will do where the film's own is missing.
    """
    listed = [f.name for f in Codec(encoder, "w").video_formats or ()]
    names = {name for name in listed if _is_planar_yuv(name)}
    if encoder == "libx265":  # it lists alpha, but may be built without
        names = {n for n in names if not n.startswith("yuva")}
    shifts = list(LAYOUTS)  # 4:2:0 first
    # RGB has a chroma sample for each pixel, which is worth keeping only in an archive.
    if info.format.has_chroma and (encoder == "ffv1" or not info.pix_fmt_is_rgb):
        if info.format.name in names and _is_even_enough(
            encoder, info, info.format.name
        ):
            return info.format.name
        shifts.insert(0, (info.format.shift_x, info.format.shift_y))
    depths = range(info.format.depth, 17 if deepen else info.format.depth + 1)
    for depth in depths:
        for shift in shifts:
            name = yuv_name(*shift, depth)
            if name in names and _is_even_enough(encoder, info, name):
                return name
    return None


def is_full_range_lost(encoder: str, info: FilmInfo) -> bool:
    """Whether players would take the film's full range for limited."""
    return info.yuv.full_range and encoder in _LIMITED_ONLY


def is_matrix_lost(encoder: str, info: FilmInfo) -> bool:
    """Whether players would take the film's matrix for another: JPEG has one alone."""
    return encoder == "mjpeg" and info.yuv.matrix is not Matrix.BT601


def is_interlacing_lost(encoder: str, info: FilmInfo) -> bool:
    """Whether frames will not be marked as made of two fields."""
    return info.scan.interlaced and encoder in _PROGRESSIVE_ONLY


def is_lossless(encoder: str, pix_fmt: str, options: Mapping[str, str]) -> bool:
    """Whether an encoder with these options promises to keep every code."""
    if encoder == "libx264":  # at more bits, a crf of 0 is not the lowest there is
        eight_bits = planar_format(pix_fmt).depth == 8
        return options.get("qp") == "0" or (eight_bits and options.get("crf") == "0")
    if encoder == "libx265":
        return "lossless=1" in options.get("x265-params", "").split(":")
    return encoder in _LOSSLESS or options.get("lossless") == "1"


def depths_of(encoder: str) -> list[int]:
    """Return the bit depths an encoder takes, for telling people."""
    names = {f.name for f in Codec(encoder, "w").video_formats or ()}
    return sorted({planar_format(n).depth for n in names if _is_planar_yuv(n)})


def settings_for(encoder: str, pix_fmt: str, info: FilmInfo) -> dict[str, str]:
    """Return an encoder's options for a film, before the user's."""
    settings = dict(SETTINGS.get(encoder, {}))
    if encoder == "prores_ks":
        is_444 = "444" in pix_fmt
        profile = _PRORES.get(info.profile) if info.codec == "prores" else None
        settings["profile"] = profile or ("4" if is_444 else "3")
    if encoder == "ffv1" and min(info.width, info.height) < _SLICED:
        settings["level"] = "1"
        del settings["slicecrc"]
    if encoder == "dnxhd":
        settings["profile"] = _dnx_profile(pix_fmt)
    params = info.mastering.options(encoder)
    if encoder == "libx264" and str(info.scan) == "bff":
        params["bff"] = "1"  # else its first header says tff
    if encoder == "libx265" and "A53_CC" in info.side_data:
        settings["a53cc"] = "1"  # the others keep captions unasked
    if params:
        name = f"{encoder.removeprefix('lib')}-params"
        said = [f"{key}={value}" for key, value in params.items()]
        settings[name] = ":".join([*filter(None, [settings.get(name)]), *said])
    if encoder == "libvpx-vp9" and pix_fmt.startswith("yuva"):
        settings["auto-alt-ref"] = "0"
    return settings


def _dnx_profile(pix_fmt: str) -> str:
    if "444" in pix_fmt:
        return "dnxhr_444"
    return "dnxhr_hqx" if "10" in pix_fmt else "dnxhr_hq"


def _is_planar_yuv(name: str) -> bool:
    if not name.startswith("yuv") or name.startswith("yuvj") or "msb" in name:
        return False
    layout = VideoFormat(name, 64, 64)
    return layout.is_planar and planar_format(name).name == name


def _is_even_enough(encoder: str, info: FilmInfo, pix_fmt: str) -> bool:
    """Whether the encoder takes the film's size in this layout."""
    layout = planar_format(pix_fmt)
    if not encoder.startswith(_EVEN_ONLY):
        return True
    across, down = 1 << layout.shift_x, 1 << layout.shift_y
    return info.width % across == 0 and info.height % down == 0
