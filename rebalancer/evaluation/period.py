"""From when to when a policy is evaluated, and why it cannot be."""

from rebalancer.errors import UsageError
from rebalancer.evaluation.timeline import first_bar_us, last_bar_us
from rebalancer.model.instant import format_instant
from rebalancer.model.market import Market
from rebalancer.planner.layout import policy_symbols
from rebalancer.policy.compiled import Policy
from rebalancer.policy.symbols import parse_contract


def choose_period(
    policy: Policy, market: Market, *, start_us: int | None, end_us: int | None
) -> tuple[int, int]:
    """Return the first and the last time of an evaluation.

    Without a start it is the first time at which all assets of the policy have had a price; of a
    family of dated contracts, any of them. Without an end it is the last such row. Raises
    UsageError where something has no price at all, and for times in the wrong order or outside
    of what the market covers.
    """
    families = {family for family, _ in policy.rolls}
    groups = {
        symbol: _contracts(symbol, market) if symbol in families else (symbol,)
        for symbol in policy_symbols(policy)
    }
    firsts = {symbol: first_bar_us(market, members) for symbol, members in groups.items()}
    for symbol, first_us in firsts.items():
        if first_us is None:
            raise UsageError(
                f"the market has no prices of `{symbol}`, which policy `{policy.name}` names"
            )
    every = [member for members in groups.values() for member in members]
    first_us, last_us = first_bar_us(market, every), last_bar_us(market, every, until_us=None)
    if first_us is None or last_us is None:
        raise UsageError(f"policy `{policy.name}` names no market; there is nothing to evaluate")
    for name, time_us in (("start", start_us), ("end", end_us)):
        if time_us is not None and not first_us <= time_us <= last_us:
            raise UsageError(
                f"{name} {format_instant(time_us)} is outside of the market, whose prices are "
                f"from {format_instant(first_us)} to {format_instant(last_us)}"
            )
    priced_us = max(each for each in firsts.values() if each)
    if start_us is None and end_us is None and priced_us == last_us:
        raise UsageError(
            f"the market has one row alone in which everything that policy `{policy.name}` names "
            f"has a price, of {format_instant(priced_us)}; an evaluation needs a later one too"
        )
    start_us = priced_us if start_us is None else start_us
    end_us = last_us if end_us is None else end_us
    if start_us >= end_us:
        raise UsageError(
            f"start {format_instant(start_us)} is not before end {format_instant(end_us)}"
        )
    return start_us, end_us


def _contracts(symbol: str, market: Market) -> tuple[str, ...]:
    """Return the dated contracts of a family."""
    family = parse_contract(symbol)
    coins = (family.base, family.quote, family.settle)
    return tuple(
        each.symbol
        for each in market.instruments.values()
        if each.expiry_us is not None and (each.base, each.quote, each.settle) == coins
    )
