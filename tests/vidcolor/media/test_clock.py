from vidcolor.media.clock import Clock, clock_end


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


def test_a_jump_back_by_more_than_a_second_is_a_new_recording() -> None:
    assert mend(90_000, 88_999, 89_039) == [90_000, 90_040, 90_080]
    assert mend(90_000, 89_000, 90_040) == [90_000, 90_001, 90_040]
    assert mend(90_000, 0, 500, 501) == [90_000, 90_040, 90_540, 90_541]


def test_a_hole_where_a_clock_runs_over_stays() -> None:
    end = 20_000_000
    clock = Clock(step=40, second=1000, end=end)
    times = [end - 40, end + 60_000, end + 8_000_000]  # two hours: so it was made
    assert [clock.mend(t) for t in times] == times


def test_a_recording_may_follow_one_whose_clock_ran_over() -> None:
    end = 20_000_000
    clock = Clock(step=40, second=1000, end=end)
    # FFmpeg adds the clock's length to the last one, for it goes back, too.
    assert [clock.mend(t) for t in (end + 100, 700, end + 10)] == [
        *(end + 100, end + 140, end + 180)
    ]


def test_the_clocks_of_mpeg_s_streams_have_33_bits() -> None:
    """As H.222.0 has it, in program and in transport streams."""
    assert clock_end("mpeg") == clock_end("mpegts") == 2**33
    assert clock_end("matroska,webm") is None


def test_sound_that_ends_early_goes_with_the_picture_over_a_seam() -> None:
    clock = Clock(step=40, second=1000, seams=[1040, 3000])
    # The picture went on to 99 960 and then from 99 000: by less than a second.
    assert [clock.mend(t) for t in (99_560, 99_600, 99_000, 99_040)] == [
        *(99_560, 99_600, 100_040, 100_080)
    ]
    # The next seam has an offset of its own.
    assert [clock.mend(t) for t in (99_200, 97_280, 97_320)] == [
        *(100_240, 100_280, 100_320)
    ]


def test_a_seam_of_another_place_moves_nothing() -> None:
    clock = Clock(step=40, second=1000, seams=[90_500])
    assert [clock.mend(t) for t in (80_000, 0, 40)] == [80_000, 80_040, 80_080]


def test_what_was_mended_is_counted() -> None:
    clock = Clock(step=40, second=1000)
    for ticks in (5000, 5000, 4999, None, 5200, 0, 40):
        clock.mend(ticks)
    # Doubled, back, missing, and a new recording; only one had gone by.
    assert (clock.mended, clock.hurried) == (4, 1)
