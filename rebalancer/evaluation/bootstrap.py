"""Resampled markets: what history might have been, were its months shuffled.

A path is a world of its own, made from all of history at once. Nothing in it is a forecast, and
"no hindsight" is a law of what a policy does on a path, not of how the path was made.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from rebalancer.errors import UsageError
from rebalancer.evaluation.blocks import Blocks, draw_blocks, source_rows
from rebalancer.evaluation.dated_prices import DatedBars, rebuild_dated_bars
from rebalancer.evaluation.rebuilt_prices import Coin, Scale, chain_scales, coin_of, rebuild_bars
from rebalancer.model.instant import DAY_US
from rebalancer.model.market import Bars, FundingHistory, Market, Series

Family = tuple[Coin, str | None]
"""Dated contracts of one coin that settle in one coin."""

DEFAULT_BLOCK_US = 30 * DAY_US
"""Twice the two weeks that a patient condition waits, so that half of a block's days can end such
a wait; short enough that four years of rows give some fifty blocks to a path."""


def resample_markets(
    market: Market, *, paths: int, seed: int, block_us: int = DEFAULT_BLOCK_US
) -> Iterator[Market]:
    """Yield so many paths of a market, each the one that `resample_market` returns."""
    if paths < 1:
        raise UsageError(f"the number of paths must be at least 1, was {paths}")
    return (
        resample_market(market, seed=seed, path=path, block_us=block_us) for path in range(paths)
    )


def resample_market(
    market: Market, *, seed: int, path: int, block_us: int = DEFAULT_BLOCK_US
) -> Market:
    """Return path number `path`, from 0, of a market: blocks of its history in a drawn order.

    The stamps are the market's own. All symbols, funding and series of a time come from one past
    time, so what moved together still does. Prices go on across joins; funding and series are
    what they were, funding restated where a row's interval differs from its source's. A price
    level among the series means nothing on a path. The same seed and number give the same bytes,
    however many paths are drawn. Blocks come from the time in which every symbol has rows, so a
    market should hold those alone that the policy names: a young coin leaves little to draw from.

    Raises UsageError for a negative seed, for a market without prices and for blocks that do not
    fit it.
    """
    if seed < 0:
        raise UsageError(f"the seed must not be negative, was {seed}")
    # the child that SeedSequence(seed).spawn(paths) has at this place
    child = np.random.SeedSequence(seed, spawn_key=(path,))
    blocks = draw_blocks(market, block_us=block_us, randomness=np.random.default_rng(child))
    return replace(
        market,
        bars=_resample_bars(market, blocks),
        funding={name: _resample_funding(each, blocks) for name, each in market.funding.items()},
        series={name: _resample_series(each, blocks) for name, each in market.series.items()},
    )


def _resample_bars(market: Market, blocks: Blocks) -> Mapping[str, Bars]:
    """Return the bars of all symbols, the dated ones over the path of their coin."""
    scales = chain_scales(market, blocks)
    observed = {symbol: bars for symbol, bars in market.bars.items() if len(bars.time_us)}
    families: dict[Family, dict[str, DatedBars]] = {}
    rebuilt: dict[str, Bars] = {}
    for symbol, bars in observed.items():
        instrument = market.instruments[symbol]
        if instrument.expiry_us is None:
            rebuilt[symbol] = rebuild_bars(bars, scales[coin_of(instrument)])
        else:
            family = (coin_of(instrument), instrument.settle)
            dated = DatedBars(bars, instrument.expiry_us)
            families.setdefault(family, {})[symbol] = dated
    for (coin, _), contracts in families.items():
        scale = _scale_of(coin, scales, contracts)
        for symbol, contract in contracts.items():
            rebuilt[symbol] = rebuild_dated_bars(
                contract,
                tuple(contracts.values()),
                observed=observed[scale.reference],
                rebuilt=rebuilt[scale.reference],
                scale=scale,
            )
    return {symbol: rebuilt.get(symbol, bars) for symbol, bars in market.bars.items()}


def _scale_of(coin: Coin, scales: Mapping[Coin, Scale], contracts: Iterable[str]) -> Scale:
    if coin not in scales:
        name = min(contracts)
        raise UsageError(f"`{name}` expires, and the market has no {coin[0]} price that goes on")
    return scales[coin]


def _resample_funding(funding: FundingHistory, blocks: Blocks) -> FundingHistory:
    """Return funding at the same times and intervals, at the rates a year of the drawn times."""
    rows = source_rows(funding.time_us, blocks.sources(funding.time_us))
    hours = funding.interval_hours
    return FundingHistory(funding.time_us, funding.rate[rows] * (hours / hours[rows]), hours)


def _resample_series(series: Series, blocks: Blocks) -> Series:
    """Return a series at the same times with the values of the drawn times."""
    rows = source_rows(series.time_us, blocks.sources(series.time_us))
    return Series(series.time_us, series.value[rows])
