from collections.abc import Sequence

import numpy as np
import pytest

from rebalancer.errors import UsageError
from rebalancer.evaluation.bootstrap import DEFAULT_BLOCK_US, resample_market, resample_markets
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import FundingHistory, Market, Series
from tests.small_policies import bars, days
from tests.unit.evaluation.small_markets import DATED, PERPETUAL, SPOT, market_of

DAYS = 12
TIMES = days(*range(DAYS + 1))
PRINTS = days(*(third / 3 for third in range(DAYS * 3 + 1)))


def funding_of(rates: Sequence[float], hours: Sequence[float] | float = 8.0) -> FundingHistory:
    return FundingHistory(PRINTS, np.array(rates), np.broadcast_to(hours, len(PRINTS)).copy())


def numbered() -> Market:
    """A market whose series and funding tell which day they are of."""
    prints = [float(row) for row in range(len(PRINTS))]
    return market_of(
        {SPOT: bars(TIMES, [100.0 + day for day in range(DAYS + 1)])},
        funding={PERPETUAL: funding_of(prints)},
        series={"day": Series(TIMES, np.arange(DAYS + 1, dtype=np.float64))},
    )


def sources_of(path: Market) -> list[float]:
    return [float(day) for day in path.series["day"].value]


def test_all_that_stands_at_a_time_comes_from_one_past_time() -> None:
    path = resample_market(numbered(), seed=1, path=0, block_us=3 * DAY_US)
    prints = path.funding[PERPETUAL].rate.tolist()
    shown = sources_of(path)
    assert shown[0] == 0
    assert [prints[day * 3] for day in range(DAYS + 1)] == [day * 3 for day in shown]
    # the print eight hours before is the one before
    assert [prints[day * 3 - 1] for day in range(1, DAYS + 1)] == [day * 3 - 1 for day in shown[1:]]
    returns = [(100 + day) / (99 + day) for day in shown[1:]]
    close = path.bars[SPOT].close
    assert (close[1:] / close[:-1]).tolist() == pytest.approx(returns, rel=1e-12)


def test_blocks_are_whole_stretches_of_history() -> None:
    shown = sources_of(resample_market(numbered(), seed=1, path=0, block_us=3 * DAY_US))[1:]
    blocks = [shown[start : start + 3] for start in range(0, DAYS, 3)]
    assert all(block == [block[0], block[0] + 1, block[0] + 2] for block in blocks)
    assert shown != sorted(shown)


def test_paths_differ_by_number_and_by_seed() -> None:
    drawn = {
        tuple(sources_of(resample_market(numbered(), seed=seed, path=path, block_us=2 * DAY_US)))
        for seed in range(4)
        for path in range(4)
    }
    assert len(drawn) == 16


def test_the_draws_are_those_of_a_spawned_seed() -> None:
    child = np.random.SeedSequence(7).spawn(5)[3]
    starts = np.random.default_rng(child).integers(0, 9, size=4, endpoint=True)
    path = resample_market(numbered(), seed=7, path=3, block_us=3 * DAY_US)
    assert sources_of(path)[1::3] == (starts + 1).tolist()


def test_funding_is_restated_where_its_interval_changes() -> None:
    # a venue pays every eight hours at first and every four later: the same rate a year
    hours = [8.0 if row <= DAYS * 3 // 2 else 4.0 for row in range(len(PRINTS))]
    rates = [0.0008 if each == 8 else 0.0004 for each in hours]
    market = market_of(
        {SPOT: bars(TIMES, [1.0] * len(TIMES))}, funding={PERPETUAL: funding_of(rates, hours)}
    )
    for number in range(5):
        funding = resample_market(market, seed=2, path=number, block_us=3 * DAY_US).funding
        assert funding[PERPETUAL].interval_hours.tolist() == hours
        assert funding[PERPETUAL].rate == pytest.approx(rates, rel=1e-12)


def test_a_block_of_all_history_is_history() -> None:
    path = resample_market(numbered(), seed=3, path=2)
    assert sources_of(path) == list(range(DAYS + 1))
    assert path.bars[SPOT].close.tolist() == [100 + day for day in range(DAYS + 1)]
    assert path.funding[PERPETUAL].rate.tolist() == list(range(len(PRINTS)))


def test_the_default_block_is_thirty_days() -> None:
    assert DEFAULT_BLOCK_US == 30 * DAY_US


def test_a_symbol_without_rows_stays_without() -> None:
    market = market_of({SPOT: bars(TIMES, [1.0] * len(TIMES)), PERPETUAL: bars(days(), [])})
    path = resample_market(market, seed=0, path=0, block_us=3 * DAY_US)
    assert list(path.bars) == [SPOT, PERPETUAL]
    assert path.bars[PERPETUAL].time_us.tolist() == []


def test_a_dated_contract_stands_over_its_coin() -> None:
    dated = bars(TIMES, [(100.0 + day) * 1.02 for day in range(DAYS + 1)])
    market = market_of({SPOT: numbered().bars[SPOT], DATED: dated})
    path = resample_market(market, seed=1, path=0, block_us=3 * DAY_US)
    ratio = path.bars[DATED].close / path.bars[SPOT].close
    # 2 % over 77 to 89 days, drawn from other days of the same contract
    assert ratio.min() > 1.016
    assert ratio.max() < 1.024
    assert ratio[0] == pytest.approx(1.02)


def test_a_dated_contract_needs_a_price_that_goes_on() -> None:
    market = market_of(
        {DATED: bars(TIMES, [1.0] * len(TIMES)), "ETH/USDT": bars(TIMES, [1.0] * 13)}
    )
    with pytest.raises(UsageError) as caught:
        resample_market(market, seed=0, path=0, block_us=3 * DAY_US)
    assert str(caught.value) == (
        "`BTC/USDT:USDT-240329` expires, and the market has no BTC price that goes on"
    )


def test_there_is_a_path_and_a_seed() -> None:
    with pytest.raises(UsageError, match="the number of paths must be at least 1, was 0"):
        resample_markets(numbered(), paths=0, seed=1)
    with pytest.raises(UsageError, match="the seed must not be negative, was -1"):
        resample_market(numbered(), seed=-1, path=0)
