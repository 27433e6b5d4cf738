from decimal import Decimal

import numpy as np
import pytest

from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.instrument import Instrument, InstrumentKind
from rebalancer.model.market import Market
from rebalancer.model.observations import UNBOUNDED_US
from rebalancer.policy.compiled import Source, SourceKind
from rebalancer.signals.sources import read_source
from tests.small_policies import (
    MARKET_OF,
    MONDAY,
    bars,
    days,
    funding_market,
    price_market,
    series_market,
)

PERPETUAL = Source(SourceKind.FUNDING, "BTC/USDT:USDT")
DATED = "BTC/USDT:USDT-240329"


def dated_future(expiry_us: int) -> Instrument:
    step = Decimal("0.001")
    return Instrument(
        symbol=DATED,
        kind=InstrumentKind.FUTURE,
        base="BTC",
        quote="USDT",
        amount_step=step,
        min_amount=step,
        min_cost=Decimal(5),
        price_step=step,
        taker_fee=step,
        maker_fee=step,
        expiry_us=expiry_us,
    )


def test_a_price_is_the_close_of_each_bar() -> None:
    market = price_market(days(0, 1), [40_000, 41_000])
    observations, value = read_source(market, Source(SourceKind.PRICE, "BTC/USDT"))
    assert value.tolist() == [40_000, 41_000]
    assert observations.time_us.tolist() == [MONDAY, MONDAY + DAY_US]


def test_funding_is_annualised_by_the_interval_of_its_own_row() -> None:
    market = funding_market(days(0, 1 / 6, 0.25), [0.0001, 0.0001, -0.02], [8, 4, 2])
    observations, value = read_source(market, PERPETUAL)
    assert value.tolist() == [0.1095, 0.219, -87.6]
    assert observations.own_interval_us.tolist() == [8 * HOUR_US, 4 * HOUR_US, 2 * HOUR_US]


@pytest.mark.parametrize(
    ("rate", "hours", "apr"),
    [
        (0.0001, 8, 0.1095),
        (0.0002, 8, 0.219),
        (0.00007785, 8, 0.08524575),
        (0.00000095, 1, 0.008322),
    ],
)
def test_an_annualised_rate_is_the_double_of_its_exact_decimal(
    rate: float, hours: float, apr: float
) -> None:
    assert read_source(funding_market(days(0), [rate], [hours]), PERPETUAL)[1].tolist() == [apr]


def test_a_basis_is_known_where_both_prices_are_stamped() -> None:
    market = Market(
        {},
        MARKET_OF,
        bars={
            "BTC/USDT": bars(days(0, 1, 3), [40_000, 40_000, 50_000]),
            "BTC/USDT:USDT": bars(days(0, 2, 3), [40_400, 41_000, 49_000]),
        },
    )
    source = Source(SourceKind.BASIS, "BTC/USDT:USDT", over="BTC/USDT")
    observations, value = read_source(market, source)
    assert observations.time_us.tolist() == days(0, 3).tolist()
    assert value.tolist() == [0.01, -0.02]


def test_a_dated_basis_is_annualised_and_unknown_within_two_days_of_expiry() -> None:
    times = days(0, 88, 88.5, 89)
    market = Market(
        {DATED: dated_future(MONDAY + 90 * DAY_US + DAY_US // 2)},
        MARKET_OF,
        bars={"BTC/USDT": bars(times, [70_000] * 4), DATED: bars(times, [72_100] * 4)},
    )
    _, value = read_source(market, Source(SourceKind.BASIS, DATED, over="BTC/USDT"))
    assert value[:2].tolist() == pytest.approx([0.03 * 365 / 90.5, 0.03 * 365 / 2.5])
    assert np.isnan(value[2:]).all()


def test_a_series_is_taken_as_it_stands() -> None:
    market = series_market(outlook=(days(0, 1), [1.0, -1.0]))
    observations, value = read_source(market, Source(SourceKind.SERIES, "outlook"))
    assert value.tolist() == [1.0, -1.0]
    assert observations.own_interval_us.tolist() == [UNBOUNDED_US] * 2


@pytest.mark.parametrize("kind", list(SourceKind))
def test_what_a_market_has_no_rows_of_is_not_observed(kind: SourceKind) -> None:
    observations, value = read_source(Market({}, MARKET_OF), Source(kind, "absent", over="absent"))
    assert len(value) == len(observations.time_us) == len(observations.cadence_us) == 0
