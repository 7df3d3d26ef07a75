"""Tags of files and streams: which are carried over, and under what name."""

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

# QuickTime knows languages by a list of its own, which has these forms only.
_MOV_LANGUAGES = {"deu": "ger", "zho": "chi", "nld": "dut", "cze": "ces", "fre": "fra"}


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
    if target.muxer == "mov" and "language" in kept:
        kept["language"] = _MOV_LANGUAGES.get(kept["language"], kept["language"])
    return kept


def muxer_options(tags: dict[str, str], target: Container) -> dict[str, str]:
    """Return the container's options, such that it stores all the file's tags."""
    options = dict(target.options)
    if target.muxer in ("mp4", "mov") and set(map(str.lower, tags)) - _MP4_NAMES:
        options["movflags"] = "use_metadata_tags"
    return options
