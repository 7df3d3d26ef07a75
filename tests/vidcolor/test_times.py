from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vidcolor.errors import OptionError
from vidcolor.times import format_time, parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12.5", 12.5), ("1:02.5", 62.5), ("1:02:03", 3723), ("0", 0), ("90", 90)],
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == Fraction(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "x", "1:60", "-1", "1:2:3:4", "1/2", "1:-2", ":", "1e10", "1000000:0:0"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="no time"):
        parse_time(text)


@given(st.integers(0, 10**6))
def test_there_and_back(seconds: int) -> None:
    assert parse_time(format_time(seconds)) == seconds


@given(st.text())
def test_any_text_is_a_time_or_told(text: str) -> None:
    with suppress(OptionError):
        assert parse_time(text) >= 0
