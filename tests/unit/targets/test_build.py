"""Weights are exact: 45 % of capital at leverage 1.5 is 27 % of spot and 18 % of margin."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rebalancer.model.beta import Beta, HedgedPair
from rebalancer.model.instant import DAY_US
from rebalancer.model.target_parts import Part, RegimeTargets, SizedShort
from rebalancer.policy.compiled import OWN, Hedge, Policy, Sleeve, SleeveKind
from rebalancer.targets.build import build_targets
from tests.small_plans import BTC_AND_ETH, policy_of
from tests.unit.targets import small_regimes

SETTLE = {"BTC/USDT:USDT": "USDT", "ETH/USDT:USDT": "USDT"}


def share(text: str) -> Fraction:
    return Fraction(text)


def targets_of(policy: Policy) -> RegimeTargets:
    return build_targets(policy, policy.regimes[0], settle=SETTLE)


def test_spot_and_cash_hold_their_capital() -> None:
    targets = targets_of(policy_of("core: {kind: spot}", "core: 70%, cash: 30%"))

    assert targets.spot == (Part("core", "BTC/USDT", share("0.7")),)
    assert (targets.futures, targets.shorts, targets.margin) == ((), (), ())
    assert targets.cash == share("0.3")
    assert targets.warnings == ()


def test_a_basis_sleeve_splits_its_capital_into_spot_and_margin() -> None:
    # w 45 %, L 1.5: spot w·L/(L+1) = 27 %, margin w/(L+1) = 18 %; 60/40 by asset
    policy = policy_of(
        "carry: {kind: basis, leverage: 1.5}", "carry: 45%, cash: 55%", assets=BTC_AND_ETH
    )

    targets = targets_of(policy)

    assert targets.spot == (
        Part("carry", "BTC/USDT", share("0.162")),
        Part("carry", "ETH/USDT", share("0.108")),
    )
    assert targets.shorts == (
        SizedShort("carry", "carry", "BTC/USDT:USDT", "BTC/USDT", share("1"), is_basis=True),
        SizedShort("carry", "carry", "ETH/USDT:USDT", "ETH/USDT", share("1"), is_basis=True),
    )
    assert targets.margin == (
        Part("carry", "USDT", share("0.108")),
        Part("carry", "USDT", share("0.072")),
    )
    assert targets.cash == share("0.55")


@pytest.mark.parametrize(("kind", "notional"), [("short", "-0.4"), ("long", "0.4")])
def test_a_short_or_long_sleeve_is_leverage_times_its_margin(kind: str, notional: str) -> None:
    targets = targets_of(policy_of(f"tilt: {{kind: {kind}, leverage: 2}}", "tilt: 20%, cash: 80%"))

    assert targets.futures == (Part("tilt", "BTC/USDT:USDT", share(notional)),)
    assert targets.margin == (Part("tilt", "USDT", share("0.2")),)
    assert targets.cash == share("0.8")


def test_a_range_scales_with_its_part() -> None:
    policy = policy_of(
        "tilt: {kind: short, leverage: 2}, carry: {kind: basis, leverage: 1}",
        "tilt: {target: 20%, range: [10%, 25%]},"
        " carry: {target: 40%, range: [30%, 50%]}, cash: 40%",
    )

    targets = targets_of(policy)

    assert targets.futures == (
        Part("tilt", "BTC/USDT:USDT", share("-0.4"), share("-0.5"), share("-0.2")),
    )
    assert targets.spot == (Part("carry", "BTC/USDT", share("0.2"), share("0.15"), share("0.25")),)
    assert targets.margin == (
        Part("tilt", "USDT", share("0.2"), share("0.1"), share("0.25")),
        Part("carry", "USDT", share("0.2"), share("0.15"), share("0.25")),
    )


def test_an_own_hedge_is_sized_on_its_spot_and_paid_from_cash() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        assets=BTC_AND_ETH,
        hedges="[{of: core, ratio: 50%, with: own, leverage: 2}]",
    )

    targets = targets_of(policy)

    assert targets.futures == ()
    assert targets.shorts == (
        SizedShort(
            "hedge of core", "core", "BTC/USDT:USDT", "BTC/USDT", share("0.5"), is_basis=False
        ),
        SizedShort(
            "hedge of core", "core", "ETH/USDT:USDT", "ETH/USDT", share("0.5"), is_basis=False
        ),
    )
    # margin: 36 % · 50 % / 2 and 24 % · 50 % / 2
    assert targets.margin == (
        Part("hedge of core", "USDT", share("0.09")),
        Part("hedge of core", "USDT", share("0.06")),
    )
    assert targets.cash == share("0.25")


def test_a_hedge_by_symbol_sizes_its_own_asset_and_adds_the_others_up() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        assets=BTC_AND_ETH,
        hedges="[{of: core, ratio: 50%, with: 'BTC/USDT:USDT', leverage: 2}]",
    )

    targets = targets_of(policy)

    assert [short.spot for short in targets.shorts] == ["BTC/USDT"]
    assert targets.futures == (Part("hedge of core", "BTC/USDT:USDT", share("-0.12")),)
    assert sum(part.weight for part in targets.margin) == share("0.15")


def test_a_hedge_of_a_basis_sleeve_covers_its_spot_leg() -> None:
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}",
        "carry: 40%, cash: 60%",
        hedges="[{of: carry, ratio: 50%, with: own}]",
    )

    # spot leg 20 %, half of it hedged with its whole notional as margin
    assert targets_of(policy).margin[-1] == Part("hedge of carry", "USDT", share("0.1"))


def test_a_hedge_is_scaled_to_what_its_cash_sleeve_carries() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 80%, cash: 20%",
        hedges="[{of: core, ratio: 100%, with: own, leverage: 1}]",
    )

    targets = targets_of(policy)

    # asked: 80 % of margin; carried: 20 %, so a quarter
    assert targets.shorts[0].ratio == share("0.25")
    assert targets.margin == (Part("hedge of core", "USDT", share("0.2")),)
    assert targets.cash == 0
    assert targets.warnings == (
        "hedge of `core` is scaled to 25.00%: cash sleeve `cash` cannot carry more margin",
    )


def test_a_hedge_that_takes_all_the_cash_is_not_scaled() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        hedges="[{of: core, ratio: 100%, with: own}]",
    )

    assert targets_of(policy).shorts[0].ratio == 1
    assert targets_of(policy).warnings == ()


def test_two_hedges_of_one_cash_sleeve_are_scaled_alike() -> None:
    policy = policy_of(
        "core: {kind: spot}, more: {kind: spot}",
        "core: 40%, more: 40%, cash: 20%",
        hedges="[{of: core, ratio: 100%, with: own}, {of: more, ratio: 50%, with: own}]",
    )

    # asked 40 % + 20 %, carried 20 %: a third each
    assert [short.ratio for short in targets_of(policy).shorts] == [share("1/3"), share("1/6")]


@pytest.mark.parametrize(
    ("targets", "ratio"), [("core: 60%, cash: 40%", "0%"), ("cash: 100%", "100%")]
)
def test_a_hedge_of_nothing_asks_for_no_contract(targets: str, ratio: str) -> None:
    policy = policy_of(
        "core: {kind: spot}", targets, hedges=f"[{{of: core, ratio: {ratio}, with: own}}]"
    )

    built = targets_of(policy)

    assert (built.shorts, built.futures, built.margin) == ((), (), ())


def test_a_sleeve_that_is_left_out_asks_for_no_contract() -> None:
    built = targets_of(policy_of("carry: {kind: basis, leverage: 1}", "cash: 100%"))

    assert built.shorts == ()
    assert {part.weight for part in (*built.spot, *built.margin)} == {share("0")}


def test_spot_margin_and_cash_are_all_of_the_capital() -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 3}, tilt: {kind: long, leverage: 2}",
        "core: 33%, carry: 29%, tilt: 7%, cash: 31%",
        assets=BTC_AND_ETH,
        hedges="[{of: core, ratio: 70%, with: own, leverage: 3}]",
    )

    built = targets_of(policy)

    assert sum(part.weight for part in (*built.spot, *built.margin)) + built.cash == 1


WINDOW_US = 30 * DAY_US
PAIRS = [
    HedgedPair(spot, contract, WINDOW_US)
    for spot in ("BTC/USDT", "ETH/USDT")
    for contract in ("BTC/USDT:USDT", "ETH/USDT:USDT", "ETH/USD:ETH")
]
TENTHS = st.integers(1, 40).map(lambda tenths: str(Decimal(tenths) / 10))
PERCENTAGES = st.integers(0, 100).map(lambda percents: str(Decimal(percents) / 100))
BETAS = st.one_of(st.none(), st.builds(Beta, st.floats(-1, 4), correlation=st.floats(-1, 1)))


@st.composite
def sleeves(draw: st.DrawFn, name: str) -> Sleeve:
    """Any kind of sleeve, its capital split between two assets."""
    first = draw(st.integers(0, 100))
    shares = {"BTC": str(Decimal(first) / 100), "ETH": str(Decimal(100 - first) / 100)}
    kind = draw(st.sampled_from([kind for kind in SleeveKind if kind is not SleeveKind.CASH]))
    if kind is SleeveKind.BASIS and draw(st.booleans()):
        return small_regimes.coin_sleeve(name, **shares)
    # a synthetic sleeve of less leverage than 1 would need more margin than it has capital
    leverage = draw(
        TENTHS.filter(lambda text: kind is not SleeveKind.SYNTHETIC or float(text) >= 1)
    )
    return small_regimes.sleeve(name, kind, leverage=leverage, **shares)


@st.composite
def regimes(draw: st.DrawFn) -> Policy:
    """A policy of three sleeves of any kind, of cash, and of hedges of all three."""
    names = ("one", "two", "three")
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
    parts = [high - low for low, high in zip([0, *cuts], [*cuts, 100], strict=True)]
    weights = [str(Decimal(part) / 100) for part in parts]
    hedges = tuple(draw(_hedges(name)) for name in names if draw(st.booleans()))
    return small_regimes.policy_of(
        *(draw(sleeves(name)) for name in names),
        hedges=hedges,
        **dict(zip((*names, "cash"), weights, strict=True)),
    )


def _hedges(of: str) -> st.SearchStrategy[Hedge]:
    return st.builds(
        small_regimes.hedge,
        st.just(of),
        PERCENTAGES,
        st.sampled_from([OWN, "BTC/USDT:USDT", "ETH/USD:ETH"]),
        leverage=TENTHS,
        beta_us=st.sampled_from([None, WINDOW_US]),
    )


@pytest.mark.property
@given(regimes(), st.lists(BETAS, min_size=6, max_size=6))
def test_any_regime_splits_all_of_its_capital(policy: Policy, known: list[Beta | None]) -> None:
    built = small_regimes.targets_of(policy, dict(zip(PAIRS, known, strict=True)))

    held = [part.weight for part in (*built.spot, *built.margin)]
    assert sum(held) + built.cash == 1
    assert min([*held, built.cash], default=0) >= 0
    assert all(short.ratio >= 0 for short in built.shorts)


@pytest.mark.property
@given(regimes(), st.lists(BETAS, min_size=6, max_size=6))
def test_no_hedge_takes_more_margin_than_its_cash_sleeve_has(
    policy: Policy, known: list[Beta | None]
) -> None:
    built = small_regimes.targets_of(policy, dict(zip(PAIRS, known, strict=True)))

    margin = sum(part.weight for part in built.margin if part.source.startswith("hedge"))
    assert margin <= Fraction(dict(policy.regimes[0].targets)["cash"].target)
