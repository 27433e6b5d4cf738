from decimal import Decimal
from fractions import Fraction

from rebalancer.policy.compiled import Amount, Hedge, Regime, Sleeve, SleeveKind
from rebalancer.policy.target_exposure import TargetExposure, expose_targets, hedge_margins

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
OWN = {"BTC": BTC, "ETH": ETH}
ALL_BTC = (("BTC", Decimal(1)),)
BTC_FUTURE = (("BTC", BTC),)


def sleeve(name: str, kind: SleeveKind, leverage: str = "1") -> Sleeve:
    if kind is SleeveKind.CASH:
        return Sleeve(name, kind)
    return Sleeve(name, kind, Decimal(leverage), ALL_BTC, BTC_FUTURE)


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
    assert exposure.spot == {"BTC": Fraction(27, 100)}
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
