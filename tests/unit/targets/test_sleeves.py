from dataclasses import replace

import pytest

from rebalancer.model.hedging import locked_carry
from rebalancer.model.target_parts import Part, SizedShort
from rebalancer.policy.compiled import SleeveKind
from tests.unit.targets.small_regimes import coin_sleeve, policy_of, share, sleeve, targets_of


def test_a_synthetic_sleeve_is_long_its_capital_on_a_part_of_it() -> None:
    # w 30 %, L 3, 60/40 by asset: contracts of 18 % and 12 %, margin of 6 % and 4 %
    stock = sleeve("stock", SleeveKind.SYNTHETIC, leverage="3", BTC="0.6", ETH="0.4")

    targets = targets_of(policy_of(stock, stock="0.3", cash="0.7"))

    assert targets.futures == (
        Part("stock", "BTC/USDT:USDT", share("0.18")),
        Part("stock", "ETH/USDT:USDT", share("0.12")),
    )
    assert targets.margin == (
        Part("stock", "USDT", share("0.06")),
        Part("stock", "USDT", share("0.04")),
    )
    assert (targets.spot, targets.shorts) == ((), ())
    assert targets.cash == share("0.9")


def test_a_synthetic_sleeve_scales_its_range_into_contracts_and_margin() -> None:
    stock = sleeve("stock", SleeveKind.SYNTHETIC, leverage="2", BTC="1")

    targets = targets_of(policy_of(stock, stock="0.3 0.2 0.5", cash="0.7"))

    assert targets.futures == (
        Part("stock", "BTC/USDT:USDT", share("0.3"), share("0.2"), share("0.5")),
    )
    assert targets.margin == (Part("stock", "USDT", share("0.15"), share("0.1"), share("0.25")),)


def test_a_basis_sleeve_on_coin_collateral_lies_in_the_coins_own_wallet() -> None:
    # the 30 % of hedged yield beside 70 % of core: no spot but the core's
    core = sleeve("core", SleeveKind.SPOT, BTC="1")

    targets = targets_of(policy_of(core, coin_sleeve("carry", BTC="1"), core="0.7", carry="0.3"))

    assert targets.spot == (Part("core", "BTC/USDT", share("0.7")),)
    assert targets.margin == (Part("carry", "BTC", share("0.3")),)
    assert targets.shorts == (
        SizedShort(
            "carry", "carry", "BTC/USD:BTC", "BTC/USDT", share("1"), is_basis=True, wallet="BTC"
        ),
    )
    assert targets.futures == ()
    assert targets.cash == 0


def test_each_coin_of_a_basis_sleeve_has_a_wallet_of_its_own() -> None:
    carry = coin_sleeve("carry", BTC="0.75", ETH="0.25")

    targets = targets_of(policy_of(carry, carry="0.4 0.2 0.6", cash="0.6"))

    assert targets.margin == (
        Part("carry", "BTC", share("0.3"), share("0.15"), share("0.45")),
        Part("carry", "ETH", share("0.1"), share("0.05"), share("0.15")),
    )
    assert [short.wallet for short in targets.shorts] == ["BTC", "ETH"]


def test_a_coin_sleeve_that_is_left_out_asks_for_no_contract() -> None:
    targets = targets_of(policy_of(coin_sleeve("carry", BTC="1"), cash="1"))

    assert targets.shorts == ()
    assert targets.margin == (Part("carry", "BTC", share("0")),)


def test_a_family_without_a_contract_names_its_wallet_itself() -> None:
    carry = replace(
        sleeve("carry", SleeveKind.BASIS, BTC="1"), futures=(("BTC", "BTC/USDC:USDC-*"),)
    )

    assert targets_of(policy_of(carry, carry="0.4", cash="0.6")).margin == (
        Part("carry", "USDC", share("0.2")),
    )


def test_a_dated_carry_of_10_000_locks_300_in_three_months() -> None:
    # spot at 70,000, future at 72,100: 20 % of 100,000 at leverage 1 is 10,000 of each leg
    carry = replace(
        sleeve("carry", SleeveKind.BASIS, BTC="1"), futures=(("BTC", "BTC/USDT:USDT-240329"),)
    )

    targets = targets_of(policy_of(carry, carry="0.2", cash="0.8"))

    (held,), (short,) = targets.spot, targets.shorts
    coins = 100_000 * float(held.weight * short.ratio) / 70_000
    assert short.future == "BTC/USDT:USDT-240329"
    assert locked_carry(coins, spot=70_000.0, future=72_100.0) == pytest.approx(300.0)
    assert targets.margin == (Part("carry", "USDT", share("0.1")),)
