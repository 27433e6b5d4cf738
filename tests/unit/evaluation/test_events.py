"""What goes wrong between two plans, and what must leave no trace."""

from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.evaluation.evaluation import Evaluation
from rebalancer.evaluation.events import Breach, CutOrder, DataGap, Event, Expiry, Missing
from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.instrument import Instrument
from rebalancer.model.market import Bars, Series
from rebalancer.model.plan import PlanStatus
from rebalancer.policy import read_policy
from tests.small_plans import dated, inverse, spot_pair
from tests.unit.evaluation.small_histories import (
    BTC_SPOT,
    BTC_SWAP,
    IDLE,
    Floats,
    book_of,
    btc_market,
    closes_accounts,
    daily,
    day,
    funding,
    market_of,
    policy_of,
    run_of,
)

SPOT_ONLY = "{BTC: {spot: BTC/USDT}}"
HALF = {"sleeves": "core: {kind: spot}", "targets": "core: 50%, cash: 50%"}


def of_kind(found: Evaluation, kind: type[Event]) -> list[Event]:
    return [event for event in found.events if isinstance(event, kind)]


def unfunded(at_us: int, until_us: int) -> DataGap:
    return DataGap(at_us, until_us, "BTC/USDT:USDT", Missing.FUNDING, held=Decimal(-1))


def test_a_quiet_history_has_no_events() -> None:
    policy = policy_of(
        "carry: {kind: basis}", "carry: 100%", limits="{gross_leverage: 2}",
        more="execution: {max_leg_imbalance: 100%}",
    )  # fmt: skip
    found = run_of(policy, btc_market([100.0] * 9, rates={2.0: 0.0001}))
    assert found.events == ()
    assert len(found.plans) == 2
    assert found.regimes == ("only",) * 9


def test_a_buy_is_cut_to_the_lots_that_cash_pays_after_a_gap() -> None:
    bars = daily([100.0, 130.0], opens=[100.0, 125.0])
    policy = policy_of("core: {kind: spot}", "core: 100%", assets=SPOT_ONLY)

    found = run_of(policy, market_of(BTC_SPOT, bars={"BTC/USDT": bars}))

    (cut,) = of_kind(found, CutOrder)
    (fill,) = found.fills
    assert isinstance(cut, CutOrder)
    assert cut.planned == pytest.approx(Decimal(999), abs=1)
    # 100,000 / (125 · 1.001) in lots of 0.001
    assert cut.filled == fill.amount == Decimal("799.200")
    assert 0 <= found.book.spot["USDT"] < Decimal("0.126")
    assert cut.reason == "cash did not pay for more at the price of the fill"
    assert closes_accounts(found)


def test_an_opening_is_cut_to_the_margin_that_equity_covers() -> None:
    spot = daily([100.0, 100.0], opens=[100.0, 100.0])
    swap = daily([100.0, 100.0], opens=[100.0, 112.0], highs=[100.0, 112.0])
    market = market_of(
        BTC_SPOT,
        replace(BTC_SWAP, leverage=Decimal(5), taker_fee=Decimal(0)),
        bars={"BTC/USDT": spot, "BTC/USDT:USDT": swap},
        funded={"BTC/USDT:USDT": funding({float(hour) / 3: 0.0 for hour in range(-2, 6)})},
    )
    policy = policy_of("bear: {kind: short, leverage: 5}", "bear: 20%, cash: 80%")

    found = run_of(policy, market)

    (cut,) = of_kind(found, CutOrder)
    assert isinstance(cut, CutOrder)
    # 20,000 of margin at the venue's setting of 5 carries 100,000 / 112 coins
    assert cut.filled == -Decimal("892.857")
    assert cut.planned < Decimal(-990)
    assert found.book.positions[0].contracts == Decimal("-892.857")


def test_a_breach_has_its_size_and_lasts_until_the_limit_holds() -> None:
    policy = policy_of(**HALF, limits="{asset_weight: 60%}", rebalance="every: 1w, band: 0%")
    closes = [100.0, 100.0, 180.0, 190.0, 100.0, 100.0, 100.0, 100.0]

    found = run_of(policy, btc_market(closes))

    (breach,) = of_kind(found, Breach)
    assert isinstance(breach, Breach)
    assert (breach.at_us, breach.until_us, breach.bars) == (day(2), day(4), 2)
    assert (breach.name, breach.allowed) == ("asset_weight", 0.6)
    assert breach.worst == pytest.approx(95 / 145, abs=2e-3)
    assert breach.size == pytest.approx(breach.worst - 0.6)
    assert not breach.after_fill
    assert len(found.plans) == 2


