"""Ways in which a file's bytes go wrong: by bad disks, bad cables and bad people."""

import re
import struct
from collections.abc import Callable
from random import Random

_HEAD = 4096  # bytes: most of what a file says of itself is there, or as near the end
_NUMBERS = (0, 1, 7, 8, 127, 128, 255, 256, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1)

# Names of boxes and chunks (MP4, PNG, RIFF), with a size before or after; and numbers
# of Matroska's elements, with a size after.
_BOXES = re.compile(
    rb"ftyp|moov|mvhd|trak|tkhd|mdia|mdhd|hdlr|minf|stbl|stsd|stts|ctts|stsc|stsz|stco|"
    rb"co64|stss|elst|edts|udta|meta|ilst|dref|avcC|hvcC|esds|colr|mdat|moof|traf|trun|"
    rb"RIFF|LIST|avih|strh|strf|movi|idx1|fmt |data|VP8X|VP8L|ICCP|EXIF|"
    rb"IHDR|IDAT|PLTE|tRNS|iCCP|iTXt|eXIf|acTL"
)
_ELEMENTS = re.compile(
    rb"\x1a\x45\xdf\xa3|\x18\x53\x80\x67|\x15\x49\xa9\x66|\x16\x54\xae\x6b|\xae|"
    rb"\x1f\x43\xb6\x75|\xa3|\xa1|\x63\xa2|\x19\x41\xa4\x69|\x10\x43\xa7\x70|\x1c\x53"
)


def mutated(data: bytes, other: bytes, random: Random) -> bytes:
    """Return the bytes of a file with one to four faults; `other` may be spliced in."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        if not changed:
            break
        if random.random() < 0.15:
            changed = _spliced(changed, other, random)
        else:
            random.choice(_FAULTS)(changed, random)
    return bytes(changed)


def _flip_bits(data: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 3, 30))):
        data[_place(data, random)] ^= 1 << random.randrange(8)


def _truncate(data: bytearray, random: Random) -> None:
    del data[random.randrange(len(data)) :]


def _zero(data: bytearray, random: Random) -> None:
    start, length = _stretch(data, random)
    data[start : start + length] = bytes(length)


def _repeat(data: bytearray, random: Random) -> None:
    start, length = _stretch(data, random)
    data[start:start] = data[start : start + length]


def _remove(data: bytearray, random: Random) -> None:
    start, length = _stretch(data, random)
    del data[start : start + length]


def _insert(data: bytearray, random: Random) -> None:
    start, length = _stretch(data, random)
    data[start:start] = random.randbytes(min(length, 999))


def _swap(data: bytearray, random: Random) -> None:
    here, length = _stretch(data, random)
    there = random.randrange(len(data) - length + 1)
    if abs(here - there) >= length:
        one, two = data[here : here + length], data[there : there + length]
        data[here : here + length], data[there : there + length] = two, one


def _set_number(data: bytearray, random: Random) -> None:
    _write(data, _place(data, random), random)


def _lie_about_a_size(data: bytearray, random: Random) -> None:
    boxes = [found.start() for found in _BOXES.finditer(data)]
    elements = [found.end() for found in _ELEMENTS.finditer(data[:_HEAD])]
    if not boxes and not elements:
        return
    if boxes and (not elements or random.random() < 0.5):
        _write(data, max(0, random.choice(boxes) + random.choice((-4, 4))), random)
    else:
        at = random.choice(elements)
        data[at : at + 1] = bytes([random.randrange(256)])


def _spliced(data: bytearray, other: bytes, random: Random) -> bytearray:
    """Return the beginning of one file and the end of the other."""
    cut = random.randrange(len(data) + 1)
    return data[:cut] + bytearray(other[random.randrange(len(other) + 1) :])


def _place(data: bytearray, random: Random) -> int:
    """Return a place, as often near the beginning or the end as anywhere."""
    near = min(len(data), _HEAD)
    return random.choice(
        (
            random.randrange(near),
            len(data) - 1 - random.randrange(near),
            random.randrange(len(data)),
        )
    )


def _stretch(data: bytearray, random: Random) -> tuple[int, int]:
    """Return where a stretch starts, and its length, at least 1."""
    start = _place(data, random)
    return start, min(random.choice((1, 4, 16, 512, 20_000)), len(data) - start)


def _write(data: bytearray, at: int, random: Random) -> None:
    """Write a number that is on the edge of something, or any."""
    order, code = random.choice("<>"), random.choice("BHI")
    size = struct.calcsize(code)
    value = random.choice((random.choice(_NUMBERS), random.getrandbits(32)))
    if at + size <= len(data):
        struct.pack_into(order + code, data, at, value % (1 << 8 * size))


_FAULTS: tuple[Callable[[bytearray, Random], None], ...] = (
    _flip_bits,
    _truncate,
    _zero,
    _repeat,
    _remove,
    _insert,
    _swap,
    _set_number,
    _lie_about_a_size,
    _lie_about_a_size,
)
