from decimal import Decimal
from fractions import Fraction

import pytest

from rebalancer.policy.compiled import Amount, Hedge, Regime, Sleeve, SleeveKind
from rebalancer.policy.target_exposure import TargetExposure, expose_targets, hedge_margins

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
OWN = {"BTC": BTC, "ETH": ETH}
ALL_BTC = (("BTC", Decimal(1)),)
INVERSE, ROLLED = "BTC/USD:BTC", "BTC/USD:BTC-*"


def sleeve(name: str, kind: SleeveKind, leverage: str = "1", *, future: str = BTC) -> Sleeve:
    if kind is SleeveKind.CASH:
        return Sleeve(name, kind)
    return Sleeve(name, kind, Decimal(leverage), ALL_BTC, (("BTC", future),))


def on_coin(future: str) -> Sleeve:
    return Sleeve("carry", SleeveKind.BASIS, Decimal(1), ALL_BTC, (("BTC", future),), on_coin=True)


def hedge(ratio: str, *, leverage: str = "1", instrument: str = "own") -> Hedge:
    return Hedge("core", Amount(Decimal(ratio)), instrument, Decimal(leverage), "cash")


def expose(
    sleeves: list[Sleeve], targets: dict[str, str], hedges: tuple[Hedge, ...] = ()
) -> TargetExposure:
    amounts = tuple((name, Amount(Decimal(weight))) for name, weight in targets.items())
    named = {one.name: one for one in sleeves}
    return expose_targets(Regime("calm", amounts, hedges), sleeves=named, futures=OWN)


def test_a_basis_sleeve_splits_capital_into_coins_and_margin() -> None:
    # 45 % of capital at leverage 1.5: 27 % in coins, 27 % short, 18 % of margin
    exposure = expose([sleeve("carry", SleeveKind.BASIS, "1.5")], {"carry": "0.45"})
    assert exposure.coins == {"BTC": Fraction(27, 100)}
    assert exposure.futures == {BTC: Fraction(-27, 100)}
    assert exposure.margin == {"USDT": Fraction(18, 100)}
    assert exposure.gross_leverage == Fraction(54, 100)
    assert exposure.net_exposure == 0
    assert exposure.futures_leverage == Fraction(3, 2)


def test_half_the_capital_fully_hedged_has_no_delta_and_gross_of_all_of_it() -> None:
    sleeves = [sleeve("core", SleeveKind.SPOT), sleeve("cash", SleeveKind.CASH)]
    exposure = expose(sleeves, {"core": "0.5", "cash": "0.5"}, (hedge("1"),))
    assert exposure.net_exposure == 0
    assert exposure.gross_leverage == 1
    assert exposure.margin == {"USDT": Fraction(1, 2)}


def test_shorts_and_longs_of_one_contract_are_netted() -> None:
    sleeves = [sleeve("carry", SleeveKind.BASIS, "1"), sleeve("bets", SleeveKind.LONG, "3")]
    exposure = expose(sleeves, {"carry": "0.6", "bets": "0.2"})
    assert exposure.futures == {BTC: Fraction(3, 10)}
    assert exposure.margin == {"USDT": Fraction(5, 10)}
    assert exposure.futures_leverage == Fraction(3, 5)
    assert exposure.asset_weight == Fraction(6, 10)


def test_a_short_sleeve_sells_its_leverage() -> None:
    exposure = expose([sleeve("defence", SleeveKind.SHORT, "2")], {"defence": "0.2"})
    assert exposure.net_exposure == Fraction(-4, 10)
    assert exposure.asset_weight == Fraction(4, 10)


def test_a_synthetic_sleeve_holds_futures_of_its_weight_on_a_part_of_it() -> None:
    exposure = expose([sleeve("synthetic", SleeveKind.SYNTHETIC, "4")], {"synthetic": "0.4"})
    assert exposure.futures == {BTC: Fraction(4, 10)}
    assert exposure.margin == {"USDT": Fraction(1, 10)}


def test_a_hedge_in_another_contract_leaves_both_deltas() -> None:
    sleeves = [sleeve("core", SleeveKind.SPOT), sleeve("cash", SleeveKind.CASH)]
    exposure = expose(
        sleeves, {"core": "0.6", "cash": "0.4"}, (hedge("0.5", leverage="2", instrument=ETH),)
    )
    assert exposure.futures == {ETH: Fraction(-3, 10)}
    assert exposure.margin == {"USDT": Fraction(15, 100)}
    assert exposure.net_exposure == Fraction(3, 10)
    assert exposure.asset_weight == Fraction(6, 10)


def test_a_hedge_beyond_its_cash_is_scaled_to_it() -> None:
    sleeves = [sleeve("core", SleeveKind.SPOT), sleeve("cash", SleeveKind.CASH)]
    exposure = expose(sleeves, {"core": "0.9", "cash": "0.1"}, (hedge("1", leverage="3"),))
    assert exposure.margin == {"USDT": Fraction(1, 10)}
    assert exposure.futures == {BTC: Fraction(-3, 10)}