def test_a_breach_between_decision_and_fill_says_so() -> None:
    bars = daily([100.0, 200.0, 100.0, 100.0], opens=[100.0, 150.0, 200.0, 100.0])
    market = market_of(BTC_SPOT, bars={"BTC/USDT": bars})
    policy = policy_of(**HALF, assets=SPOT_ONLY, limits="{asset_weight: 60%}")

    (breach,) = of_kind(run_of(policy, market), Breach)

    assert isinstance(breach, Breach)
    assert (breach.at_us, breach.after_fill) == (day(1), True)


def test_a_breach_that_may_not_wait_is_planned_at_its_bar() -> None:
    policy = policy_of(
        **HALF, limits="{asset_weight: 60%}", rebalance="every: 1w, on_breach: at_once"
    )
    closes = [100.0, 100.0, 180.0, 180.0, 180.0, 180.0, 180.0, 180.0]

    found = run_of(policy, btc_market(closes))

    assert [plan.as_of_us for plan in found.plans] == [day(0), day(2), day(7)]
    assert found.plans[1].status is PlanStatus.TRADE
    (breach,) = of_kind(found, Breach)
    assert isinstance(breach, Breach)
    assert (breach.at_us, breach.until_us) == (day(2), day(3))


def test_funding_that_nobody_knows_is_a_gap_while_a_position_is_open() -> None:
    bars = daily([100.0] * 6)
    known = {number / 3: 0.001 for number in (-2, -1, 0, 1, 2, 3, 12, 13, 14, 15)}
    market = market_of(
        bars={"BTC/USDT": bars, "BTC/USDT:USDT": bars}, funded={"BTC/USDT:USDT": funding(known)}
    )
    book = book_of(("BTC/USDT:USDT", "-1", "100"), wallets={"USDT": "200"})

    found = run_of(IDLE, market, book=book)

    # rows at day 1 and day 4; the one at day 4 answers for the eight hours before it
    assert of_kind(found, DataGap) == [unfunded(day(1), day(4) - 8 * HOUR_US)]
    assert found.attribution.funding == pytest.approx(0.1 * 7)
    assert of_kind(run_of(IDLE, market, book=book_of(USDT="5")), DataGap) == []


def test_a_perpetual_without_any_funding_is_one_gap() -> None:
    bars = daily([100.0] * 3)
    market = market_of(bars={"BTC/USDT": bars, "BTC/USDT:USDT": bars})
    book = book_of(("BTC/USDT:USDT", "-1", "100"), wallets={"USDT": "200"})
    assert of_kind(run_of(IDLE, market, book=book), DataGap) == [unfunded(day(0), day(2))]


def with_days(bars: Bars, *numbers: int) -> Bars:
    """The bars of some days alone."""
    rows = list(numbers)
    prices = (part[rows] for part in (bars.open, bars.high, bars.low, bars.close))
    return Bars(bars.time_us[rows], *prices)


def unpriced(symbol: str, at_us: int, until_us: int, held: str) -> DataGap:
    return DataGap(at_us, until_us, symbol, Missing.PRICE, Decimal(held))


def test_a_coin_without_a_bar_is_a_gap_from_when_it_was_due_while_it_is_held() -> None:
    bars = daily([100.0] * 9)
    gappy = with_days(bars, 0, 1, 2, 5, 6)
    market = market_of(
        BTC_SPOT, spot_pair("ETH"), bars={"BTC/USDT": gappy, "ETH/USDT": bars}
    )  # fmt: skip
    policy = policy_of(
        "core: {kind: spot}",
        "cash: 100%",
        assets="{BTC: {spot: BTC/USDT, share: 50%}, ETH: {spot: ETH/USDT, share: 50%}}",
        rebalance="every: 52w, on: thursday 00:00",
    )

    found = run_of(policy, market, book=book_of(BTC="2", ETH="1", USDT="5"))

    # the bar of day 3 came on day 5; that of day 7 never did
    assert of_kind(found, DataGap) == [
        unpriced("BTC/USDT", day(3), day(5), "2"),
        unpriced("BTC/USDT", day(7), day(8), "2"),
    ]
    assert of_kind(run_of(policy, market, book=book_of(ETH="1", USDT="5")), DataGap) == []
    dust = book_of(BTC="0.0009", ETH="1", USDT="5")
    assert of_kind(run_of(policy, market, book=dust), DataGap) == []


def test_a_contract_without_a_bar_is_a_gap_from_when_it_was_opened() -> None:
    bars = daily([100.0] * 12)
    market = market_of(
        bars={"BTC/USDT": bars, "BTC/USDT:USDT": with_days(bars, 0, 1, 2, 10, 11)},
        funded={"BTC/USDT:USDT": funding({number / 3: 0.0 for number in range(-2, 36)})},
    )
    book = book_of(("BTC/USDT:USDT", "-1.5", "100"), wallets={"USDT": "200"})

    found = run_of(IDLE, market, book=book)

    assert of_kind(found, DataGap) == [unpriced("BTC/USDT:USDT", day(3), day(10), "-1.5")]


