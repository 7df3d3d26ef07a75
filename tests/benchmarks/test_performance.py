import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import performance
import pytest
import stages
from performance import (
    FAST,
    FILM,
    LONG_FILM,
    NETWORK,
    TRANSCODE,
    compare,
    measure,
    tables_of,
)
from stages import Clock, Watch
from tables import Table
from ways import Cost


def test_what_is_within_a_stage_is_counted_once(monkeypatch: Any) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr(time, "process_time", lambda: next(ticks))
    clock = Clock()
    inner = type("Module", (), {"work": staticmethod(lambda: None)})
    with clock.within("outer", inner, "work", "inner"), clock.timed("outer"):
        inner.work()
        inner.work()
    assert clock.cpu == {"inner": 2, "outer": 3}  # begun, twice in and out, over


def test_time_is_that_of_the_stage_entered_last(monkeypatch: Any) -> None:
    def inner() -> Iterator[int]:
        time.sleep(0.3)
        yield 1

    def outer() -> None:
        list(inner())
        time.sleep(0.1)

    monkeypatch.setattr(stages, "STAGES", {"inner": (inner,), "outer": (outer,)})
    with Watch() as watch:
        outer()
    assert watch.seconds["inner"] > 1.5 * watch.seconds["outer"] > 0


def test_ratios_are_of_ways_through_one_size() -> None:
    def cost(seconds: float, cpu: float, peak: float = 100) -> Cost:
        return Cost(frames=10, seconds=seconds, cpu=cpu, peak=peak)

    turn = {
        ("64x36", TRANSCODE): cost(1, 2),
        ("64x36", NETWORK): cost(3, 4),
        ("64x36", FILM): cost(5, 9),
        ("64x36", FAST): cost(2, 3),
        ("64x36", LONG_FILM): cost(5, 9, 103),
    }
    assert list(compare(turn).values()) == pytest.approx([9 / (2 + 4), 5, 1.03])


def test_a_table_is_markdown() -> None:
    text = Table("Costs", ("", "ms"), [("a", "1"), ("b", "2")]).markdown()
    assert text.splitlines()[2:] == [
        "|  | ms |",
        "| --- | --: |",
        "| a | 1 |",
        "| b | 2 |",
    ]


def test_all_that_is_shown_is_measured(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(performance, "apart", lambda work, *args: work(*args))
    monkeypatch.setattr(performance, "LONG", 2)
    measured = measure(tmp_path, ["96x64"], "cpu", frames=8, turns=1)
    costs, ratios, spent = tables_of(measured)
    assert len(costs.rows) == 5
    assert {stage for stage, *_ in spent.rows} == set(stages.STAGES)
    for table in (costs, ratios, spent):
        for _, *numbers in table.rows:
            assert all(math.isfinite(float(number)) for number in numbers)
    network = next(row for row in spent.rows if row[0] == "network")
    assert float(network[1]) > 0
