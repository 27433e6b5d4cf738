"""A policy document read for one regime: sleeves, hedges, limits, band and stress moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import Arithmetic, Number, OutOfScopeError

KINDS = {"spot", "cash", "basis", "short", "long", "synthetic"}
CAPS = ("gross_leverage", "futures_leverage", "margin_utilization", "asset_weight")
PLAN_CAPS = ("turnover", "order_notional")


@dataclass(frozen=True, slots=True)
class Span:
    """A target with its range; without one, low = high = target and the band applies."""

    low: Number
    target: Number
    high: Number
    banded: bool

    def scaled(self, factor: Number) -> "Span":
        """Return the span times a factor, which may be negative."""
        ends = (self.low * factor, self.high * factor)
        return Span(min(ends), self.target * factor, max(ends), self.banded)


@dataclass(frozen=True, slots=True)
class Sleeve:
    """One sleeve with its capital in this regime."""

    name: str
    kind: str
    leverage: Number
    capital: Span
    shares: dict[str, Number]
    futures: dict[str, str]
    is_pledged: bool
    """Its coins lie in the coin-margined wallet behind the short: `collateral: coin`."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """A short sized on a sleeve's spot; without a future each asset uses its own."""

    of: str
    ratio: Span
    future: str | None
    leverage: Number
    margin_from: str
    is_beta: bool
    """Its size is multiplied by each asset's beta to the contract."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A number every book keeps: at least `low`, at most `high`."""

    name: str
    low: Number | None
    high: Number | None


@dataclass(frozen=True, slots=True)
class PolicyView:
    """What the oracle reads of a policy in one regime."""

    quote: str
    assets: dict[str, dict[str, str]]
    sleeves: dict[str, Sleeve]
    hedges: tuple[Hedge, ...]
    limits: tuple[Limit, ...]
    plan_caps: dict[str, Number]
    moves: dict[str, tuple[Number, Number]] | None
    band: Number
    to_target: bool
    min_trade: Number
    unmanaged: str
    leg_imbalance: Number
    slippage: Number


def read_policy(policy: Mapping[str, Any], regime: str, arithmetic: Arithmetic) -> PolicyView:
    """Return the policy as one regime sees it."""
    read = arithmetic.read
    rebalance, execution = policy["rebalance"], policy.get("execution") or {}
    sleeves = read_sleeves(policy, regime, arithmetic)
    moves = (policy.get("stress") or {}).get("price_move")
    caps = read_caps(policy, regime, arithmetic)
    return PolicyView(
        quote=policy["quote"],
        assets={name: dict(row) for name, row in policy["assets"].items()},
        sleeves=sleeves,
        hedges=read_hedges(policy["regimes"][regime], sleeves, arithmetic),
        limits=tuple(limit for limit in caps if limit.name not in PLAN_CAPS),
        plan_caps={cap.name: cap.high for cap in caps if cap.name in PLAN_CAPS and cap.high},
        moves=moves and {asset: (read(ends[0]), read(ends[1])) for asset, ends in moves.items()},
        band=read(rebalance.get("band", 0)),
        to_target=rebalance.get("to", "edge") == "target",
        min_trade=read(rebalance.get("min_trade", 0)),
        unmanaged=policy.get("unmanaged", "refuse"),
        leg_imbalance=read(execution.get("max_leg_imbalance", "5%")),
        slippage=read(execution.get("slippage", 0)),
    )


def read_span(value: Any, arithmetic: Arithmetic) -> Span:
    """Return `60%` or `{target: 60%, range: [50%, 70%]}` as a span."""
    if not isinstance(value, Mapping):
        number = arithmetic.read(value)
        return Span(number, number, number, banded=True)
    target = arithmetic.read(value["target"])
    if "range" not in value:
        return Span(target, target, target, banded=True)
    low, high = (arithmetic.read(end) for end in value["range"])
    return Span(low, target, high, banded=False)


def read_sleeves(
    policy: Mapping[str, Any], regime: str, arithmetic: Arithmetic
) -> dict[str, Sleeve]:
    """Return every sleeve with the capital the regime gives it."""
    targets = policy["regimes"][regime]["targets"]
    assets, sleeves = policy["assets"], {}
    sole = "100%" if len(assets) == 1 else "0%"
    default = {name: row.get("share", sole) for name, row in assets.items()}
    for name, row in policy["sleeves"].items():
        capital = read_span(targets.get(name, "0%"), arithmetic)
        if row["kind"] not in KINDS:
            raise OutOfScopeError(f"sleeve `{name}` is a {row['kind']}")
        futures = {asset: spec["future"] for asset, spec in assets.items() if "future" in spec}
        futures.update(row.get("future") or {})
        shares = row.get("shares") or default
        sleeves[name] = Sleeve(
            name=name,
            kind=row["kind"],
            leverage=arithmetic.read(row.get("leverage", 1)),
            capital=capital,
            shares={asset: arithmetic.read(share) for asset, share in shares.items()},
            futures=futures,
            is_pledged=row["kind"] == "basis" and row.get("collateral") == "coin",
        )
    return sleeves


def read_hedges(
    regime: Mapping[str, Any], sleeves: Mapping[str, Sleeve], arithmetic: Arithmetic
) -> tuple[Hedge, ...]:
    """Return the regime's hedges, each with the cash sleeve that carries its margin."""
    hedges = []
    cash = [sleeve.name for sleeve in sleeves.values() if sleeve.kind == "cash"]
    for row in regime.get("hedges") or ():
        future = row.get("with", "own")
        hedge = Hedge(
            of=row["of"],
            ratio=read_span(row["ratio"], arithmetic),
            future=None if future == "own" else future,
            leverage=arithmetic.read(row.get("leverage", 1)),
            margin_from=row.get("margin_from") or cash[0],
            is_beta=bool(row.get("beta")),
        )
        hedges.append(hedge)
    return tuple(hedges)


def read_caps(policy: Mapping[str, Any], regime: str, arithmetic: Arithmetic) -> list[Limit]:
    """Return the policy's limits, each with the tighter of its own and the regime's number."""
    read = arithmetic.read
    found: dict[str, Limit] = {}
    for source in (policy, policy["regimes"][regime]):
        for name, value in (source.get("limits") or {}).items():
            if name == "net_exposure":
                limit = Limit(name, read(value[0]), read(value[1]))
            elif name == "liquidation_distance":
                limit = Limit(name, read(value), None)
            elif name in CAPS or name in PLAN_CAPS:
                limit = Limit(name, None, read(value))
            else:
                raise OutOfScopeError(f"unknown limit `{name}`")
            found[name] = tighter(found[name], limit) if name in found else limit
    return list(found.values())


def tighter(one: Limit, other: Limit) -> Limit:
    """Return the limit that asks for both."""
    lows = [end for end in (one.low, other.low) if end is not None]
    highs = [end for end in (one.high, other.high) if end is not None]
    return Limit(one.name, max(lows, default=None), min(highs, default=None))
