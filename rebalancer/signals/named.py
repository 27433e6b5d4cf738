"""The symbols and series that a policy names, and when their rows begin and end."""

from collections.abc import Iterator

from rebalancer.model.market import Market, Times
from rebalancer.policy.compiled import OWN, Policy, SourceKind


def named_symbols(policy: Policy) -> frozenset[str]:
    """Return every symbol that a policy names: of assets, sleeves, hedges and signals."""
    return frozenset(_symbols(policy))


def named_series(policy: Policy) -> frozenset[str]:
    """Return the name of every series that a policy's signals read."""
    sources = (signal.source for signal in policy.signals)
    return frozenset(source.name for source in sources if source.kind is SourceKind.SERIES)


def named_range(policy: Policy, market: Market) -> tuple[int, int] | None:
    """Return the times of the first and the last row that the policy names, None without any.

    What else a folder holds must not move the start of a replay: a plan is a function of the
    rows that its policy and book name.
    """
    stamped = [time_us for time_us in _named_times(policy, market) if len(time_us)]
    if not stamped:
        return None
    return min(int(times[0]) for times in stamped), max(int(times[-1]) for times in stamped)


def _symbols(policy: Policy) -> Iterator[str]:
    """Yield the symbols that a policy names, some of them more than once."""
    for asset in policy.assets:
        yield from (symbol for symbol in (asset.spot, asset.future) if symbol is not None)
    for sleeve in policy.sleeves:
        yield from (symbol for _, symbol in sleeve.futures)
    for regime in policy.regimes:
        yield from (hedge.instrument for hedge in regime.hedges if hedge.instrument != OWN)
    for signal in policy.signals:
        source = signal.source
        if source.kind in {SourceKind.PRICE, SourceKind.FUNDING, SourceKind.BASIS}:
            yield source.name
        if source.over is not None:
            yield source.over
        yield from (each.to for each in signal.transforms if each.to is not None)


def _named_times(policy: Policy, market: Market) -> Iterator[Times]:
    """Yield the stamps of everything that the policy names and the market holds."""
    symbols = named_symbols(policy)
    yield from (bars.time_us for symbol, bars in market.bars.items() if symbol in symbols)
    yield from (rows.time_us for symbol, rows in market.funding.items() if symbol in symbols)
    names = named_series(policy)
    yield from (series.time_us for name, series in market.series.items() if name in names)
