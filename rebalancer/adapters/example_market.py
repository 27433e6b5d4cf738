"""A small generated market: random prices, and a premium that starts to pay near the end."""

from dataclasses import dataclass

import numpy as np

from rebalancer.model.instant import DAY_US, HOUR_US, format_instant, parse_instant
from rebalancer.model.market import Floats

DAYS = 200
FIRST_CLOSE_US = parse_instant("2025-01-03")
LAST_CLOSE_US = FIRST_CLOSE_US + (DAYS - 1) * DAY_US
"""A Monday, so that the calendar of a weekly policy falls on the last bar."""

_SEED = 20250721
_INTERVAL_HOURS = 8
_PRINTS_A_DAY = 24 // _INTERVAL_HOURS
_PREMIUM_DAYS = 45
"""How long the premium has paid by the last day: two weeks to notice it, then a month of it."""


@dataclass(frozen=True, slots=True)
class _Coin:
    """What one coin's generated history looks like."""

    name: str
    start: float
    daily_volatility: float
    daily_drift: float
    future_digits: int


_COINS = (_Coin("BTC", 78_000.0, 0.022, 0.0016, 1), _Coin("ETH", 2_900.0, 0.031, 0.0014, 2))


@dataclass(frozen=True, slots=True)
class _Bars:
    """Open, high, low and close of consecutive days, arrays (day,)."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats

    def scaled(self, factor: Floats) -> "_Bars":
        """Return the bars with every price of a day times that day's factor."""
        prices = (self.open, self.high, self.low, self.close)
        return _Bars(*(price * factor for price in prices))


def prices_csv() -> str:
    """Return prices.csv: daily bars of each coin's spot pair and perpetual."""
    randomness = np.random.default_rng(_SEED)
    lines = ["timestamp,symbol,open,high,low,close"]
    by_symbol: dict[str, list[str]] = {}
    for coin in _COINS:
        spot = _random_bars(coin, randomness)
        future = spot.scaled(1 + _basis(randomness))
        by_symbol[f"{coin.name}/USDT"] = _texts(spot, digits=2)
        by_symbol[f"{coin.name}/USDT:USDT"] = _texts(future, digits=coin.future_digits)
    for day in range(DAYS):
        time = format_instant(FIRST_CLOSE_US + day * DAY_US)
        lines += [f"{time},{symbol},{texts[day]}" for symbol, texts in by_symbol.items()]
    return "\n".join(lines) + "\n"


def funding_csv() -> str:
    """Return funding.csv: three settlements a day, near neutral until the premium pays."""
    randomness = np.random.default_rng(_SEED + 1)
    count = DAYS * _PRINTS_A_DAY
    pays = np.arange(count) >= count - _PREMIUM_DAYS * _PRINTS_A_DAY
    lines = ["timestamp,symbol,funding_rate,interval_hours"]
    rates = {
        coin.name: np.where(pays, 0.00015, 0.00005) + randomness.uniform(-0.00003, 0.00003, count)
        for coin in _COINS
    }
    first_us = FIRST_CLOSE_US - DAY_US + _INTERVAL_HOURS * HOUR_US
    for row in range(count):
        time = format_instant(first_us + row * _INTERVAL_HOURS * HOUR_US)
        lines += [
            f"{time},{coin.name}/USDT:USDT,{rates[coin.name][row]:.8f},{_INTERVAL_HOURS}"
            for coin in _COINS
        ]
    return "\n".join(lines) + "\n"


def _random_bars(coin: _Coin, randomness: np.random.Generator) -> _Bars:
    """Return bars whose closes walk at random; each opens where the one before closed."""
    steps = randomness.normal(coin.daily_drift, coin.daily_volatility, DAYS)
    close = coin.start * np.exp(np.cumsum(steps))
    opening = np.concatenate([[coin.start], close[:-1]])
    wicks = np.abs(randomness.normal(0, coin.daily_volatility / 2, (2, DAYS)))
    return _Bars(
        open=opening,
        high=np.maximum(opening, close) * (1 + wicks[0]),
        low=np.minimum(opening, close) / (1 + wicks[1]),
        close=close,
    )


def _basis(randomness: np.random.Generator) -> Floats:
    """Return how far the perpetual is above its spot pair each day, a fraction (day,)."""
    pays = np.arange(DAYS) >= DAYS - _PREMIUM_DAYS
    basis: Floats = np.where(pays, 0.0004, 0.0001) + randomness.uniform(-0.0001, 0.0001, DAYS)
    return basis


def _texts(bars: _Bars, *, digits: int) -> list[str]:
    columns = zip(bars.open, bars.high, bars.low, bars.close, strict=True)
    return [",".join(f"{price:.{digits}f}" for price in prices) for prices in columns]
