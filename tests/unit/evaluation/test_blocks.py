import numpy as np
import pytest

from rebalancer.errors import UsageError
from rebalancer.evaluation.blocks import Blocks, draw_blocks, find_block_starts, source_rows
from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.market import FundingHistory, Market, Series
from tests.small_policies import bars, days
from tests.unit.evaluation.small_markets import DATED, OTHER, SPOT, blocks_of, market_of


def daily(count: int, *, first: int = 0) -> Market:
    times = days(*range(first, first + count))
    return market_of({SPOT: bars(times, range(1, count + 1))})


def drawn(market: Market, length_us: int, seed: int = 0) -> Blocks:
    return draw_blocks(market, block_us=length_us, randomness=np.random.default_rng(seed))


def refusal_of(market: Market, length_us: int) -> str:
    with pytest.raises(UsageError) as caught:
        drawn(market, length_us)
    return str(caught.value)


def test_a_block_ends_with_the_row_that_the_next_begins_after() -> None:
    blocks = blocks_of(2, 0, 0, 0)
    assert blocks.of(days(-1, 0, 0.5, 1, 2, 2.1, 4, 4.5, 6)).tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 2]


def test_a_time_shows_the_time_of_its_block_and_the_start_itself() -> None:
    blocks = blocks_of(2, 10, -1)
    assert blocks.sources(days(-1, 0, 1, 2, 3)).tolist() == days(-1, 0, 11, 12, 2).tolist()


def test_blocks_cover_all_of_history() -> None:
    assert len(drawn(daily(21), 5 * DAY_US).shift_us) == 4
    assert len(drawn(daily(22), 5 * DAY_US).shift_us) == 5


def test_a_block_as_long_as_history_is_history() -> None:
    assert drawn(daily(21), 20 * DAY_US).shift_us.tolist() == [0]
    assert drawn(daily(21), 500 * DAY_US).shift_us.tolist() == [0]


def test_blocks_as_long_as_what_is_observed_are_all_one() -> None:
    short = market_of(
        {SPOT: bars(days(*range(31)), range(1, 32)), OTHER: bars(days(*range(5, 16)), [1] * 11)}
    )
    starts = [find_block_starts(short, block_us=length * DAY_US) for length in (9, 10, 30)]
    assert [each.is_one_path for each in starts] == [False, True, True]


def test_sources_lie_where_everything_is_observed() -> None:
    market = market_of(
        {SPOT: bars(days(*range(31)), range(1, 32)), OTHER: bars(days(*range(5, 29)), [1] * 24)},
        series={"mood": Series(days(7, 9, 17), np.zeros(3))},
    )
    starts = [
        int(start + shift - days(0)[0]) / DAY_US
        for seed in range(200)
        for blocks in (drawn(market, 4 * DAY_US, seed),)
        for start, shift in zip(blocks.starts_us, blocks.shift_us, strict=True)
    ]
    # from the first mood, day 7, to four days before its last one would be stale: 17 + 8
    assert sorted(set(starts)) == list(range(7, 22))


def test_a_dated_contract_bounds_nothing() -> None:
    contract = bars(days(12, 13, 14), [1, 1, 1])
    market = market_of({SPOT: bars(days(*range(31)), range(1, 32)), DATED: contract})
    assert len(drawn(market, 10 * DAY_US).shift_us) == 3


def test_shifts_are_whole_days_so_that_funding_stays_at_its_hour() -> None:
    times = days(*(hour / 24 for hour in range(24 * 40)))
    shifts = drawn(market_of({SPOT: bars(times, [1.0] * len(times))}), 3 * DAY_US).shift_us
    assert (shifts % DAY_US).tolist() == [0] * 14
    assert len(set(shifts.tolist())) > 1


def test_shifts_are_whole_weeks_where_bars_are() -> None:
    times = days(*range(0, 700, 7))
    market = market_of({SPOT: bars(times, [1.0] * len(times))})
    assert (drawn(market, 28 * DAY_US).shift_us % (7 * DAY_US)).tolist() == [0] * 25
    expected = "a block must be a whole number of 7d, was 30d; give bars of a day or less"
    assert refusal_of(market, 30 * DAY_US) == expected


def test_a_block_is_a_whole_number_of_days() -> None:
    expected = "a block must be a whole number of 1d, was 1.5d"
    assert refusal_of(daily(21), 36 * HOUR_US) == expected
    assert refusal_of(daily(21), 0) == "a block must be a whole number of 1d, was 0h"


def test_a_block_fits_what_is_observed() -> None:
    market = market_of(
        {SPOT: bars(days(*range(31)), range(1, 32)), OTHER: bars(days(28, 29, 30), [1, 1, 1])}
    )
    assert refusal_of(market, 5 * DAY_US) == (
        "a block of 5d does not fit the 2d in which every symbol and series of the market has "
        "rows; give a longer history, or a policy that names fewer of them"
    )


def test_a_market_without_prices_has_no_paths() -> None:
    funding = {SPOT: FundingHistory(days(0, 1), np.zeros(2), np.full(2, 8.0))}
    expected = "the market has no prices to draw paths from"
    assert refusal_of(market_of({}, funding=funding), DAY_US) == expected


def test_jitter_of_stamps_finds_the_row_that_was_meant() -> None:
    stamps = days(0, 1, 2) + np.array([0, 7_000, 0])
    assert source_rows(stamps, days(1, 2)).tolist() == [1, 2]
    assert source_rows(stamps, days(0.9, 1.1)).tolist() == [0, 1]
