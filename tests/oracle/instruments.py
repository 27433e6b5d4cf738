"""What the venue asks of one instrument: lots, minimums, fees and margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import Arithmetic, Number, OutOfScopeError

DEFAULT_SETTING = 10


@dataclass(frozen=True, slots=True)
class Tier:
    """One margin tier; `cum` makes maintenance margin continuous across its floor."""

    floor: Number
    rate: Number
    cum: Number
    max_leverage: Number | None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A spot pair or a linear perpetual at its own mark."""

    symbol: str
    is_spot: bool
    base: str
    settle: str
    mark: Number
    size: Number
    unit_value: Number
    """Of one unit of amount: a coin, or a contract."""
    step: Number
    min_amount: Number
    min_cost: Number
    fee: Number
    setting: Number
    tiers: tuple[Tier, ...]

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
        """Return the maintenance margin of an absolute notional."""
        tier = self.tier(notional)
        return notional * tier.rate - tier.cum

    def initial(self, notional: Number) -> Number:
        """Return the initial margin the venue locks for an absolute notional."""
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
    if kind not in {"spot", "perpetual"}:
        raise OutOfScopeError(f"`{symbol}` is a {kind}: dated contracts come later")
    settle = row.get("settle", row["quote"])
    if settle != row["quote"]:
        raise OutOfScopeError(f"`{symbol}` settles in {settle}: inverse contracts come later")
    size = read(row.get("contract_size", 1))
    return Instrument(
        symbol=symbol,
        is_spot=kind == "spot",
        base=row["base"],
        settle=settle,
        mark=mark,
        size=size,
        unit_value=size * mark,
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
