"""Times as people write them."""

from fractions import Fraction

from vidcolor.errors import UsageError

LATEST = 10**9  # seconds: no film is as long, and FFmpeg's clocks go no further


def parse_time(text: str) -> Fraction:
    """Return the seconds of `12.5`, `1:02.5` or `1:02:03`.

    Raises:
        UsageError: it is none of these.
    """
    parts = text.split(":")
    try:
        values = [Fraction(part) for part in parts if "/" not in part]
    except ValueError:
        values = []
    too_large = any(value >= 60 for value in values[1:])
    bad = len(values) != len(parts) or len(parts) > 3 or too_large or min(values) < 0
    seconds = Fraction(0)
    for value in values:
        seconds = seconds * 60 + value
    if bad or seconds > LATEST:
        raise UsageError(f"{text!r} is no time: write 12.5, 1:02.5 or 1:02:03")
    return seconds


def format_time(seconds: float) -> str:
    """Return `1:02:03`, or `2:03` below an hour."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
