from vidcolor.media.clock import Clock


def mend(*ticks: int | None) -> list[int]:
    clock = Clock(step=40, second=1000)
    return [clock.mend(tick) for tick in ticks]


def test_rising_times_are_left_alone() -> None:
    assert mend(700, 701, 2000) == [700, 701, 2000]


def test_a_missing_time_follows_the_last() -> None:
    assert mend(None, None, 80) == [0, 40, 80]


def test_a_doubled_time_moves_by_a_tick() -> None:
    assert mend(40, 40, 80) == [40, 41, 80]


def test_a_new_recording_goes_on_from_the_last() -> None:
    assert mend(90_000, 0, 40, 80) == [90_000, 90_040, 90_080, 90_120]


def test_a_clock_that_runs_over_only_seems_to_leap() -> None:
    # FFmpeg adds the clock's length to what comes before the beginning.
    end = 20_000_000
    clock = Clock(step=40, second=1000, end=end)
    assert [clock.mend(t) for t in (end - 80, end - 40, end, end + 40)] == [
        *(end - 80, end - 40, end, end + 40)
    ]
    clock = Clock(step=40, second=1000, end=end)
    assert [clock.mend(t) for t in (700, 740, end + 10, end + 50)] == [
        *(700, 740, 780, 820)
    ]


def test_a_leap_within_a_clock_is_how_the_film_was_made() -> None:
    clock = Clock(step=40, second=1000, end=20_000_000)
    assert [clock.mend(t) for t in (0, 19_000_000)] == [0, 19_000_000]


def test_a_stream_goes_with_another_one_over_a_seam() -> None:
    clock = Clock(step=40, second=1000, seams=[90_500])
    assert [clock.mend(t) for t in (90_000, 0, 40)] == [90_000, 90_500, 90_540]


def test_times_may_be_equal_where_nobody_minds() -> None:
    clock = Clock(step=40, second=1000, is_strict=False)
    assert [clock.mend(t) for t in (40, 40, 39, 80)] == [40, 40, 40, 80]