def test_margins_of_hedges_add_up_by_cash_sleeve() -> None:
    sleeves = {"core": sleeve("core", SleeveKind.SPOT), "cash": sleeve("cash", SleeveKind.CASH)}
    amounts = (("core", Amount(Decimal("0.8"))), ("cash", Amount(Decimal("0.2"))))
    hedges = (hedge("0.5", leverage="2"), hedge("0.25", leverage="1", instrument=ETH))
    margins = hedge_margins(Regime("calm", amounts, hedges), sleeves)
    assert margins == {"cash": Fraction(4, 10)}


def test_cash_alone_has_no_exposure() -> None:
    exposure = expose([sleeve("cash", SleeveKind.CASH)], {"cash": "1"})
    assert exposure.gross_leverage == exposure.net_exposure == exposure.futures_leverage == 0
    assert exposure.asset_weight == 0


@pytest.mark.parametrize("future", [INVERSE, ROLLED, "BTC/USD:BTC-260327"])
def test_coin_collateral_is_coins_and_margin_at_once_and_shorted_whole(future: str) -> None:
    # 30 % of capital: all of it coins in the coin-margined wallet, and a short of 30 %
    exposure = expose([on_coin(future)], {"carry": "0.3"})
    assert exposure.coins == {"BTC": Fraction(3, 10)}
    assert exposure.margin == {"BTC": Fraction(3, 10)}
    assert exposure.futures == {future: Fraction(-3, 10)}
    assert exposure.net_exposure == exposure.asset_weight == 0
    assert exposure.gross_leverage == Fraction(6, 10)
    assert exposure.futures_leverage == 1


def test_the_margin_of_an_inverse_short_is_coins_against_it() -> None:
    # 20 % of capital at leverage 2: a short of 40 % on coins worth 20 %
    short = sleeve("defence", SleeveKind.SHORT, "2", future=INVERSE)
    exposure = expose([short], {"defence": "0.2"})
    assert exposure.coins == exposure.margin == {"BTC": Fraction(2, 10)}
    assert exposure.net_exposure == Fraction(-2, 10)
    assert exposure.gross_leverage == Fraction(6, 10)
    assert exposure.asset_weight == Fraction(2, 10)
    assert exposure.futures_leverage == 2


def test_the_margin_of_an_inverse_long_is_coins_on_top_of_it() -> None:
    long = sleeve("bets", SleeveKind.LONG, "3", future=ROLLED)
    exposure = expose([long], {"bets": "0.1"})
    assert exposure.net_exposure == exposure.gross_leverage == Fraction(4, 10)


def test_an_inverse_synthetic_sleeve_holds_its_margin_in_coins_too() -> None:
    synthetic = sleeve("synthetic", SleeveKind.SYNTHETIC, "4", future=INVERSE)
    exposure = expose([synthetic], {"synthetic": "0.4"})
    assert exposure.futures == {INVERSE: Fraction(4, 10)}
    assert exposure.net_exposure == exposure.asset_weight == Fraction(5, 10)


def test_an_inverse_hedge_does_not_cover_the_coins_of_its_own_margin() -> None:
    # half of 60 % is shorted; at leverage 2 its margin is coins worth 15 %
    sleeves = [sleeve("core", SleeveKind.SPOT), sleeve("cash", SleeveKind.CASH)]
    in_coins = hedge("0.5", leverage="2", instrument=INVERSE)
    exposure = expose(sleeves, {"core": "0.6", "cash": "0.4"}, (in_coins,))
    assert exposure.coins == {"BTC": Fraction(75, 100)}
    assert exposure.futures == {INVERSE: Fraction(-30, 100)}
    assert exposure.net_exposure == Fraction(45, 100)
    assert exposure.gross_leverage == Fraction(105, 100)


def test_wallets_of_two_coins_are_each_on_their_own() -> None:
    # the coin-margined wallet carries 30 % on 30 %, the other 60 % on 20 %
    bets = sleeve("bets", SleeveKind.LONG, "3")
    exposure = expose([on_coin(INVERSE), bets], {"carry": "0.3", "bets": "0.2"})
    assert exposure.margin == {"BTC": Fraction(3, 10), "USDT": Fraction(2, 10)}
    assert exposure.futures_leverage == 3


def test_contracts_of_one_coin_are_netted_in_its_weight_and_not_in_gross() -> None:
    bets = sleeve("bets", SleeveKind.LONG, "1")
    exposure = expose([on_coin(INVERSE), bets], {"carry": "0.3", "bets": "0.2"})
    assert exposure.asset_weight == exposure.net_exposure == Fraction(2, 10)
    assert exposure.gross_leverage == Fraction(8, 10)
