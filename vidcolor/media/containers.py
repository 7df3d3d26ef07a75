"""The containers that films are written to, and what each can carry."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

_MPEG_AUDIO = {"aac", "mp1", "mp2", "mp3", "ac3", "eac3", "dts", "truehd", "opus"}
_H26X = {"h264", "hevc"}
_HELP = frozenset({"hearing_impaired", "visual_impaired"})
_MARKS = _HELP | {"default", "forced", "comment", "dub"}

_THREE_LETTERS = "[a-z]{3}"  # all that there is room for
# QuickTime knows languages by a list of its own. Tried: these come back out of it.
_MOV_LANGUAGES = (
    "alb|amh|ara|arm|asm|aym|aze|baq|bel|ben|bul|bur|cat|ces|chi|dan|dut|dzo|eng|epo|"
    "est|fin|fra|geo|ger|gre|grn|guj|heb|hin|hun|ice|ind|iri|ita|jav|jpn|kan|kas|kaz|"
    "khm|kin|kir|kor|kur|lao|lat|lav|lit|mac|mal|mar|may|mlg|mlt|mol|mon|nep|nor|ori|"
    "orm|per|pol|por|pus|que|ron|run|rus|san|slk|slv|snd|som|spa|sve|swa|tam|tat|tel|"
    "tgk|tgl|tha|tib|tir|tuk|tur|uig|ukr|urd|uzb|vie|wel|yid"
)

# Sound that every container which lists it takes, wherever it comes from.
COMMON_AUDIO = {"aac", "ac3", "eac3", "mp2", "mp3", "opus", "vorbis", "flac", "alac"}
COMMON_AUDIO |= {"pcm_s16le", "pcm_s24le"}


@dataclass(frozen=True, slots=True)
class Container:
    """A container format; codecs are FFmpeg's names of them."""

    muxer: str
    title: str  # for people
    video: frozenset[str]
    audio: frozenset[str] | None  # None: any; "pcm" stands for all of pcm_*
    subtitles: frozenset[str] = frozenset()
    text: str = ""  # the codec that other text subtitles are turned into
    attachments: bool = False
    covers: str = ""  # "packet", "attachment" or "" for none
    data: bool = False
    timecode: str = ""  # as a "track", made again from its tag, or as that "tag" alone
    chapters: bool = True
    turned: bool = True  # keeps a display matrix
    color: bool = True  # has a place for colour tags, where the codec has none
    fields: bool = True  # says which field is shown first, where the codec does not
    is_steady: bool = False  # shows frames at one rate only
    tick: Fraction | None = None  # seconds that times are rounded to
    tags: frozenset[str] | None = None  # of the file; None: any
    marks: frozenset[str] | None = None  # of streams (dispositions); None: any
    names: bool = True  # of streams
    languages: str = ".+"  # of streams: those it has a word for, as a pattern
    sar: bool = False  # has its own field for the shape of samples that PyAV fills
    options: dict[str, str] = field(default_factory=dict)


