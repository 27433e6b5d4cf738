"""Which dated contract each `FAMILY-*` of a policy names at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from rebalancer.model.instant import format_duration, format_instant
from rebalancer.model.instrument import Instrument, InstrumentKind
from rebalancer.model.market import Market, rows_until
from rebalancer.policy.compiled import Policy, Regime, Sleeve
from rebalancer.policy.symbols import parse_contract


@dataclass(frozen=True, slots=True)
class ResolvedPolicy:
    """A policy with the contracts it trades at one time in the place of their families.

    `left` are the families' other contracts that the market still trades and the policy does not:
    a position in one of them was rolled out of, and is closed. A family without any contract keeps
    its name. `warnings` says which family has nothing to roll into.
    """

    policy: Policy
    left: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def resolve_contracts(policy: Policy, market: Market, *, as_of_us: int) -> ResolvedPolicy:
    """Return the policy with each rolled family replaced by its contract as of a time.

    It is the nearest contract that expires later than the roll from then, or the last to expire
    where none does. A contract without a row by then does not exist yet, and one that has expired
    no longer does. A policy that rolls nothing comes back as the same object.
    """
    chosen: dict[str, str] = {}
    left: list[str] = []
    warnings: list[str] = []
    for family, roll_us in policy.rolls:
        contracts = sorted(
            _traded_contracts(market, family, as_of_us=as_of_us),
            key=lambda one: (one[0], one[1].symbol),
        )
        if not contracts:
            continue
        later = [one for one in contracts if one[0] - as_of_us > roll_us]
        expiry_us, contract = later[0] if later else contracts[-1]
        if not later:
            warnings.append(
                f"nothing to roll into after `{contract.symbol}`: it expires at "
                f"{format_instant(expiry_us)}, within its roll of {format_duration(roll_us)}"
            )
        chosen[family] = contract.symbol
        left += [one.symbol for _, one in contracts if one is not contract]
    if not chosen:
        return ResolvedPolicy(policy)
    resolved = _with_contracts(policy, chosen)
    named = set(_contracts(resolved))
    return ResolvedPolicy(
        resolved, tuple(symbol for symbol in left if symbol not in named), tuple(warnings)
    )


def _traded_contracts(
    market: Market, family: str, *, as_of_us: int
) -> Iterator[tuple[int, Instrument]]:
    """Yield the family's dated contracts with their expiries, those alone that trade at a time."""
    symbol = parse_contract(family)
    coins = (symbol.base, symbol.quote, symbol.settle)
    for each in market.instruments.values():
        if each.kind is not InstrumentKind.FUTURE or each.expiry_us is None:
            continue
        if (each.base, each.quote, each.settle) != coins or each.expiry_us <= as_of_us:
            continue
        bars = market.bars.get(each.symbol)
        if bars is not None and rows_until(bars.time_us, as_of_us):
            yield each.expiry_us, each


def _contracts(policy: Policy) -> Iterator[str | None]:
    """Yield every contract that a policy trades, some of them more than once."""
    yield from (asset.future for asset in policy.assets)
    yield from (contract for sleeve in policy.sleeves for _, contract in sleeve.futures)
    yield from (hedge.instrument for regime in policy.regimes for hedge in regime.hedges)


def _with_contracts(policy: Policy, chosen: Mapping[str, str]) -> Policy:
    """Return the policy with the names in `chosen` replaced wherever it trades them."""
    return replace(
        policy,
        assets=tuple(
            replace(asset, future=chosen.get(asset.future, asset.future)) if asset.future else asset
            for asset in policy.assets
        ),
        sleeves=tuple(_sleeve(sleeve, chosen) for sleeve in policy.sleeves),
        regimes=tuple(_regime(regime, chosen) for regime in policy.regimes),
    )


def _sleeve(sleeve: Sleeve, chosen: Mapping[str, str]) -> Sleeve:
    futures = tuple((asset, chosen.get(name, name)) for asset, name in sleeve.futures)
    return replace(sleeve, futures=futures)


def _regime(regime: Regime, chosen: Mapping[str, str]) -> Regime:
    hedges = tuple(
        replace(hedge, instrument=chosen.get(hedge.instrument, hedge.instrument))
        for hedge in regime.hedges
    )
    return replace(regime, hedges=hedges)
