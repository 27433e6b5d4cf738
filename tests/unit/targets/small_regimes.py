"""Policies of one regime, made of compiled values: what a test says of capital and no more."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from rebalancer.model.beta import Betas
from rebalancer.model.target_parts import RegimeTargets
from rebalancer.policy.compiled import Amount, Asset, Hedge, Policy, Regime, Sleeve, SleeveKind
from rebalancer.targets.build import build_targets
from tests import small_policies

SETTLE = {
    "BTC/USDT:USDT": "USDT",
    "ETH/USDT:USDT": "USDT",
    "SOL/USDT:USDT": "USDT",
    "BTC/USD:BTC": "BTC",
    "ETH/USD:ETH": "ETH",
}
COINS = ("BTC", "ETH", "SOL")
ASSETS = tuple(Asset(coin, f"{coin}/USDT", f"{coin}/USDT:USDT", Decimal(0)) for coin in COINS)


def amount(text: str) -> Amount:
    """`0.6`, or `0.6 0.5 0.7` for a target with its range."""
    return Amount(*map(Decimal, text.split()))


def sleeve(name: str, kind: SleeveKind, *, leverage: str = "1", **shares: str) -> Sleeve:
    """A sleeve of assets with their shares, in their perpetuals against USDT."""
    futures = tuple((coin, f"{coin}/USDT:USDT") for coin in shares)
    return Sleeve(
        name, kind, Decimal(leverage), tuple((c, Decimal(s)) for c, s in shares.items()), futures
    )


def coin_sleeve(name: str, **shares: str) -> Sleeve:
    """A basis sleeve on coin collateral, in the coins' inverse perpetuals."""
    futures = tuple((coin, f"{coin}/USD:{coin}") for coin in shares)
    plain = sleeve(name, SleeveKind.BASIS, **shares)
    return replace(plain, futures=futures, on_coin=True)


def hedge(
    of: str, ratio: str, instrument: str, *, leverage: str = "1", beta_us: int | None = None
) -> Hedge:
    return Hedge(of, amount(ratio), instrument, Decimal(leverage), "cash", beta_us)


def policy_of(*sleeves: Sleeve, hedges: tuple[Hedge, ...] = (), **targets: str) -> Policy:
    """A policy of one regime; a `cash` sleeve and the assets BTC, ETH and SOL are there already."""
    every = (*sleeves, Sleeve("cash", SleeveKind.CASH))
    asked = tuple((each.name, amount(targets.get(each.name, "0"))) for each in every)
    plain = small_policies.policy_of([], [], regimes=(Regime("only", asked, hedges),))
    return replace(plain, assets=ASSETS, sleeves=every)


def targets_of(policy: Policy, betas: Betas | None = None) -> RegimeTargets:
    return build_targets(policy, policy.regimes[0], settle=SETTLE, betas=betas)


def share(text: str) -> Fraction:
    return Fraction(text)
