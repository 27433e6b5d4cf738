"""The plans of one portfolio or many, and where a policy stands."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from rebalancer.adapters.scalars import parse_positive
from rebalancer.api.inputs import (
    FilePath,
    Number,
    Time,
    as_book,
    as_market,
    as_microseconds,
    as_policy,
    require_sane,
)
from rebalancer.engine import Moment, decide, describe_status, prepare
from rebalancer.errors import UsageError
from rebalancer.model.book import Book
from rebalancer.model.instant import format_duration, format_instant
from rebalancer.model.market import Market
from rebalancer.model.plan import Plan
from rebalancer.model.status import Status
from rebalancer.policy.compiled import Policy
from rebalancer.policy.hints import did_you_mean


def plan(
    policy: Policy | FilePath,
    market: Market | FilePath,
    portfolio: Book | FilePath,
    *,
    as_of: Time | None = None,
    regime: str | None = None,
    prices: Mapping[str, Number] | None = None,
) -> Plan:
    """Return the plan that brings a portfolio to its policy, with a reason for every trade.

    Args:
        policy: The policy, or its file.
        market: The market, or its folder. Only rows stamped at or before `as_of` are used.
        portfolio: The portfolio, or its file.
        as_of: The time to decide for; the portfolio's own where left out. The two may not be
            further apart than the policy's `data.max_age`.
        regime: The regime to plan for; replayed from the market's history where left out.
        prices: Prices that override the market's closes, by symbol, in the instrument's quote
            coin.

    Raises:
        InvalidInput: A file cannot be used; its findings say where and why.
        UsageError: The times lie too far apart, the policy has no such regime, or the market has
            no such symbol.

    The same inputs give the same plan and the same `plan_id`, in any process. A plan that cannot be
    made is returned too: its status is `refused`, and its refusals say why.
    """
    portfolios = [portfolio]
    (made,) = plan_many(policy, market, portfolios, as_of=as_of, regime=regime, prices=prices)
    return made


def plan_many(
    policy: Policy | FilePath,
    market: Market | FilePath,
    portfolios: Iterable[Book | FilePath],
    *,
    as_of: Time | None = None,
    regime: str | None = None,
    prices: Mapping[str, Number] | None = None,
) -> list[Plan]:
    """Return one plan for each portfolio, in order: each is the plan that `plan` would return.

    Signals and regimes do not depend on portfolios and are computed once; the portfolios of one
    time are planned as one batch. Arguments and exceptions are those of `plan`.
    """
    rules = as_policy(policy)
    observed = as_market(market)
    books = [as_book(each) for each in portfolios]
    if not books:
        return []
    overrides = _prices(prices or {}, observed)
    times = [_decision_time(rules, book, as_of) for book in books]
    history = prepare(rules, observed, as_of_us=max(times))
    plans: dict[int, Plan] = {}
    for as_of_us in sorted(set(times)):
        rows = [row for row, time in enumerate(times) if time == as_of_us]
        made = decide(
            rules,
            observed,
            history=history,
            books=[books[row] for row in rows],
            moment=Moment(as_of_us, regime, overrides),
        )
        plans.update(zip(rows, made, strict=True))
    return [plans[row] for row in range(len(books))]


def status(
    policy: Policy | FilePath, market: Market | FilePath, *, as_of: Time | None = None
) -> Status:
    """Return where a policy stands: signals, and what each way out of the regime still needs.

    Without `as_of` it is the time of the last row that the policy names. Raises InvalidInput for
    a file that cannot be used and UsageError for a time that cannot be read.
    """
    rules, observed = as_policy(policy), as_market(market)
    history = prepare(rules, observed, as_of_us=None if as_of is None else as_microseconds(as_of))
    return describe_status(rules, history, as_of_us=history.path.until_us)


def _decision_time(policy: Policy, book: Book, as_of: Time | None) -> int:
    """Return the time to plan a book for; raises UsageError where the book is of another time."""
    counted_us = require_sane(book.as_of_us, "the portfolio's `as_of`")
    if as_of is None:
        return counted_us
    as_of_us = as_microseconds(as_of)
    apart_us = abs(as_of_us - counted_us)
    if apart_us > policy.max_age_us:
        raise UsageError(
            f"as of {format_instant(as_of_us)} is {format_duration(apart_us)} away from the "
            f"portfolio's {format_instant(counted_us)}, more than the policy's `data.max_age` "
            f"of {format_duration(policy.max_age_us)}; plan with a portfolio counted nearer"
        )
    return as_of_us


def _prices(prices: Mapping[str, Number], market: Market) -> dict[str, Decimal]:
    """Return prices as exact decimals; raises UsageError for one that nothing can use."""
    exact: dict[str, Decimal] = {}
    for symbol, price in prices.items():
        if symbol not in market.instruments:
            hint = did_you_mean(symbol, market.instruments)
            raise UsageError(f"price of `{symbol}`: the market has no such symbol; {hint}")
        try:
            exact[symbol] = parse_positive(str(price))
        except ValueError as error:
            raise UsageError(f"price of `{symbol}` {error}") from None
    return exact
