"""The rebalancing frontier: how far rules stray from their target, and what staying close costs.

`python -m benchmarks.frontier coins` prints the tables of `docs/frontier.md`. Every rule is a
policy that the engine evaluates, on real daily history, on resampled paths of it and on generated
paths. What they are held against is the target itself: traded back to every day, without fees and
slippage.
"""

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.start_up import DAILY
from rebalancer.adapters.instruments_file import load_instruments
from rebalancer.adapters.market_folder import load_market
from rebalancer.evaluation.bootstrap import resample_markets
from rebalancer.evaluation.comparison import buy_and_hold
from rebalancer.evaluation.evaluate import evaluate
from rebalancer.evaluation.evaluate_many import evaluate_many
from rebalancer.evaluation.evaluation import Evaluation, FillRule
from rebalancer.evaluation.events import Liquidation
from rebalancer.model.book import Book
from rebalancer.model.instant import DAY_US, HOUR_US, YEAR_DAYS, parse_instant
from rebalancer.model.market import Bars, FundingHistory, Market
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy

Floats = NDArray[np.float64]

START_US = parse_instant("2020-09-21")
"""The first Monday on which all six instruments of the daily history have prices."""

PATHS = 4
BOOTSTRAP_SEED, GENERATED_SEED = 20_231_231, 20_200_921
DAYS = 1_200
CAPITAL = Decimal(1_000_000)
RULES_FILE = Path(__file__).parent / "three-assets" / "instruments.yaml"

YEARLY_VOLATILITY: Mapping[str, float] = {"BTC": 0.65, "ETH": 0.85, "SOL": 1.2}
FIRST_PRICE: Mapping[str, float] = {"BTC": 10_000.0, "ETH": 350.0, "SOL": 3.0}
CORRELATION, TAIL_FREEDOM = 0.75, 4
FUNDING_RATE, FUNDING_HOURS = 0.0001, 8

PORTFOLIOS: Mapping[str, str] = {
    "coins": "core: 70%, liquidity: 30%",
    "carry": "core: 40%, hedged_yield: 45%, liquidity: 15%",
}
POLICY = """\
rebalancer: 1
name: frontier
quote: USDT
assets:
  BTC: {{spot: BTC/USDT, future: BTC/USDT:USDT, share: 50%}}
  ETH: {{spot: ETH/USDT, future: ETH/USDT:USDT, share: 30%}}
  SOL: {{spot: SOL/USDT, future: SOL/USDT:USDT, share: 20%}}
sleeves:
  core:         {{kind: spot}}
  hedged_yield: {{kind: basis, leverage: 1.5}}
  liquidity:    {{kind: cash}}
regimes: {{only: {{targets: {{{targets}}}}}}}
initial_regime: only
execution: {{slippage: {slippage}}}
rebalance: {{every: {every}, band: {band}, to: {to}}}
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """When to look at a portfolio, which drift to leave alone, and where to trade back to."""

    name: str
    every: str
    band: str = "0%"
    to: str = "target"

    def policy(self, targets: str, *, slippage: str = "5bp") -> Policy:
        """Return the rule as a policy of one regime with these targets."""
        text = POLICY.format(
            targets=targets, slippage=slippage, every=self.every, band=self.band, to=self.to
        )
        policy, findings = read_policy(text.encode(), "frontier.yaml")
        if policy is None:
            raise ValueError("\n".join(map(str, findings)))
        return policy


@dataclass(frozen=True, slots=True)
class Point:
    """What a rule came to on one path; all but `liquidations` a year.

    `tracking_error` is the standard deviation of its daily returns less the target's, `turnover`
    the sum of ½ traded notional / NAV of each decision, `cost` that of fees and slippage / NAV.
    """

    tracking_error: float
    turnover: float
    cost: float
    liquidations: int = 0


TARGET_ITSELF = Rule("the target itself", "1d")
BANDS = ("1%", "2%", "5%", "10%")
CALENDARS = (Rule("every week", "1w"), Rule("every 30 days", "30d"))
TO_TARGET = tuple(Rule(f"band {band} to target", "1d", band, "target") for band in BANDS)
TO_EDGE = tuple(Rule(f"band {band} to edge", "1d", band, "edge") for band in BANDS)
RULES = (*CALENDARS, *TO_TARGET, *TO_EDGE)

Frontier = Sequence[Mapping[Rule, Point]]
"""Where each rule lies, path by path."""


def measure_frontier(targets: str, markets: Sequence[Market], *, start_us: int) -> Frontier:
    """Return where every rule lies on every path; all of them start on target.

    `markets` share their stamps and the prices at the start.
    """
    ideal = TARGET_ITSELF.policy(targets, slippage="0%")
    free = [without_fees(market) for market in markets]
    book = book_on_target(ideal, free[0], start_us=start_us)
    held = evaluate_many([ideal] * len(free), free, book=book, start_us=start_us)
    policies = [rule.policy(targets) for rule in RULES]
    found = []
    for market, target in zip(markets, held, strict=True):
        made = evaluate_many(policies, [market], book=book, start_us=start_us)
        points = (measure_point(one, target=target) for one in made)
        found.append(dict(zip(RULES, points, strict=True)))
    return found


def without_fees(market: Market) -> Market:
    """Return a market that trades for nothing."""
    free = {
        symbol: replace(one, taker_fee=Decimal(0), maker_fee=Decimal(0))
        for symbol, one in market.instruments.items()
    }
    return replace(market, instruments=free)


def book_on_target(policy: Policy, market: Market, *, start_us: int) -> Book:
    """Return the book that holds a policy's targets at the closes of the start."""
    once = buy_and_hold(policy, at_us=start_us, until_us=start_us)
    cash = Book(start_us, spot={policy.quote: CAPITAL})
    bought = evaluate(
        once,
        market,
        book=cash,
        start_us=start_us,
        end_us=start_us + DAY_US,
        fill=FillRule.SAME_CLOSE,
    )
    return replace(bought.book, as_of_us=start_us)


