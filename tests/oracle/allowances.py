"""What lots and minimums leave of a place: its own, and those of the legs sized on it."""

from collections.abc import Mapping
from typing import Any

from tests.oracle.arithmetic import Number
from tests.oracle.context import Context
from tests.oracle.targets import TargetSheet

CENT, COIN_PART = "0.01", "0.00000001"
"""Transfers are rounded to cents of the quote coin, to this part of another."""

KEPT_BACK = "0.000000002"
"""Of all that a wallet can give so much stays, that floats never ask for a cent that is not there:
two cents of ten million. Decided in docs/decisions/0006."""


def unsent_symbols(plan: Mapping[str, Any]) -> set[str]:
    """Return the instruments and wallets that the residuals of a plan name."""
    return {row["name"] for row in plan.get("residuals") or () if isinstance(row, Mapping)}


def coin_allowance(
    ctx: Context, sheet: TargetSheet, index: int, *, unsent: set[str]
) -> tuple[Number, Number]:
    """Return the lots and the minimums of a coin and of the contracts sized on it.

    Where a limit counts a coin and its contracts together, a contract whose lot cannot be sent
    leaves the coin to keep the limit: by as much as the coarsest such lot.
    """
    coin = ctx.coins[index]
    lots, least = coin.step_value, coin.smallest_order
    for contract, parts in zip(ctx.contracts, sheet.futures, strict=True):
        if any(part.place == index for part in parts.linked):
            lots += contract.step * contract.unit_base * coin.mark + ctx.policy.min_trade
            least += contract.smallest_order
    stuck = [
        row.step_value for row in ctx.contracts if row.base == coin.base and row.symbol in unsent
    ]
    return lots, max([least, *stuck])


def future_allowance(ctx: Context, sheet: TargetSheet, index: int) -> tuple[Number, Number]:
    """Return the lots and the minimums of a contract and of the coins it is sized on."""
    contract, parts = ctx.contracts[index], sheet.futures[index]
    coins = {part.place for part in parts.linked}
    for part in parts.pledged:
        coin = ctx.wallet_coins[part.place]
        coins |= set() if coin is None else {coin}
    least = sum((ctx.coins[coin].smallest_order for coin in coins), contract.smallest_order)
    return contract.step_value, least


def wallet_allowance(
    ctx: Context, sheet: TargetSheet, index: int, *, given: Number
) -> tuple[Number, Number]:
    """Return the unit of a transfer, and the lots and minimums of the coins it may wait for.

    `given` is what leaves the wallet, in quote money. Coins that a short is sized on are its spot
    leg: they wait for its lots and minimums too.
    """
    coin = ctx.wallet_coins[index]
    kept = ctx.arithmetic.make(KEPT_BACK) * max(given, ctx.zero)
    if coin is None:
        return ctx.arithmetic.make(CENT) + kept, ctx.zero
    row = ctx.coins[coin]
    lots = ctx.arithmetic.make(COIN_PART) * row.mark + row.step_value + kept
    least = row.smallest_order
    for contract, parts in zip(ctx.contracts, sheet.futures, strict=True):
        if any(part.place == index for part in parts.pledged):
            least += contract.smallest_order
    return lots, least
