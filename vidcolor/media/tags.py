"""Tags of files and streams: which are carried over, and under what name."""

import re

from vidcolor.media.containers import Container

# What a tool wrote of its own output, which is not true of ours.
_STALE = ("duration", "bps", "number_of_", "_statistics_")
_DEAD = {"encoder", "rotate", "major_brand", "minor_version", "compatible_brands"}
_DEAD |= {"vendor_id", "alpha_mode"}
_FFMPEG = "Lavf"  # how FFmpeg signs what it has written

# What MP4 has a place for; other names need another way of storing all of them.
_MP4_NAMES = {"title", "artist", "album", "album_artist", "composer", "comment"}
_MP4_NAMES |= {"date", "genre", "copyright", "description", "synopsis", "creation_time"}
_MP4_NAMES |= {"show", "episode_id", "network", "lyrics", "grouping", "track", "disc"}
_NAMES = {
    "mp4": _MP4_NAMES,
    "mov": {"title", "artist", "album", "comment", "date", "genre", "copyright"}
    | {"creation_time"},
}

# Of two words for one language (ISO 639-2), FFmpeg knows one as QuickTime's; and it
# spells Swedish and Irish in a way of its own.
_MOV_WORDS = {
    "sqi": "alb", "hye": "arm", "eus": "baq", "mya": "bur", "zho": "chi", "cze": "ces",
    "nld": "dut", "fre": "fra", "kat": "geo", "deu": "ger", "ell": "gre", "isl": "ice",
    "mkd": "mac", "msa": "may", "fas": "per", "rum": "ron", "slo": "slk", "swe": "sve",
    "bod": "tib", "cym": "wel", "gle": "iri",
}  # fmt: skip


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags that are still true of the result."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _DEAD
        and not name.lower().startswith(_STALE)
        and not (name.lower() == "software" and value.startswith(_FFMPEG))
    }


def stream_tags(tags: dict[str, str], source: str, target: Container) -> dict[str, str]:
    """Return a stream's tags as the target wants them; `source` names the demuxer."""
    kept = kept_tags(tags)
    from_mp4 = source.startswith("mov")
    if from_mp4 and "name" in kept:  # an MP4 track's title comes back by this name
        kept["title"] = kept.pop("name")
    if from_mp4 and target.muxer not in ("mp4", "mov"):
        kept.pop("handler_name", None)
    if language := language_in(target, kept.pop("language", "")):
        kept["language"] = language
    return kept


def language_in(target: Container, language: str) -> str:
    """Return the target's word for a language, '' if it has none."""
    if target.muxer == "mov":
        language = _MOV_WORDS.get(language, language)
    return language if re.fullmatch(target.languages, language) else ""


def without_timecode(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of a part: its timecode counts from the film's first frame."""
    return {name: tag for name, tag in tags.items() if name.lower() != "timecode"}


def unnamed(tags: dict[str, str], target: Container) -> set[str]:
    """Return the tags that MP4 and its like have no name of their own for."""
    names = _NAMES.get(target.muxer)
    return set() if names is None else {tag.lower() for tag in tags} - names


def muxer_options(
    tags: dict[str, str], target: Container, has_cover: bool
) -> dict[str, str]:
    """Return the container's options, such that it stores what it can of the tags."""
    options = dict(target.options)
    if unnamed(tags, target) and not has_cover:  # that way to store tags knows none
        options["movflags"] = "use_metadata_tags"
    return options
