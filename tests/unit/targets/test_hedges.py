"""A hedge shorts ratio × beta × spot, on margin that its cash sleeve can carry."""

from fractions import Fraction

import pytest

from rebalancer.model.beta import Beta, HedgedPair
from rebalancer.model.instant import DAY_US
from rebalancer.model.target_parts import Part, SizedShort
from rebalancer.policy.compiled import OWN, SleeveKind
from tests.unit.targets.small_regimes import (
    coin_sleeve,
    hedge,
    policy_of,
    share,
    sleeve,
    targets_of,
)

WINDOW_US = 60 * DAY_US
BTC_PERP = "BTC/USDT:USDT"
CORE = sleeve("core", SleeveKind.SPOT, BTC="1")
ALTS = sleeve("alts", SleeveKind.SPOT, ETH="0.6", SOL="0.4")


def pair(coin: str, contract: str = BTC_PERP) -> HedgedPair:
    return HedgedPair(f"{coin}/USDT", contract, WINDOW_US)


def net_and_gross(weights: list[Fraction]) -> tuple[Fraction, Fraction]:
    return sum(weights, Fraction(0)), sum(map(abs, weights), Fraction(0))


def test_the_bearish_row_nets_to_nothing_at_a_gross_of_all_capital() -> None:
    # half the spot sold, all of the rest hedged: net 0, gross 100 %, no cash but the margin
    targets = targets_of(policy_of(CORE, hedges=(hedge("core", "1", OWN),), core="0.5", cash="0.5"))

    (held,), (short,) = targets.spot, targets.shorts
    assert net_and_gross([held.weight, -short.ratio * held.weight]) == (share("0"), share("1"))
    assert targets.margin == (Part("hedge of core", "USDT", share("0.5")),)
    assert targets.cash == 0


def test_half_a_hedge_and_a_leveraged_alpha_leg_add_up() -> None:
    # 60 core, 30 short, ETH on 10 of margin at 2x: net 30 before the alpha leg and 50 with it
    alpha = sleeve("alpha", SleeveKind.LONG, leverage="2", ETH="1")
    targets = targets_of(
        policy_of(
            CORE, alpha, hedges=(hedge("core", "0.5", OWN),), core="0.6", alpha="0.1", cash="0.3"
        )
    )

    (held,), (short,), (leg,) = targets.spot, targets.shorts, targets.futures
    weights = [held.weight, -short.ratio * held.weight]
    assert net_and_gross(weights)[0] == share("0.3")
    assert net_and_gross([*weights, leg.weight]) == (share("0.5"), share("1.1"))
    assert targets.cash == 0


def test_a_range_of_a_hedge_is_one_of_its_ratio_and_of_its_margin() -> None:
    targets = targets_of(
        policy_of(
            CORE, hedges=(hedge("core", "0.5 0.2 0.8", OWN, leverage="2"),), core="0.6", cash="0.4"
        )
    )

    assert targets.shorts == (
        SizedShort(
            "hedge of core",
            "core",
            BTC_PERP,
            "BTC/USDT",
            share("0.5"),
            is_basis=False,
            low=share("0.2"),
            high=share("0.8"),
        ),
    )
    assert targets.margin == (
        Part("hedge of core", "USDT", share("0.15"), share("0.06"), share("0.24")),
    )


def test_the_range_of_a_short_against_other_assets_runs_from_its_largest_size() -> None:
    targets = targets_of(
        policy_of(ALTS, hedges=(hedge("alts", "0.5 0.2 0.8", BTC_PERP),), alts="0.4", cash="0.6")
    )

    assert targets.shorts == ()
    assert targets.futures == (
        Part("hedge of alts", BTC_PERP, share("-0.2"), share("-0.32"), share("-0.08")),
    )


def test_a_range_above_a_ratio_of_zero_leaves_a_short_alone() -> None:
    targets = targets_of(
        policy_of(CORE, hedges=(hedge("core", "0 0 0.1", OWN),), core="0.6", cash="0.4")
    )

    (short,) = targets.shorts
    assert (short.ratio, short.low, short.high) == (share("0"), share("0"), share("0.1"))
    assert targets.margin == (Part("hedge of core", "USDT", share("0"), share("0"), share("0.06")),)
    assert targets.warnings == ()


def test_a_range_is_scaled_with_its_hedge() -> None:
    # asked 80 % of margin, carried 20 %: a quarter of the ratio and of both ends
    targets = targets_of(
        policy_of(CORE, hedges=(hedge("core", "1 0.4 1", OWN),), core="0.8", cash="0.2")
    )

    (short,) = targets.shorts
    assert (short.ratio, short.low, short.high) == (share("0.25"), share("0.1"), share("0.25"))


def test_a_hedge_by_beta_shorts_each_asset_as_often_as_it_moves() -> None:
    # ETH 24 % × 1.5 and SOL 16 % × 2, half of it: 34 %, on half of that as margin
    betas = {pair("ETH"): Beta(1.5, 0.8), pair("SOL"): Beta(2.0, 0.5)}
    by_beta = hedge("alts", "0.5", BTC_PERP, leverage="2", beta_us=WINDOW_US)

    targets = targets_of(policy_of(ALTS, hedges=(by_beta,), alts="0.4", cash="0.6"), betas)

    (part,) = targets.futures
    assert (part.name, part.weight, part.low) == (BTC_PERP, share("-0.34"), None)
    assert part.note == (
        "beta 1.50 of ETH/USDT over 60d leaves at least 1 − ρ² = 36.0% of its variance unhedged; "
        "beta 2.00 of SOL/USDT over 60d leaves at least 1 − ρ² = 75.0% of its variance unhedged"
    )
    assert [margin.weight for margin in targets.margin] == [share("0.09"), share("0.08")]
    assert targets.cash == share("0.43")
    assert (targets.warnings, targets.unknown) == ((), ())