def measure_point(run: Evaluation, *, target: Evaluation) -> Point:
    """Return where a run of daily bars lies, held against the run of its target."""
    years = (run.end_us - run.start_us) / (YEAR_DAYS * DAY_US)
    decided_us = np.array([fill.decided_us for fill in run.fills], dtype=np.int64)
    nav = run.nav[np.searchsorted(run.time_us, decided_us, side="right") - 1]
    traded = np.array([abs(fill.notional) for fill in run.fills])
    paid = np.array([fill.fee + fill.slippage for fill in run.fills])
    return Point(
        tracking_error=tracking_error(run.nav, target.nav),
        turnover=float((traded / nav).sum()) / 2 / years,
        cost=float((paid / nav).sum()) / years,
        liquidations=sum(isinstance(event, Liquidation) for event in run.events),
    )


def tracking_error(nav: Floats, target_nav: Floats) -> float:
    """Return the standard deviation (n − 1) of daily returns less the target's, × √365."""
    off = nav[1:] / nav[:-1] - target_nav[1:] / target_nav[:-1]
    return float(off.std(ddof=1)) * math.sqrt(YEAR_DAYS)


def turnover_saved(rules: Sequence[Point], other: Point) -> float | None:
    """Return the share of another rule's turnover that is not needed at its tracking error.

    Between two points of `rules` turnover is a power of tracking error; None beyond the outermost.
    """
    line = sorted((point.tracking_error, point.turnover) for point in rules)
    error, turnover = np.log(np.array(line).T)
    at = math.log(other.tracking_error)
    if not error[0] <= at <= error[-1]:
        return None
    return 1 - math.exp(float(np.interp(at, error, turnover))) / other.turnover


def real_market(folder: Path) -> Market:
    """Return the daily history of all six instruments from the start, without its series."""
    market = load_market(folder)
    bars = {symbol: _bars_since_start(each) for symbol, each in market.bars.items()}
    funding = {symbol: _funding_since_start(each) for symbol, each in market.funding.items()}
    return replace(market, bars=bars, funding=funding, series={})


def _bars_since_start(bars: Bars) -> Bars:
    rows = bars.time_us >= START_US
    prices = (price[rows] for price in (bars.open, bars.high, bars.low, bars.close))
    return Bars(bars.time_us[rows], *prices)


def _funding_since_start(funding: FundingHistory) -> FundingHistory:
    rows = funding.time_us >= START_US
    return FundingHistory(funding.time_us[rows], funding.rate[rows], funding.interval_hours[rows])


