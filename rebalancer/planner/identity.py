"""A plan's identity: the digest of all that it is a function of, and of nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from rebalancer import __version__
from rebalancer.model.book import Book
from rebalancer.model.decimals import decimal_text
from rebalancer.model.digest import digest_book, digest_instruments, digest_lines, digest_market
from rebalancer.model.market import Market
from rebalancer.model.plan import Inputs, Plan
from rebalancer.planner.reading import book_symbols
from rebalancer.policy.compiled import Policy


def identify_plans(
    plans: Iterable[tuple[Plan, Book]],
    policy: Policy,
    *,
    market: Market,
    named: tuple[frozenset[str], frozenset[str]],
    chosen: tuple[str | None, Mapping[str, Decimal]],
) -> tuple[Plan, ...]:
    """Return the plans with their inputs' digests and their ids.

    `named` are the symbols and series that the policy names; a plan's id covers their rows and
    those of its book's symbols. `chosen` are the regime and the prices set by hand.
    """
    symbols, series = named
    digests: dict[frozenset[str], tuple[str, str]] = {}
    identified = []
    for plan, book in plans:
        read = symbols | book_symbols(book, policy.quote)
        if read not in digests:
            digests[read] = (
                digest_market(market, read, series=series, as_of_us=plan.as_of_us),
                digest_instruments(market.instruments, read),
            )
        market_digest, instruments_digest = digests[read]
        inputs = Inputs(
            policy=policy.digest,
            portfolio=digest_book(book),
            market=market_digest,
            instruments=instruments_digest,
            version=__version__,
        )
        regime, prices = chosen
        used = {symbol: price for symbol, price in prices.items() if symbol in read}
        plan_id = _plan_id(inputs, plan.as_of_us, regime=regime, prices=used)
        identified.append(replace(plan, inputs=inputs, plan_id=plan_id))
    return tuple(identified)


def _plan_id(
    inputs: Inputs, as_of_us: int, *, regime: str | None, prices: Mapping[str, Decimal]
) -> str:
    parts = (inputs.policy, inputs.portfolio, inputs.market, inputs.instruments, inputs.version)
    by_hand = [f"price {symbol} {decimal_text(prices[symbol])}" for symbol in sorted(prices)]
    return digest_lines(
        (*parts, f"{as_of_us}", "replayed" if regime is None else f"regime {regime}", *by_hand)
    )
