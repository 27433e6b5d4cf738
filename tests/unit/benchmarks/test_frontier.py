"""Where a rule lies, by hand; and rules that must not trade, on generated paths."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks.frontier import (
    CAPITAL,
    PORTFOLIOS,
    START_US,
    TARGET_ITSELF,
    Floats,
    Point,
    Rule,
    book_on_target,
    generate_markets,
    measure_point,
    spread_of,
    tracking_error,
    turnover_saved,
    without_fees,
)
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.summary import summarize
from rebalancer.model.market import Market
from tests.unit.evaluation.small_histories import book_of, daily, market_of, policy_of, run_of

PAGE = Path(__file__).parents[3] / "docs" / "frontier.md"
HALF = ("core: {kind: spot}", "core: 50%, cash: 50%")


def test_tracking_error_is_the_yearly_deviation_of_daily_differences() -> None:
    # 1 % above and below the target's return by turns: √(4 · 0.0001 / 3) a day
    target = np.array([100.0, 110.0, 99.0, 99.0, 198.0])
    nav = 50.0 * np.cumprod(np.array([1.0, 1.11, 0.89, 1.01, 1.99]))
    assert tracking_error(nav, target) == pytest.approx(0.0115470054 * 19.1049732, rel=1e-8)


def test_a_steady_cost_is_no_tracking_error() -> None:
    target = np.array([100.0, 120.0, 90.0, 95.0])
    returns = target[1:] / target[:-1] - 0.001
    nav = np.concatenate([[100.0], 100.0 * np.cumprod(returns)])
    assert tracking_error(nav, target) == pytest.approx(0.0, abs=1e-12)


def test_one_sale_has_the_turnover_and_cost_of_its_share_of_nav() -> None:
    # 500 coins at 100 and as much cash; at 200 a quarter of the coins goes: 25,000 of 150,000
    policy = policy_of(*HALF, rebalance="every: 1w, to: target", more="execution: {slippage: 10bp}")
    market = market_of(bars={"BTC/USDT": daily([100.0] * 3 + [200.0] * 12)})
    run = run_of(policy, market, book=book_of(BTC="500", USDT="50000"))

    point = measure_point(run, target=run)

    # half of a sixth in 14 days, at 0.1 % less than 200; fee of that, slippage of the quote
    assert point.turnover == pytest.approx(0.999 / 12 * 365 / 14, rel=1e-6)
    assert point.cost == pytest.approx((0.000999 + 0.001) / 6 * 365 / 14, rel=1e-6)
    assert point.tracking_error == 0.0
    assert point.liquidations == 0


def test_turnover_is_that_of_an_evaluations_summary(small: Market) -> None:
    targets = PORTFOLIOS["carry"]
    rule = Rule("band", "1d", "1%", "edge").policy(targets)
    book = book_on_target(rule, small, start_us=START_US)
    run = evaluate(rule, small, book=book, start_us=START_US)
    summary = summarize(run, ["only"], instruments=small.instruments)
    assert summary.turnover_per_year > 0
    point = measure_point(run, target=run)
    assert point.turnover == pytest.approx(summary.turnover_per_year, rel=1e-12)


@pytest.fixture(scope="module")
def small() -> Market:
    (market,) = generate_markets(1, seed=5, days=40)
    return market


def test_a_run_starts_on_its_targets(small: Market) -> None:
    ideal = TARGET_ITSELF.policy(PORTFOLIOS["coins"], slippage="0%")
    book = book_on_target(ideal, without_fees(small), start_us=START_US)
    # of a million: 35 % at 10,000, 21 % at 350 and 14 % at 3, to a lot
    assert CAPITAL == 1_000_000
    assert float(book.spot["BTC"]) == pytest.approx(35, abs=0.0001)
    assert float(book.spot["ETH"]) == pytest.approx(600, abs=0.001)
    assert float(book.spot["SOL"]) == pytest.approx(46_666.667, abs=0.01)
    assert float(book.spot["USDT"]) == pytest.approx(300_000, abs=3)


def test_a_wide_band_costs_nothing_and_strays(small: Market) -> None:
    targets = PORTFOLIOS["coins"]
    ideal, free = TARGET_ITSELF.policy(targets, slippage="0%"), without_fees(small)
    book = book_on_target(ideal, free, start_us=START_US)
    wide = Rule("wide", "1d", "60%", "edge").policy(targets)

    target = evaluate(ideal, free, book=book, start_us=START_US)
    left_alone = evaluate(wide, small, book=book, start_us=START_US)

    point = measure_point(left_alone, target=target)
    assert (point.turnover, point.cost) == (0.0, 0.0)
    assert 0 < point.tracking_error < 0.2


def test_nothing_is_paid_where_nothing_costs(small: Market) -> None:
    ideal = TARGET_ITSELF.policy(PORTFOLIOS["carry"], slippage="0%")
    free = without_fees(small)
    run = evaluate(ideal, free, book=book_of(USDT="1000000"), start_us=START_US)
    point = measure_point(run, target=run)
    assert point.turnover > 0.5
    assert point.cost == 0.0
    assert all(one.taker_fee > 0 for one in small.instruments.values())


@pytest.mark.parametrize(
    ("rule", "every", "band", "to_edge"),
    [
        (Rule("weekly", "1w"), 7, 0.0, False),
        (Rule("to target", "1d", "1%", "target"), 1, 0.01, False),
        (Rule("to edge", "1d", "1%", "edge"), 1, 0.01, True),
    ],
    ids=lambda value: value.name if isinstance(value, Rule) else None,
)
def test_a_rule_lies_where_a_plain_loop_puts_it(
    small: Market, rule: Rule, every: int, band: float, *, to_edge: bool
) -> None:
    targets = PORTFOLIOS["coins"]
    ideal, free = TARGET_ITSELF.policy(targets, slippage="0%"), without_fees(small)
    book = book_on_target(ideal, free, start_us=START_US)
    target = evaluate(ideal, free, book=book, start_us=START_US)
    point = measure_point(
        evaluate(rule.policy(targets), small, book=book, start_us=START_US), target=target
    )

    closes = np.array([small.bars[f"{coin}/USDT"].close for coin in ("BTC", "ETH", "SOL")]).T
    daily_nav, _, _ = trade_plainly(closes, every=1, band=0.0, to_edge=False, costs=0.0)
    nav, turnover, cost = trade_plainly(closes, every=every, band=band, to_edge=to_edge, costs=1.0)
    off = nav[1:] / nav[:-1] - daily_nav[1:] / daily_nav[:-1]
    years = (len(closes) - 1) / 365

    # whole lots are what the loop leaves out
    assert point.turnover > 0.1
    assert point.turnover == pytest.approx(turnover / years, rel=1e-4)
    assert point.cost == pytest.approx(cost / years, rel=1e-4)
    assert point.tracking_error == pytest.approx(off.std(ddof=1) * 365**0.5, rel=1e-3)


def trade_plainly(
    closes: Floats, *, every: int, band: float, to_edge: bool, costs: float
) -> tuple[Floats, float, float]:
    """NAV by day, and the sums of ½ traded and of costs over NAV: 10 bp of fee, 5 of slippage."""
    weights = np.array([0.35, 0.21, 0.14])
    held, cash = weights * 1e6 / closes[0], 300_000.0
    navs, turnover, cost = [], 0.0, 0.0
    for day, price in enumerate(closes):
        nav = cash + held @ price
        navs.append(nav)
        if day % every or day == len(closes) - 1:
            continue
        off = held * price / nav - weights
        left = np.clip(off, -band, band) if to_edge else 0.0 * off
        traded = np.where(np.abs(off) > band, left - off, 0.0) * nav
        paid = np.abs(traded) * (1 + 0.0005 * costs * np.sign(traded))
        lost = 0.001 * costs * paid + 0.0005 * costs * np.abs(traded)
        cash -= traded.sum() + lost.sum()
        held = held + traded / price
        turnover += paid.sum() / nav / 2
        cost += lost.sum() / nav
    return np.array(navs), turnover, cost


def test_what_is_saved_lies_on_a_power_between_two_points() -> None:
    # turnover 4 at 1 % and 1 at 4 % is 2 at 2 %: half of 4
    rules = [Point(0.04, 1.0, 0.0), Point(0.01, 4.0, 0.0)]
    saved = turnover_saved(rules, Point(0.02, 4.0, 0.0))
    assert saved == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("error", [0.0099, 0.0401])
def test_nothing_is_said_beyond_the_outermost_band(error: float) -> None:
    rules = [Point(0.04, 1.0, 0.0), Point(0.01, 4.0, 0.0)]
    assert turnover_saved(rules, Point(error, 4.0, 0.0)) is None


def test_a_spread_says_of_how_many_paths_it_is() -> None:
    assert spread_of([None, None]) == "n/a"
    assert spread_of([0.25]) == "25 %"
    assert spread_of([0.25, 0.35]) == "30 % (25 to 35)"
    assert spread_of([0.25, None, 0.35]) == "30 % (25 to 35), 2 of 3"


def test_a_seed_gives_the_same_paths_and_another_one_does_not() -> None:
    first, again, other = (
        next(generate_markets(1, seed=seed, days=10)).bars["ETH/USDT"].close for seed in (1, 1, 2)
    )
    assert first.tolist() == again.tolist()
    assert first[0] == other[0] == 350.0
    assert (first[1:] != other[1:]).all()


def test_generated_days_have_the_volatility_they_are_made_with() -> None:
    markets = generate_markets(4, seed=11, days=4_000)
    moves = [np.diff(np.log(market.bars["BTC/USDT"].close)) for market in markets]
    # 65 % a year; the squares of a Student t with 4 degrees have no variance, so this is loose
    assert np.concatenate(moves).std() * 365**0.5 == pytest.approx(0.65, rel=0.1)


def test_the_command_of_the_page_names_what_the_page_shows() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (named,) = re.findall(r"python -m benchmarks\.frontier ([a-z ]*[a-z])? +#", page)
    shown = [name for name, targets in PORTFOLIOS.items() if f"Targets: {targets}." in page]
    assert named.split() == shown
