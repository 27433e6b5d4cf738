"""The layout: which instrument, asset and wallet stands in which column of the arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.book import Account
from rebalancer.model.instrument import Instrument
from rebalancer.model.margin import MarginTiers, margin_tiers
from rebalancer.policy.compiled import Policy

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Columns of one policy's arrays: spot first, then futures; rules as arrays (instrument,).

    `lot` is base coins per whole multiple, `min_amount` is in base coins, `min_cost` in the quote
    coin, `fee` and `slippage` fractions of notional. `wallet_of` gives each future's wallet.
    In a unified account there are no wallets: the pool is the one place of margin.
    INVARIANT: `instruments` lists every spot column before every future.
    """

    instruments: tuple[Instrument, ...]
    spot_count: int
    assets: tuple[str, ...]
    asset_of: tuple[int, ...]
    wallets: tuple[str, ...]
    wallet_of: tuple[int, ...]
    unified: bool
    quote: str
    lot: Floats
    min_amount: Floats
    min_cost: Floats
    fee: Floats
    slippage: float
    tiers: tuple[MarginTiers, ...]
    stress_low: Floats
    stress_high: Floats

    @property
    def symbols(self) -> tuple[str, ...]:
        """The instruments' symbols, in column order."""
        return tuple(instrument.symbol for instrument in self.instruments)

    @property
    def future_count(self) -> int:
        """How many of the columns are futures."""
        return len(self.instruments) - self.spot_count

    @property
    def has_stress(self) -> bool:
        """Whether the policy asks that limits hold after its stress moves."""
        return bool(self.stress_low.any() or self.stress_high.any())


def policy_symbols(policy: Policy) -> tuple[str, ...]:
    """Return every symbol that the policy's sleeves and hedges may trade, spot before futures."""
    spot = [asset.spot for asset in policy.assets if asset.spot]
    futures = [asset.future for asset in policy.assets if asset.future]
    for sleeve in policy.sleeves:
        futures += [symbol for _, symbol in sleeve.futures]
    for regime in policy.regimes:
        futures += [hedge.instrument for hedge in regime.hedges if ":" in hedge.instrument]
    return tuple(dict.fromkeys((*spot, *futures)))


def build_layout(
    policy: Policy,
    instruments: Mapping[str, Instrument],
    *,
    account: Account,
    extra: Sequence[str] = (),
) -> Layout:
    """Return the layout of a policy's symbols, and of `extra` ones that a book holds besides.

    Symbols that are not in `instruments` get no column: they have no price yet.
    """
    symbols = dict.fromkeys((*policy_symbols(policy), *extra))
    known = [instruments[symbol] for symbol in symbols if symbol in instruments]
    columns = sorted(known, key=lambda one: one.is_future)
    futures = [instrument for instrument in columns if instrument.is_future]
    assets = tuple(dict.fromkeys(instrument.base for instrument in columns))
    unified = account is Account.UNIFIED
    coins = (policy.quote, *(str(future.settle) for future in futures))
    wallets = () if unified else tuple(dict.fromkeys(coins))
    moves = _stress_moves(policy, instruments)
    return Layout(
        instruments=tuple(columns),
        spot_count=len(columns) - len(futures),
        assets=assets,
        asset_of=tuple(assets.index(instrument.base) for instrument in columns),
        wallets=wallets,
        wallet_of=tuple(0 if unified else wallets.index(str(one.settle)) for one in futures),
        unified=unified,
        quote=policy.quote,
        lot=_floats([one.lot_size for one in columns]),
        min_amount=_floats([one.min_amount * one.contract_size for one in columns]),
        min_cost=_floats([one.min_cost for one in columns]),
        fee=_floats([one.taker_fee for one in columns]),
        slippage=float(policy.slippage),
        tiers=tuple(margin_tiers(future) for future in futures),
        stress_low=np.array([moves.get(asset, (0.0, 0.0))[0] for asset in assets]),
        stress_high=np.array([moves.get(asset, (0.0, 0.0))[1] for asset in assets]),
    )


def _stress_moves(
    policy: Policy, instruments: Mapping[str, Instrument]
) -> dict[str, tuple[float, float]]:
    """Return the low and high move of each base coin that the policy stresses."""
    moves = {}
    for name, low, high in policy.stress:
        asset = policy.asset(name)
        for symbol in (asset.spot, asset.future):
            if symbol is not None and symbol in instruments:
                moves[instruments[symbol].base] = (float(low), float(high))
    return moves


def _floats(values: Sequence[Decimal]) -> Floats:
    return np.array([float(value) for value in values], dtype=np.float64)
