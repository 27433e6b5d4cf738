from decimal import Decimal

import numpy as np

from rebalancer.model.coverage import Window, covered_rows
from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.market import Times
from rebalancer.model.observations import UNBOUNDED_US, Observations
from tests.small_policies import days

EIGHT_HOURS = 8 * HOUR_US


def daily(time_us: Times) -> Observations:
    unbounded = np.full(len(time_us), UNBOUNDED_US, dtype=np.int64)
    return Observations(time_us, unbounded, np.full(len(time_us), DAY_US, dtype=np.int64))


def every_8h(*missing: int, rows: int) -> Observations:
    """Prints every eight hours, without those numbered."""
    times = days(*(number / 3 for number in range(rows) if number not in missing))
    unbounded = np.full(len(times), UNBOUNDED_US, dtype=np.int64)
    return Observations(times, np.full(len(times), EIGHT_HOURS, dtype=np.int64), unbounded)


def covered(observations: Observations, window: Window, *unknown: int) -> list[bool]:
    known = np.ones(len(observations.time_us), dtype=np.bool_)
    known[list(unknown)] = False
    flags: list[bool] = covered_rows(observations, known, window=window).tolist()
    return flags


def test_a_window_needs_an_observation_at_or_before_its_start() -> None:
    assert covered(daily(days(0, 1, 2, 3)), Window(3 * DAY_US)) == [False, False, False, True]


def test_a_tenth_of_the_window_may_be_missing() -> None:
    window = Window(20 * DAY_US)
    two = [number for number in range(24) if number not in {5, 9}]
    three = [number for number in range(24) if number not in {5, 9, 13}]
    assert covered(daily(days(*two)), window)[-4:] == [True] * 4
    assert covered(daily(days(*three)), window)[-4:] == [False] * 4


def test_all_but_one_observation_is_enough_in_a_short_window() -> None:
    assert covered(daily(days(0, 1, 3)), Window(3 * DAY_US))[-1]
    assert not covered(daily(days(0, 1, 4)), Window(4 * DAY_US))[-1]


def test_a_stretch_of_three_intervals_is_bridged_and_of_four_is_not() -> None:
    window = Window(14 * DAY_US)
    assert covered(every_8h(20, 21, 22, rows=43), window)[-1]
    assert not covered(every_8h(20, 21, 22, 23, rows=43), window)[-1]
    assert covered(every_8h(20, 21, 22, 23, rows=43), Window(14 * DAY_US, max_gap=4))[-1]


def test_an_outage_spoils_every_window_that_sees_any_of_it() -> None:
    observations = every_8h(*range(10, 20), rows=80)
    flags = covered(observations, Window(14 * DAY_US))
    ends = [round(time) for time in (observations.time_us - days(0)[0]) / EIGHT_HOURS]
    assert [end for end, flag in zip(ends, flags, strict=True) if flag] == list(range(61, 80))


def test_an_unknown_observation_covers_nothing() -> None:
    window = Window(3 * DAY_US)
    assert covered(daily(days(0, 1, 2, 3)), window, 3)[-1]
    assert not covered(daily(days(0, 1, 2, 3)), window, 2, 3)[-1]
    assert not covered(daily(days(0, 1, 2, 3)), window, 1, 2, 3)[-1]


def test_an_unknown_observation_still_tells_that_history_reaches_back() -> None:
    assert covered(daily(days(0, 1, 2, 3)), Window(3 * DAY_US), 0)[-1]


def test_knowledge_that_begins_late_does_not_count_backwards() -> None:
    flags = covered(daily(days(*range(24))), Window(10 * DAY_US), *range(10))
    assert flags == [False] * 19 + [True] * 5


def test_a_window_shorter_than_the_cadence_holds_one_observation() -> None:
    assert covered(daily(days(0, 1)), Window(HOUR_US)) == [False, True]


def test_milliseconds_of_jitter_are_not_a_gap() -> None:
    times = days(0, 1 / 3, 2 / 3, 1, 5 / 3, 2)
    times += [9_000, 0, 12_000, 3_000, 17_000, 1_000]
    own = np.full(6, EIGHT_HOURS, dtype=np.int64)
    observations = Observations(times, own, np.full(6, UNBOUNDED_US, dtype=np.int64))
    assert covered(observations, Window(DAY_US))[-2:] == [True, True]


def test_nothing_known_covers_nothing() -> None:
    assert covered(daily(days(0, 1)), Window(DAY_US), 0, 1) == [False, False]
    assert covered(daily(days()), Window(DAY_US)) == []


def test_full_coverage_forgives_one_observation_only() -> None:
    strict = Window(20 * DAY_US, coverage=Decimal(1))
    assert covered(daily(days(*(n for n in range(24) if n != 5))), strict)[-1]
    assert not covered(daily(days(*(n for n in range(24) if n not in {5, 9}))), strict)[-1]


def test_a_cadence_that_is_not_known_yet_covers_nothing() -> None:
    unbounded = np.full(2, UNBOUNDED_US, dtype=np.int64)
    observations = Observations(days(0, 2), unbounded, unbounded)
    assert covered(observations, Window(DAY_US)) == [False, False]