def test_coins_in_a_wallet_are_held_too() -> None:
    bars = daily([100.0] * 6)
    coin = inverse("BTC")
    market = market_of(
        BTC_SPOT,
        coin,
        bars={"BTC/USDT": with_days(bars, 0, 1, 4, 5), coin.symbol: bars},
    )
    policy = policy_of(
        "core: {kind: spot}, bear: {kind: short, leverage: 1}",
        "cash: 100%",
        assets="{BTC: {spot: BTC/USDT, future: 'BTC/USD:BTC'}}",
        rebalance="every: 52w, on: thursday 00:00",
    )

    found = run_of(policy, market, book=book_of(wallets={"BTC": "3"}, USDT="5"))

    assert of_kind(found, DataGap) == [unpriced("BTC/USDT", day(2), day(4), "3")]


def test_a_dated_contract_settles_at_its_expiry_without_a_fee() -> None:
    future: Instrument = dated("BTC", "2024-01-03", fee="1%")
    marks = daily([100.0, 107.0, 109.0, 90.0], first_us=day(-0.5))
    market = market_of(
        BTC_SPOT, future, bars={"BTC/USDT": daily([100.0] * 5), future.symbol: marks}
    )
    book = book_of((future.symbol, "2", "101"), wallets={"USDT": "150"})

    found = run_of(IDLE, market, book=book)

    # expiry is 08:00 of day 2; the last mark before it is that of noon on day 1
    assert of_kind(found, Expiry) == [
        Expiry(day(2) + 8 * HOUR_US, future.symbol, Decimal(2), 109.0)
    ]
    assert found.nav[-1] == pytest.approx(150 + 2 * 8)
    assert found.book.positions == ()
    assert found.attribution.fees == 0
    assert closes_accounts(found)


URGENT = """
rebalancer: 1
name: small
quote: USDT
assets: {BTC: {spot: BTC/USDT}}
signals: {alarm: {series: alarm}}
sleeves: {core: {kind: spot}, cash: {kind: cash}}
regimes: {calm: {targets: {core: 50%, cash: 50%}}, storm: {targets: {cash: 100%}}}
initial_regime: calm
transitions:
  - {name: sell, from: calm, to: storm, urgent: true, when: {signal: alarm, above: 1}}
rebalance: {every: 1w}
"""


def alarm_at(number: float, value: Floats | float = 2.0) -> Evaluation:
    """A run whose alarm, quiet before, rings at a time."""
    policy, _ = read_policy(URGENT.encode(), "urgent.yaml")
    assert policy is not None
    plain = market_of(BTC_SPOT, bars={"BTC/USDT": daily([100.0] * 6)})
    times = daily([1.0, 1.0], first_us=day(-1), step_us=round((number + 1) * DAY_US)).time_us
    series = Series(times, daily([0.5, float(value)]).close)
    return run_of(policy, replace(plain, series={"alarm": series}))


def test_an_urgent_step_is_planned_when_it_happens_and_filled_at_the_next_open() -> None:
    found = alarm_at(2.25)

    assert [(plan.as_of_us, plan.regime.name) for plan in found.plans] == [
        (day(0), "calm"), (day(2.25), "storm"),
    ]  # fmt: skip
    assert [(fill.decided_us, fill.at_us) for fill in found.fills] == [
        (day(0), day(0)), (day(2.25), day(3)),
    ]  # fmt: skip
    assert found.regimes == ("calm", "calm", "calm", "storm", "storm", "storm")
    assert "BTC" not in found.book.spot


def test_an_alarm_that_does_not_ring_plans_nothing() -> None:
    assert [plan.as_of_us for plan in alarm_at(2.25, 1.0).plans] == [day(0)]


def test_a_later_plan_takes_the_place_of_an_order_that_still_waits() -> None:
    policy = policy_of(**HALF, assets=SPOT_ONLY, rebalance="every: 16h")
    market = market_of(BTC_SPOT, bars={"BTC/USDT": daily([100.0, 100.0, 100.0])})

    found = run_of(policy, market)

    # calendar times are 00:00, 16:00 and 08:00 in turn, and bars open at midnight
    cuts = [event for event in found.events if isinstance(event, CutOrder)]
    assert [plan.as_of_us for plan in found.plans] == [day(8 / 24), day(1), day(1 + 16 / 24)]
    assert [(cut.at_us, cut.reason) for cut in cuts] == [
        (day(1), "a later plan took its place"),
        (day(2), "the evaluation ended first"),
    ]
    assert [(fill.decided_us, fill.at_us) for fill in found.fills] == [(day(1), day(1))]
