"""Captions as plain text: MP4's has no markup in it."""

import re
from typing import Any

from av.packet import Packet

# What players of SubRip act on: a few of HTML's tags, and overrides as SSA has them.
_MARKUP = re.compile(rb"</?(?:b|i|u|s|font)\b[^<>]*>|\{\\[^{}]*\}", re.IGNORECASE)


def without_markup(words: bytes) -> bytes:
    """Return the words of a SubRip caption, in UTF-8, as they are to be read."""
    return _MARKUP.sub(b"", words)


def plain(caption: "Packet[Any]") -> "Packet[Any]":
    """Return a SubRip caption without its markup, shown when it was."""
    words: Packet[Any] = Packet(without_markup(bytes(caption)))
    words.pts, words.dts = caption.pts, caption.dts
    words.duration, words.time_base = caption.duration, caption.time_base
    words.is_keyframe = True
    return words