def generate_markets(paths: int, *, seed: int, days: int = DAYS) -> Iterator[Market]:
    """Yield so many markets of independent days with joint fat tails, the basis always zero.

    Daily log returns are a multivariate Student t scaled to the yearly volatilities above.
    """
    known = load_instruments(RULES_FILE)
    for child in np.random.SeedSequence(seed).spawn(paths):
        closes = _generate_closes(np.random.default_rng(child), days)
        bars: dict[str, Bars] = {}
        for column, coin in enumerate(FIRST_PRICE):
            one = _bars_that_open_at_the_close(closes[:, column])
            bars |= {f"{coin}/USDT": one, f"{coin}/USDT:USDT": one}
        prints = np.arange(1, days * 24 // FUNDING_HOURS)
        rate, hours = np.full(len(prints), FUNDING_RATE), np.full(len(prints), FUNDING_HOURS)
        funding = FundingHistory(
            START_US + prints * FUNDING_HOURS * HOUR_US, rate, hours.astype(np.float64)
        )
        paid = {f"{coin}/USDT:USDT": funding for coin in FIRST_PRICE}
        yield Market(known.by_symbol, "2023-12-31", bars=bars, funding=paid)


def _generate_closes(random: np.random.Generator, days: int) -> Floats:
    """Return closes (day, coin) from the first prices on; logs drift by −½ variance a day."""
    own = random.standard_normal((days - 1, len(FIRST_PRICE)))
    shared = random.standard_normal((days - 1, 1))
    normal = math.sqrt(CORRELATION) * shared + math.sqrt(1 - CORRELATION) * own
    # a Student t has a variance of n / (n − 2)
    spread = random.chisquare(TAIL_FREEDOM, (days - 1, 1)) / (TAIL_FREEDOM - 2)
    daily = np.array(list(YEARLY_VOLATILITY.values())) / math.sqrt(YEAR_DAYS)
    moves = daily * normal / np.sqrt(spread) - daily**2 / 2
    path = np.vstack([np.zeros((1, len(daily))), np.cumsum(moves, axis=0)])
    return np.asarray(np.array(list(FIRST_PRICE.values())) * np.exp(path))


def _bars_that_open_at_the_close(close: Floats) -> Bars:
    opening = np.concatenate([close[:1], close[:-1]])
    time_us = START_US + DAY_US * np.arange(len(close), dtype=np.int64)
    return Bars(time_us, opening, np.maximum(opening, close), np.minimum(opening, close), close)


def gather_worlds(paths: int) -> dict[str, list[Market]]:
    """Return the paths to measure on by where they come from; says what is missing."""
    worlds: dict[str, list[Market]] = {}
    if DAILY.is_dir():
        real = real_market(DAILY)
        worlds["real"] = [real]
        worlds["resampled"] = list(resample_markets(real, paths=paths, seed=BOOTSTRAP_SEED))
    else:
        print(f"real and resampled paths skipped: no folder {DAILY.name}\n")
    worlds["generated"] = list(generate_markets(paths, seed=GENERATED_SEED))
    return worlds


def print_frontier(frontiers: Mapping[str, Frontier]) -> None:
    """Print the means over paths: a row for each rule, three columns for each world."""
    heads = [f"{world}: {of}" for world in frontiers for of in ("error", "turnover", "cost, bp")]
    print_row("rule", *heads)
    print_row("---", *["--:"] * len(heads))
    for rule in RULES:
        cells: list[str] = []
        for frontier in frontiers.values():
            points = [path[rule] for path in frontier]
            cells += [
                f"{100 * np.mean([point.tracking_error for point in points]):.2f} %",
                f"{100 * np.mean([point.turnover for point in points]):.0f} %",
                f"{10_000 * np.mean([point.cost for point in points]):.1f}",
            ]
        print_row(rule.name, *cells)
    print()


def print_saved(frontiers: Mapping[str, Frontier]) -> None:
    """Print how much less turnover bands need at a calendar's tracking error, over the paths."""
    pairs = [(calendar, band) for calendar in CALENDARS for band in (TO_TARGET, TO_EDGE)]
    heads = [f"{calendar.name}: to {band[0].to}" for calendar, band in pairs]
    print_row("less turnover than", *heads)
    print_row("---", *["--:"] * len(pairs))
    for world, frontier in frontiers.items():
        cells = []
        for calendar, band in pairs:
            saved = [turnover_saved([at[rule] for rule in band], at[calendar]) for at in frontier]
            cells.append(spread_of(saved))
        print_row(world, *cells)
    print()


def spread_of(saved: Sequence[float | None]) -> str:
    """Return mean, least and most of what is known, and of how many it is where not of all."""
    known = [100 * one for one in saved if one is not None]
    if not known:
        return "n/a"
    text = f"{np.mean(known):.0f} %"
    if len(known) > 1:
        text += f" ({min(known):.0f} to {max(known):.0f})"
    return text if len(known) == len(saved) else f"{text}, {len(known)} of {len(saved)}"


def print_liquidations(frontiers: Mapping[str, Frontier]) -> None:
    """Print which rules let a wallet be liquidated."""
    for world, frontier in frontiers.items():
        for rule in RULES:
            counts = [path[rule].liquidations for path in frontier]
            if any(counts):
                hit = sum(count > 0 for count in counts)
                print(f"Liquidated, {rule.name}, {world}: on {hit} of {len(counts)} paths.\n")


def print_row(*cells: str) -> None:
    """Print a row of a Markdown table."""
    print("|", " | ".join(cells), "|", flush=True)


def main() -> None:
    """Print the frontier of the named portfolios, or of all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.frontier", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PORTFOLIOS)}")
    parser.add_argument("--paths", type=int, default=PATHS, help=f"simulated paths, {PATHS}")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.names) - set(PORTFOLIOS))
    if unknown:
        parser.error(f"no portfolio `{unknown[0]}`, there are {', '.join(PORTFOLIOS)}")
    worlds = gather_worlds(arguments.paths)
    for name in arguments.names or PORTFOLIOS:
        targets = PORTFOLIOS[name]
        frontiers = {
            world: measure_frontier(targets, markets, start_us=START_US)
            for world, markets in worlds.items()
        }
        print(f"## {name}: {targets}\n")
        print_frontier(frontiers)
        print_saved(frontiers)
        print_liquidations(frontiers)


if __name__ == "__main__":
    main()