MATROSKA = Container(
    "matroska",
    "Matroska",
    frozenset(_H26X | {"av1", "vp8", "vp9", "ffv1", "prores", "mpeg4", "mpeg2video"})
    | {"mjpeg", "mpeg1video", "rawvideo"},
    audio=None,
    subtitles=frozenset({"subrip", "ass", "webvtt", "hdmv_pgs_subtitle"})
    | {"dvd_subtitle", "dvb_subtitle", "hdmv_text_subtitle", "text"},
    text="subrip",
    attachments=True,
    covers="attachment",
    timecode="tag",
    marks=_MARKS | {"original"},
    tick=Fraction(1, 1000),
    # The muxer would move everything so that nothing is below 0, and so shift the
    # picture by the priming of its sound.
    options={"avoid_negative_ts": "disabled"},
)
WEBM = Container(
    "webm",
    "WebM",
    frozenset({"vp8", "vp9", "av1"}),
    audio=frozenset({"opus", "vorbis"}),
    subtitles=frozenset({"webvtt"}),
    timecode="tag",
    fields=False,
    tick=Fraction(1, 1000),
    marks=frozenset({"default", "forced"}),
    options={"avoid_negative_ts": "disabled"},
)
MP4 = Container(
    "mp4",
    "MP4",
    frozenset(_H26X | {"av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "ffv1"}),
    # PCM only out of its own family: else the order of its channels is not known.
    audio=frozenset(_MPEG_AUDIO | {"flac", "alac", "vorbis"}),
    subtitles=frozenset({"mov_text", "dvd_subtitle"}),
    text="mov_text",
    covers="packet",
    data=True,
    timecode="track",
    marks=_MARKS | {"captions", "descriptions"},
    languages=_THREE_LETTERS,
    sar=True,
    # Else the muxer rounds a late start to milliseconds.
    options={"movie_timescale": "90000"},
)
M4V = Container(
    **{name: getattr(MP4, name) for name in MP4.__slots__ if name != "options"},
    options={**MP4.options, "brand": "M4V "},
)
MOV = Container(
    "mov",
    "QuickTime",
    frozenset(_H26X | {"prores", "dnxhd", "mpeg4", "mjpeg", "mpeg2video", "cfhd"}),
    audio=frozenset(_MPEG_AUDIO - {"opus"} | {"alac", "pcm", "adpcm_ima_qt"}),
    subtitles=frozenset({"mov_text"}),
    text="mov_text",
    data=True,
    timecode="track",
    marks=frozenset({"default"}),
    languages=_MOV_LANGUAGES,
    sar=True,
    options={"movie_timescale": "90000"},
)
AVI = Container(
    "avi",
    "AVI",
    # Not H.264 and its heirs: their frames would be shown one or two places late.
    frozenset({"ffv1", "mpeg4", "mjpeg", "utvideo", "huffyuv", "ffvhuff"}),
    audio=frozenset({"mp2", "mp3", "ac3", "aac", "adpcm_ms", "adpcm_ima_wav"})
    | {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"}
    | {"pcm_mulaw", "pcm_alaw"},
    chapters=False,
    turned=False,
    color=False,
    fields=False,
    is_steady=True,
    tags=frozenset({"title", "artist", "album", "comment", "copyright", "date"})
    | {"genre", "track"},
    marks=frozenset(),
    languages="",
)
MPEGTS = Container(
    "mpegts",
    "MPEG-TS",
    frozenset(_H26X | {"mpeg2video"}),
    audio=frozenset(_MPEG_AUDIO),
    subtitles=frozenset({"dvb_subtitle", "dvb_teletext"}),
    chapters=False,
    turned=False,
    fields=False,
    tags=frozenset(),
    marks=_HELP | {"clean_effects"},
    names=False,
    languages=_THREE_LETTERS,
    sar=True,
    options={"mpegts_copyts": "1"},  # else everything starts 1.4 s later
)
# Of Blu-ray and AVCHD: four bytes with a clock before each packet.
M2TS = replace(MPEGTS, options={**MPEGTS.options, "mpegts_m2ts_mode": "1"})

BY_EXTENSION = {
    ".mkv": MATROSKA,
    ".webm": WEBM,
    ".mp4": MP4,
    ".m4v": M4V,
    ".mov": MOV,
    ".qt": MOV,
    ".avi": AVI,
    ".ts": MPEGTS,
    ".m2ts": M2TS,
    ".mts": M2TS,
}


def container_for(path: Path) -> Container | None:
    """Return the container that a file's name asks for, if it can be written."""
    return BY_EXTENSION.get(path.suffix.lower())


def carries_audio(container: Container, codec: str) -> bool:
    """Whether sound of this codec can be copied into the container."""
    if container.audio is None:
        return True
    return codec in container.audio or (
        codec.startswith("pcm_") and "pcm" in container.audio
    )
