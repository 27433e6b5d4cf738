"""Quarters expire on days 88 and 179; a roll of seven days leaves the first on day 81."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.model.instant import DAY_US
from rebalancer.model.instrument import Instrument, InstrumentKind
from rebalancer.model.market import Market
from rebalancer.policy.compiled import (
    Amount,
    Asset,
    Hedge,
    Policy,
    Regime,
    Sleeve,
    SleeveKind,
)
from rebalancer.policy.resolve_contracts import ResolvedPolicy, resolve_contracts
from tests.small_policies import MARKET_OF, MONDAY, bars, days, policy_of

FAMILY = "BTC/USD:BTC-*"
MARCH, JUNE = "BTC/USD:BTC-240329", "BTC/USD:BTC-240628"
MARCH_US, JUNE_US = MONDAY + 88 * DAY_US, MONDAY + 179 * DAY_US
ROLL_US = 7 * DAY_US


def contract(
    symbol: str, expiry_us: int | None, *, kind: InstrumentKind = InstrumentKind.FUTURE
) -> Instrument:
    pair, _, settle = symbol.partition(":")
    base, _, quote = pair.partition("/")
    one = Decimal(1)
    return Instrument(
        symbol=symbol,
        kind=kind,
        base=base,
        quote=quote,
        amount_step=one,
        min_amount=one,
        min_cost=one,
        price_step=one,
        taker_fee=Decimal(0),
        maker_fee=Decimal(0),
        settle=settle.partition("-")[0] or None,
        expiry_us=expiry_us,
    )


QUARTERS = (contract(MARCH, MARCH_US), contract(JUNE, JUNE_US))


def market_of(*contracts: Instrument, first_days: Mapping[str, int] | None = None) -> Market:
    """Each contract with daily prices from its first day, day 0 unless the test says another."""
    first = first_days or {}
    rows = {one.symbol: days(*range(first.get(one.symbol, 0), 200)) for one in contracts}
    return Market(
        {one.symbol: one for one in contracts},
        MARKET_OF,
        bars={symbol: bars(times, [100.0] * len(times)) for symbol, times in rows.items()},
    )


def rolling(family: str = FAMILY) -> Policy:
    """A policy that names its family for the asset, a sleeve and a hedge."""
    half = Amount(Decimal("0.5"))
    hedge = Hedge("core", half, family, Decimal(1), "cash")
    return replace(
        policy_of([], [], regimes=(Regime("only", (("core", half),), (hedge,)),)),
        assets=(Asset("BTC", "BTC/USDT", family, Decimal(1)),),
        sleeves=(Sleeve("carry", SleeveKind.BASIS, futures=(("BTC", family),)),),
        rolls=((family, ROLL_US),),
    )


def resolved(
    policy: Policy, market: Market, *, day: float = 0, later_us: int = 0
) -> ResolvedPolicy:
    as_of_us = MONDAY + round(day * DAY_US) + later_us
    return resolve_contracts(policy, market, as_of_us=as_of_us)


def chosen(
    market: Market, *, day: float = 0, later_us: int = 0, policy: Policy | None = None
) -> str | None:
    found = resolved(policy or rolling(), market, day=day, later_us=later_us)
    return found.policy.assets[0].future


def test_a_policy_without_rolls_is_the_same_object() -> None:
    policy = replace(rolling(MARCH), rolls=())

    found = resolved(policy, market_of(*QUARTERS))

    assert found.policy is policy
    assert (found.left, found.warnings) == ((), ())


def test_the_nearest_contract_stands_wherever_the_family_was_named() -> None:
    found = resolved(rolling(), market_of(*QUARTERS))

    assert found.policy == replace(rolling(MARCH), rolls=((FAMILY, ROLL_US),))
    assert found.left == (JUNE,)
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("later_us", "expected"), [(-1, MARCH), (0, JUNE), (1, JUNE)], ids=["before", "at", "after"]
)
def test_a_contract_is_left_at_exactly_its_roll_before_expiry(later_us: int, expected: str) -> None:
    assert chosen(market_of(*QUARTERS), day=81, later_us=later_us) == expected


def test_the_contract_that_is_rolled_out_of_is_still_the_policys_to_close() -> None:
    assert resolved(rolling(), market_of(*QUARTERS), day=81).left == (MARCH,)


@pytest.mark.parametrize(
    ("later_us", "left"), [(-1, (MARCH,)), (0, ())], ids=["before expiry", "at expiry"]
)
def test_an_expired_contract_is_no_longer_there(later_us: int, left: tuple[str, ...]) -> None:
    assert resolved(rolling(), market_of(*QUARTERS), day=88, later_us=later_us).left == left


def test_without_a_later_contract_the_last_one_stays_with_a_warning() -> None:
    found = resolved(rolling(), market_of(*QUARTERS), day=175)

    assert found.policy.assets[0].future == JUNE
    assert found.warnings == (
        (
            "nothing to roll into after `BTC/USD:BTC-240628`: it expires at "
            "2024-06-28T00:00:00Z, within its roll of 7d"
        ),
    )


@pytest.mark.parametrize(
    ("later_us", "expected"), [(-1, MARCH), (0, JUNE)], ids=["before", "at its first row"]
)
def test_a_contract_exists_from_its_first_row_on(later_us: int, expected: str) -> None:
    market = market_of(*QUARTERS, first_days={JUNE: 85})

    found = resolved(rolling(), market, day=85, later_us=later_us)

    assert found.policy.assets[0].future == expected
    assert bool(found.warnings) == (expected == MARCH)


@pytest.mark.parametrize("day", [-1, 179], ids=["before any row", "after every expiry"])
def test_a_family_without_a_contract_keeps_its_name(day: int) -> None:
    policy = rolling()

    found = resolved(policy, market_of(*QUARTERS), day=day)

    assert found.policy is policy
    assert (found.left, found.warnings) == ((), ())


@pytest.mark.parametrize(
    "other",
    [
        contract("BTC/USD:BTC", None, kind=InstrumentKind.PERPETUAL),
        contract("BTC/USDT:USDT-240126", MONDAY + 25 * DAY_US),
        contract("BTC/USDC:BTC-240126", MONDAY + 25 * DAY_US),
        contract("ETH/USD:ETH-240126", MONDAY + 25 * DAY_US),
        contract("BTC/USD:BTC-240126", None),
    ],
    ids=lambda one: f"{one.kind} {one.symbol}",
)
def test_a_contract_of_another_kind_or_coin_is_no_member(other: Instrument) -> None:
    found = resolved(rolling(), market_of(other, *QUARTERS))

    assert found.policy.assets[0].future == MARCH
    assert found.left == (JUNE,)


def test_a_dated_contract_named_directly_stays_and_is_not_left() -> None:
    policy = replace(
        rolling(), sleeves=(Sleeve("carry", SleeveKind.BASIS, futures=(("BTC", MARCH),)),)
    )

    found = resolved(policy, market_of(*QUARTERS), day=85)

    assert found.policy.assets[0].future == JUNE
    assert found.policy.sleeves[0].futures == (("BTC", MARCH),)
    assert found.left == ()


def test_each_family_rolls_at_its_own_time() -> None:
    linear = (
        contract("BTC/USDT:USDT-240329", MARCH_US),
        contract("BTC/USDT:USDT-240628", JUNE_US),
    )
    policy = replace(
        rolling(),
        sleeves=(Sleeve("carry", SleeveKind.BASIS, futures=(("BTC", "BTC/USDT:USDT-*"),)),),
        rolls=((FAMILY, ROLL_US), ("BTC/USDT:USDT-*", 3 * DAY_US)),
    )

    found = resolved(policy, market_of(*QUARTERS, *linear), day=83)

    assert found.policy.assets[0].future == JUNE
    assert found.policy.sleeves[0].futures == (("BTC", "BTC/USDT:USDT-240329"),)
    assert found.left == (MARCH, "BTC/USDT:USDT-240628")


def test_resolving_again_changes_nothing() -> None:
    market = market_of(*QUARTERS)
    once = resolved(rolling(), market, day=81)

    assert resolved(once.policy, market, day=81) == once
