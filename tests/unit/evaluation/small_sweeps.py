"""A small sweep: a policy of one signal, a hundred days of one coin, and settings that matter."""

import numpy as np

from rebalancer.model.market import Market
from tests.unit.evaluation.small_histories import btc_market

POLICY = """
rebalancer: 1
name: small-sweep
quote: USDT
assets: {BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT'}}
signals: {trend: {price: BTC/USDT, apply: [{over_mean: 10d}]}}
sleeves: {core: {kind: spot}, short: {kind: short, leverage: 1}, cash: {kind: cash}}
regimes:
  calm: {targets: {core: 60%, cash: 40%}}
  storm: {targets: {core: 20%, short: 20%, cash: 60%}}
initial_regime: calm
transitions:
  - {name: down, from: calm, to: storm, when: {signal: trend, below: -2%}}
  - {name: up, from: storm, to: calm, when: {signal: trend, above: 2%}}
rebalance: {every: 1w, band: 1%}
"""
SETTINGS = ("rebalance.band=0%,2%", "transitions.down.when.below=-2%,-7%,-9%")
"""Six variants, the band changing slowest."""


def wavy_market() -> Market:
    """A hundred days on which the price swings by a fifth around 30,000."""
    days = np.arange(100)
    swings = 0.2 * np.sin(days / 8) + 0.03 * np.sin(days * 1.7)
    return btc_market((30_000 * (1 + swings)).round(2).tolist())
