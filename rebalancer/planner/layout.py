"""The layout: which instrument, asset and wallet stands in which column of the arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from rebalancer.model.book import Account
from rebalancer.model.decimals import CENT, COIN_QUANTUM, MONEY_QUANTUM
from rebalancer.model.instrument import Instrument
from rebalancer.model.margin import MarginTiers, margin_tiers
from rebalancer.policy.compiled import OWN, Policy

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Columns of one policy's arrays: spot first, then futures; rules as arrays (instrument,).

    Sizes are base coins, of an inverse contract quote money: `lot` is the size of one whole
    multiple, `min_amount` a size, `min_cost` is in the quote coin, `fee` and `slippage` are
    fractions of notional. `wallet_of` gives each future's wallet, `coin_of` the spot column of
    the coin that settles it (-1: the quote coin), `wallet_coin` that of each wallet's coin.
    `fee_step` and `transfer_step` are the smallest amounts of a fee and of a transfer, in the
    coin that pays. In a unified account there are no wallets: the pool is the one place of margin.
    INVARIANT: `instruments` lists every spot column before every future, and the spot pair of
    every coin that settles a future.
    """

    instruments: tuple[Instrument, ...]
    spot_count: int
    assets: tuple[str, ...]
    asset_of: tuple[int, ...]
    wallets: tuple[str, ...]
    wallet_of: tuple[int, ...]
    coin_of: tuple[int, ...]
    wallet_coin: tuple[int, ...]
    unified: bool
    quote: str
    lot: Floats
    min_amount: Floats
    min_cost: Floats
    fee: Floats
    fee_step: Floats
    transfer_step: Floats
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

    def is_inverse(self, future: int) -> bool:
        """Return whether a future is settled in its own coin."""
        return self.coin_of[future] >= 0

    @property
    def has_stress(self) -> bool:
        """Whether the policy asks that limits hold after its stress moves."""
        return bool(self.stress_low.any() or self.stress_high.any())


def policy_symbols(policy: Policy) -> tuple[str, ...]:
    """Return every symbol that a policy manages, spot before futures.

    They are those of its assets, sleeves and hedges, also where nothing trades them.
    """
    spot = [asset.spot for asset in policy.assets if asset.spot]
    futures = [asset.future for asset in policy.assets if asset.future]
    for sleeve in policy.sleeves:
        futures += [symbol for _, symbol in sleeve.futures]
    for regime in policy.regimes:
        futures += [hedge.instrument for hedge in regime.hedges if ":" in hedge.instrument]
    return tuple(dict.fromkeys((*spot, *futures)))


def column_symbols(policy: Policy, instruments: Mapping[str, Instrument]) -> tuple[str, ...]:
    """Return the symbols of a policy that have a column whatever a book holds.

    All that it manages but contracts in the quote coin that no sleeve and no hedge trades: an asset
    may name one for its signals alone, and only a book that holds it has anything to do with it. A
    coin's contract that nothing trades stays, for there may be coins in its wallet.
    """
    traded = {symbol for sleeve in policy.sleeves for _, symbol in sleeve.futures}
    hedged = {hedge.instrument for regime in policy.regimes for hedge in regime.hedges}
    if OWN in hedged:
        traded |= {asset.future for asset in policy.assets if asset.future}
    return tuple(
        symbol
        for symbol in policy_symbols(policy)
        if symbol in traded | hedged or not _settles_in(policy.quote, instruments.get(symbol))
    )


def _settles_in(quote: str, instrument: Instrument | None) -> bool:
    return instrument is not None and instrument.settle == quote


def build_layout(
    policy: Policy,
    instruments: Mapping[str, Instrument],
    *,
    account: Account,
    extra: Sequence[str] = (),
) -> Layout:
    """Return the layout of what a policy trades, and of `extra` symbols that a book holds besides.

    Symbols that are not in `instruments` get no column: they have no price yet. Nor does a
    contract whose settle coin has no spot pair: nothing says what its coin is worth.
    """
    symbols = dict.fromkeys((*column_symbols(policy, instruments), *extra))
    known = [instruments[symbol] for symbol in symbols if symbol in instruments]
    coins = {one.base for one in known if not one.is_future}
    valued = [one for one in known if not one.is_inverse or one.base in coins]
    columns = sorted(valued, key=lambda one: one.is_future)
    futures = [instrument for instrument in columns if instrument.is_future]
    assets = tuple(dict.fromkeys(instrument.base for instrument in columns))
    unified = account is Account.UNIFIED
    settles = (policy.quote, *(str(future.settle) for future in futures))
    wallets = () if unified else tuple(dict.fromkeys(settles))
    spots = {one.base: place for place, one in enumerate(columns) if not one.is_future}
    moves = _stress_moves(policy, instruments)
    return Layout(
        instruments=tuple(columns),
        spot_count=len(columns) - len(futures),
        assets=assets,
        asset_of=tuple(assets.index(instrument.base) for instrument in columns),
        wallets=wallets,
        wallet_of=tuple(0 if unified else wallets.index(str(one.settle)) for one in futures),
        coin_of=tuple(spots[one.base] if one.is_inverse else -1 for one in futures),
        wallet_coin=tuple(-1 if coin == policy.quote else spots[coin] for coin in wallets),
        unified=unified,
        quote=policy.quote,
        lot=_floats([one.lot_size for one in columns]),
        min_amount=_floats([one.min_amount * one.contract_size for one in columns]),
        min_cost=_floats([one.min_cost for one in columns]),
        fee=_floats([one.taker_fee for one in columns]),
        fee_step=_floats([COIN_QUANTUM if one.is_inverse else MONEY_QUANTUM for one in columns]),
        transfer_step=_floats(
            [CENT if coin == policy.quote else coin_step(columns[spots[coin]]) for coin in wallets]
        ),
        slippage=float(policy.slippage),
        tiers=tuple(margin_tiers(future) for future in futures),
        stress_low=np.array([moves.get(asset, (0.0, 0.0))[0] for asset in assets]),
        stress_high=np.array([moves.get(asset, (0.0, 0.0))[1] for asset in assets]),
    )


def coin_step(spot: Instrument) -> Decimal:
    """Return the smallest transfer of a coin: the hundred-millionth that venues book.

    A thousandth of its lot where that is a whole coin or more: such coins come in numbers of which
    a float would not tell one hundred-millionth from the next.
    """
    if spot.amount_step < 1:
        return COIN_QUANTUM
    return Decimal(1).scaleb(spot.amount_step.adjusted() - 3)


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