def test_a_hedge_of_each_asset_with_its_own_contract_follows_its_beta() -> None:
    betas = {pair("BTC"): Beta(0.98, 0.999)}
    by_beta = hedge("core", "0.5 0.25 0.75", OWN, beta_us=WINDOW_US)

    targets = targets_of(policy_of(CORE, hedges=(by_beta,), core="0.6", cash="0.4"), betas)

    (short,) = targets.shorts
    assert (short.ratio, short.low, short.high) == (share("0.49"), share("0.245"), share("0.735"))
    assert short.note.startswith("beta 0.98 of BTC/USDT over 60d leaves at least")
    assert targets.margin == (
        Part("hedge of core", "USDT", share("0.294"), share("0.147"), share("0.441")),
    )


def test_the_beta_counts_in_what_the_cash_sleeve_must_carry() -> None:
    # 40 % of spot at beta 2 asks for 80 % of margin where there are 60 %: three quarters
    whole = sleeve("alts", SleeveKind.SPOT, SOL="1")
    by_beta = hedge("alts", "1", BTC_PERP, beta_us=WINDOW_US)

    targets = targets_of(
        policy_of(whole, hedges=(by_beta,), alts="0.4", cash="0.6"), {pair("SOL"): Beta(2.0, 0.9)}
    )

    assert [part.weight for part in targets.futures] == [share("-0.6")]
    assert targets.cash == 0
    assert targets.warnings == (
        "hedge of `alts` is scaled to 75.00%: cash sleeve `cash` cannot carry more margin",
    )


@pytest.mark.parametrize("betas", [None, {}, {pair("ETH"): None, pair("SOL"): None}])
def test_a_beta_that_is_unknown_is_named_and_not_guessed(
    betas: dict[HedgedPair, Beta | None] | None,
) -> None:
    by_beta = hedge("alts", "0.5", BTC_PERP, beta_us=WINDOW_US)

    targets = targets_of(policy_of(ALTS, hedges=(by_beta,), alts="0.4", cash="0.6"), betas)

    assert targets.unknown == (
        "beta of ETH/USDT to BTC/USDT:USDT over 60d is unknown",
        "beta of SOL/USDT to BTC/USDT:USDT over 60d is unknown",
    )
    assert (targets.futures, targets.margin, targets.cash) == ((), (), share("0.6"))


def test_a_beta_over_another_window_is_another_beta() -> None:
    by_beta = hedge("core", "0.5", OWN, beta_us=30 * DAY_US)

    targets = targets_of(
        policy_of(CORE, hedges=(by_beta,), core="0.6", cash="0.4"), {pair("BTC"): Beta(1.0, 1.0)}
    )

    assert targets.unknown == ("beta of BTC/USDT to BTC/USDT:USDT over 30d is unknown",)


def test_a_beta_that_sizes_nothing_need_not_be_known() -> None:
    by_beta = hedge("alts", "0.5", BTC_PERP, beta_us=WINDOW_US)

    assert targets_of(policy_of(ALTS, hedges=(by_beta,), cash="1")).unknown == ()


def test_a_beta_below_zero_counts_as_nothing_and_says_so() -> None:
    betas = {pair("ETH"): Beta(-0.12, -0.2), pair("SOL"): Beta(1.0, 0.5)}
    by_beta = hedge("alts", "1", BTC_PERP, beta_us=WINDOW_US)

    targets = targets_of(policy_of(ALTS, hedges=(by_beta,), alts="0.4", cash="0.6"), betas)

    assert [part.weight for part in targets.futures] == [share("-0.16")]
    assert [part.weight for part in targets.margin] == [share("0.16")]
    assert targets.warnings == (
        (
            "beta of ETH/USDT to BTC/USDT:USDT over 60d is -0.12 and counts as 0: "
            "a short of BTC/USDT:USDT would not hedge ETH/USDT"
        ),
    )
    assert targets.unknown == ()


def test_a_hedge_by_another_contract_of_the_same_coin_follows_the_coins() -> None:
    targets = targets_of(
        policy_of(CORE, hedges=(hedge("core", "0.5", "BTC/USD:BTC"),), core="0.6", cash="0.4")
    )

    (short,) = targets.shorts
    assert (short.future, short.spot, short.wallet) == ("BTC/USD:BTC", "BTC/USDT", None)
    assert targets.futures == ()
    assert targets.margin == (Part("hedge of core", "BTC", share("0.3")),)


@pytest.mark.parametrize("instrument", [OWN, "ETH/USDT:USDT"])
def test_coins_that_are_collateral_are_hedged_already(instrument: str) -> None:
    carry = coin_sleeve("carry", BTC="1")
    alone = targets_of(policy_of(carry, carry="0.4", cash="0.6"))

    again = targets_of(
        policy_of(carry, hedges=(hedge("carry", "1", instrument),), carry="0.4", cash="0.6")
    )

    assert again == alone
