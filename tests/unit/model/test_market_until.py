from rebalancer.model.market import FundingHistory, Market, Series
from rebalancer.model.market_until import market_until
from tests.small_policies import MARKET_OF, MONDAY, bars, days


def test_a_market_keeps_the_rows_stamped_at_or_before_a_time() -> None:
    times = days(0, 1, 2)
    values = bars(times, [1, 2, 3]).close
    market = Market(
        {},
        MARKET_OF,
        bars={"A/Q": bars(times, [1, 2, 3])},
        funding={"A/Q:Q": FundingHistory(times, values, values)},
        series={"outlook": Series(times, values)},
    )
    known = market_until(market, int(times[1]))
    assert known.bars["A/Q"].close.tolist() == [1, 2]
    assert known.funding["A/Q:Q"].interval_hours.tolist() == [1, 2]
    assert known.series["outlook"].value.tolist() == [1, 2]
    assert market_until(market, MONDAY - 1).bars["A/Q"].time_us.tolist() == []
