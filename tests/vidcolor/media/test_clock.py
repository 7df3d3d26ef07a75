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
