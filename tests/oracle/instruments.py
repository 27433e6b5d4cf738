"""What the venue asks of one instrument: lots, minimums, fees and margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import Arithmetic, Number, OutOfScopeError

DEFAULT_SETTING = 10
KINDS = {"spot", "perpetual", "future"}


@dataclass(frozen=True, slots=True)
class Tier:
    """One margin tier; `cum` makes maintenance margin continuous across its floor."""

    floor: Number
    rate: Number
    cum: Number
    max_leverage: Number | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A spot pair or a contract at its own mark, with or without an expiry.

    An inverse contract's size is in dollars; it is margined, and settles, in its own coin.
    """

    symbol: str
    is_spot: bool
    is_inverse: bool
    base: str
    quote: str
    settle: str
    mark: Number
    size: Number
    unit_value: Number
    """Of one unit of amount, a coin or a contract, in quote money."""
    unit_base: Number
    """Coins that one unit of amount stands for."""
    step: Number
    min_amount: Number
    min_cost: Number
    fee: Number
    setting: Number
    tiers: tuple[Tier, ...]

    @property
    def unit_settled(self) -> Number:
        """Return one unit's notional in the coin it settles in: what margin and fees count."""
        return self.unit_base if self.is_inverse else self.unit_value

    def profit(self, held: Number, entry: Number) -> Number:
        """Return the profit of signed contracts in the settle coin."""
        if self.is_inverse:
            return held * self.size * (1 / entry - 1 / self.mark)
        return held * self.size * (self.mark - entry)

    def joint_entry(self, held: Number, entry: Number, added: Number) -> Number:
        """Return the entry price after contracts of the same side are added at the mark.

        It leaves the profit as it is: the mean of prices, or of their reciprocals where inverse.
        """
        if held == 0:
            return self.mark
        if self.is_inverse:
            return (held + added) / (held / entry + added / self.mark)
        return (held * entry + added * self.mark) / (held + added)

    @property
    def step_value(self) -> Number:
        """Return the value of one lot."""
        return self.step * self.unit_value

    @property
    def smallest_order(self) -> Number:
        """Return the value of the smallest order the venue takes, in whole lots."""
        least = max(self.min_amount, self.min_cost / self.unit_value, self.step)
        return -(-least // self.step) * self.step_value

    def maintenance(self, notional: Number) -> Number:
        """Return the maintenance margin of an absolute notional, both in the settle coin."""
        tier = self.tier(notional)
        return notional * tier.rate - tier.cum

    def initial(self, notional: Number) -> Number:
        """Return the initial margin locked for an absolute notional, both in the settle coin."""
        most = self.tier(notional).max_leverage
        return notional / (self.setting if most is None else min(self.setting, most))

    def tier(self, notional: Number) -> Tier:
        """Return the tier that an absolute notional falls in."""
        found = self.tiers[0]
        for tier in self.tiers[1:]:
            if tier.floor > notional:
                break
            found = tier
        return found


def read_instrument(
    symbol: str, row: Mapping[str, Any], *, mark: Number, arithmetic: Arithmetic
) -> Instrument:
    """Return one instrument of an instruments file at its mark."""
    kind, read = row["kind"], arithmetic.read
    if kind not in KINDS:
        raise OutOfScopeError(f"`{symbol}` is a {kind}")
    settle = row.get("settle", row["quote"])
    if settle not in {row["quote"], row["base"]}:
        raise OutOfScopeError(f"`{symbol}` settles in {settle}: neither linear nor inverse")
    size = read(row.get("contract_size", 1))
    is_inverse = settle != row["quote"]
    return Instrument(
        symbol=symbol,
        is_spot=kind == "spot",
        is_inverse=is_inverse,
        base=row["base"],
        quote=row["quote"],
        settle=settle,
        mark=mark,
        size=size,
        unit_value=size if is_inverse else size * mark,
        unit_base=size / mark if is_inverse else size,
        step=read(row["amount_step"]),
        min_amount=read(row.get("min_amount", 0)),
        min_cost=read(row.get("min_cost", 0)),
        fee=read(row["taker_fee"]),
        setting=read(row.get("leverage", DEFAULT_SETTING)),
        tiers=read_tiers(row.get("margin_tiers", ()), arithmetic),
    )


def read_tiers(rows: Any, arithmetic: Arithmetic) -> tuple[Tier, ...]:
    """Return the tiers with cum_n = cum_{n−1} + floor_n·(mmr_n − mmr_{n−1})."""
    read = arithmetic.read
    zero = arithmetic.make("0")
    tiers: list[Tier] = []
    for row in rows:
        floor, rate = read(row["from"]), read(row["maintenance"])
        before = tiers[-1] if tiers else Tier(zero, rate, zero, None)
        most = read(row["max_leverage"]) if "max_leverage" in row else None
        tiers.append(Tier(floor, rate, before.cum + floor * (rate - before.rate), most))
    return tuple(tiers) or (Tier(zero, zero, zero, None),)
