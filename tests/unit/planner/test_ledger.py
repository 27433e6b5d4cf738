from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.model.instrument import Instrument
from rebalancer.planner.ledger import (
    Fill,
    Ledger,
    apply_fill,
    apply_transfer,
    book_after,
    coin_price,
    net_asset_value,
)
from tests.small_plans import inverse, perpetual, spot_pair

SPOT = spot_pair("BTC", fee="0.1%")
FUTURE = perpetual("BTC", fee="0.05%")
RULES = {each.symbol: each for each in (SPOT, FUTURE)}
MARKS = {"BTC/USDT": Decimal(100), "BTC/USDT:USDT": Decimal(110)}
SYMBOL = "BTC/USDT:USDT"


def ledger_of(contracts: str = "0", entry: str = "100", *, unified: bool = False) -> Ledger:
    positions = {SYMBOL: (Decimal(contracts), Decimal(entry))} if Decimal(contracts) else {}
    wallets = {} if unified else {"USDT": Decimal(50)}
    return Ledger(Decimal(1000), {"BTC/USDT": Decimal(2)}, wallets, positions, {}, unified)


def fill(instrument: Instrument, amount: str) -> Fill:
    return Fill(instrument, Decimal(amount), MARKS[instrument.symbol])


def test_net_asset_value_is_cash_coins_wallets_and_profit() -> None:
    # 1,000 + 2 · 100 + 50 - 3 · (110 - 100)
    assert net_asset_value(ledger_of("-3"), MARKS, instruments=RULES) == 1220


def test_a_contract_counts_by_its_size() -> None:
    hundredths = {SYMBOL: replace(FUTURE, contract_size=Decimal("0.01"))}
    assert net_asset_value(ledger_of("-300"), MARKS, instruments={**RULES, **hundredths}) == 1220
    order = Fill(hundredths[SYMBOL], Decimal(-300), Decimal(110))
    assert (order.quantity_base, order.notional) == (Decimal(3), Decimal(330))
    assert order.fee == Decimal("0.165")


def test_a_fee_is_rounded_up_to_the_printed_digits() -> None:
    assert fill(SPOT, "0.00001").fee == Decimal("0.000001")
    assert fill(SPOT, "0.01063").fee == Decimal("0.001063")


@pytest.mark.parametrize(("amount", "cash"), [("3", "699.7"), ("-2", "1199.8")])
def test_spot_pays_price_and_fee_in_the_quote_coin(amount: str, cash: str) -> None:
    after = apply_fill(ledger_of(), fill(SPOT, amount))

    assert after.cash == Decimal(cash)
    assert after.spot["BTC/USDT"] == 2 + Decimal(amount)
    assert after.wallets == {"USDT": Decimal(50)}


def test_a_future_pays_its_fee_from_its_wallet_and_nothing_else() -> None:
    after = apply_fill(ledger_of(), fill(FUTURE, "-2"))

    assert after.cash == 1000
    assert after.wallets == {"USDT": Decimal("49.89")}
    assert after.positions == {SYMBOL: (Decimal(-2), Decimal(110))}


def test_a_growing_position_averages_its_entry() -> None:
    # (3 · 100 + 2 · 110) / 5
    after = apply_fill(ledger_of("-3"), fill(FUTURE, "-2"))
    assert after.positions == {SYMBOL: (Decimal(-5), Decimal(104))}


def test_a_shrinking_position_keeps_its_entry_and_realises_its_part() -> None:
    # 2 of 3 short from 100, bought at 110: -20, and 0.11 of fee
    after = apply_fill(ledger_of("-3"), fill(FUTURE, "2"))

    assert after.positions == {SYMBOL: (Decimal(-1), Decimal(100))}
    assert after.wallets == {"USDT": Decimal("29.89")}


def test_a_closed_position_is_gone() -> None:
    assert apply_fill(ledger_of("-3"), fill(FUTURE, "3")).positions == {}


def test_what_passes_zero_opens_at_the_price_of_the_fill() -> None:
    after = apply_fill(ledger_of("0.5"), fill(FUTURE, "-2"))

    # half a coin long from 100 closed at 110: +5; the rest is a new short
    assert after.positions == {SYMBOL: (Decimal("-1.5"), Decimal(110))}
    assert after.wallets == {"USDT": Decimal("54.89")}


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("amount", ["-7", "-2", "2", "3", "5"])
def test_net_asset_value_changes_by_the_fee_alone(amount: str, *, unified: bool) -> None:
    before = ledger_of("-3", "97.3", unified=unified)
    order = fill(FUTURE, amount)

    after = apply_fill(before, order)

    lost = net_asset_value(before, MARKS, instruments=RULES) - net_asset_value(
        after, MARKS, instruments=RULES
    )
    assert lost == pytest.approx(order.fee, abs=Decimal("1e-20"))


def test_a_unified_account_pays_everything_from_its_pool() -> None:
    after = apply_fill(ledger_of("-3", unified=True), fill(FUTURE, "1"))

    assert after.cash == Decimal("989.945")
    assert after.wallets == {}


def test_a_transfer_moves_money_and_costs_nothing() -> None:
    sent = apply_transfer(ledger_of(), "USDT", amount=Decimal("12.34"))

    assert (sent.cash, sent.wallets) == (Decimal("987.66"), {"USDT": Decimal("62.34")})
    assert apply_transfer(sent, "USDT", amount=Decimal("-12.34")) == ledger_of()


def test_the_book_after_rounds_entries_and_nothing_else() -> None:
    ledger = replace(
        ledger_of("-3", "41572.2041419999"),
        spot={"BTC/USDT": Decimal(0)},
        cash=Decimal("0.1234567"),
    )

    after = book_after(
        ledger, quote="USDT", ignored={"DOGE": Decimal(7)}, ignored_wallets={}, instruments=RULES
    )

    assert after.spot == (("DOGE", Decimal(7)), ("USDT", Decimal("0.1234567")))
    assert after.wallets == (("USDT", Decimal(50)),)
    assert after.positions == ((SYMBOL, Decimal(-3), Decimal("41572.204142")),)


def test_a_tiny_entry_price_keeps_twelve_digits() -> None:
    ledger = ledger_of("-3", "0.0000123456789012345")

    after = book_after(ledger, quote="USDT", ignored={}, ignored_wallets={}, instruments=RULES)

    assert after.positions[0][2] == Decimal("0.0000123456789012")


# ------------------------------------------------------------------ coin-margined contracts
COIN = inverse("BTC", fee="0.05%", contract_size="100")
COIN_MARKS = {"BTC/USDT": Decimal(100), COIN.symbol: Decimal(150)}
COIN_RULES = {**RULES, COIN.symbol: COIN}


def coin_ledger(contracts: str = "0", entry: str = "100", *, unified: bool = False) -> Ledger:
    """Two coins in spot and five in their wallet, or seven in a pool, and 1,000 of cash."""
    positions = {COIN.symbol: (Decimal(contracts), Decimal(entry))} if Decimal(contracts) else {}
    wallets = {} if unified else {"BTC": Decimal(5)}
    spot = {"BTC/USDT": Decimal(7 if unified else 2)}
    return Ledger(Decimal(1000), spot, wallets, positions, {"BTC": "BTC/USDT"}, unified)


def coin_fill(amount: str, price: str) -> Fill:
    return Fill(COIN, Decimal(amount), Decimal(price))


def test_an_inverse_order_is_so_many_dollars_and_coins_at_its_price() -> None:
    order = coin_fill("-3", "150")

    assert order.size == -300
    assert order.notional == 300
    assert order.quantity_base == 2
    # a third has no last digit of its own
    assert coin_fill("1", "300").quantity_base == Decimal("0.333333333333")


@pytest.mark.parametrize(
    ("amount", "price", "fee"),
    [
        ("-3", "150", "0.001"),
        ("1", "300", "0.00016667"),  # 0.05 % of a third of a coin
        ("1", "7000000", "0.00000001"),
    ],
)
def test_a_coin_fee_is_rounded_up_to_a_hundred_millionth(amount: str, price: str, fee: str) -> None:
    assert coin_fill(amount, price).fee == Decimal(fee)


def test_an_inverse_contract_pays_its_fee_from_the_coins_of_its_wallet() -> None:
    after = apply_fill(coin_ledger(), coin_fill("-3", "150"))

    assert after.wallets == {"BTC": Decimal("4.999")}
    assert after.cash == 1000
    assert after.spot["BTC/USDT"] == 2
    assert after.positions == {COIN.symbol: (Decimal(-3), Decimal(150))}


def test_a_growing_inverse_position_averages_the_inverse_of_its_price() -> None:
    # one contract at 100 and one at 300: 2 / (1/100 + 1/300), not 200
    after = apply_fill(coin_ledger("-1", "100"), coin_fill("-1", "300"))

    contracts, entry = after.positions[COIN.symbol]
    assert contracts == -2
    assert entry == pytest.approx(Decimal(150), abs=Decimal("1e-20"))


def test_a_shrinking_inverse_position_realises_its_profit_in_coins() -> None:
    # 300 dollars bought back at 150 after a sale at 100: -300 (1/100 - 1/150) is a coin lost
    after = apply_fill(coin_ledger("-4", "100"), coin_fill("3", "150"))

    assert after.positions == {COIN.symbol: (Decimal(-1), Decimal(100))}
    assert after.wallets["BTC"] == pytest.approx(Decimal("3.999"), abs=Decimal("1e-20"))


def test_a_pool_pays_coins_from_its_own() -> None:
    after = apply_fill(coin_ledger("-3", "100", unified=True), coin_fill("3", "150"))

    assert after.spot["BTC/USDT"] == pytest.approx(Decimal("5.999"), abs=Decimal("1e-20"))
    assert after.cash == 1000
    assert after.wallets == {}
    assert after.positions == {}


def test_coins_and_what_they_earned_are_worth_their_spot_mark() -> None:
    # 1,000 + 700 of coins - 100 of the coin that the short has lost
    for unified in (False, True):
        ledger = coin_ledger("-3", "100", unified=unified)
        assert net_asset_value(ledger, COIN_MARKS, instruments=COIN_RULES) == 1600
        assert coin_price(ledger, COIN_MARKS, coin="BTC") == 100
        assert coin_price(ledger, COIN_MARKS, coin="USDT") == 1


@pytest.mark.parametrize("unified", [False, True])
@pytest.mark.parametrize("amount", ["-7", "-2", "2", "3", "5"])
def test_an_inverse_fill_costs_its_fee_alone(amount: str, *, unified: bool) -> None:
    before = coin_ledger("-3", "97.3", unified=unified)
    order = coin_fill(amount, "150")

    after = apply_fill(before, order)

    lost = net_asset_value(before, COIN_MARKS, instruments=COIN_RULES) - net_asset_value(
        after, COIN_MARKS, instruments=COIN_RULES
    )
    assert lost == pytest.approx(order.fee * 100, abs=Decimal("2e-12"))


def test_coins_move_between_spot_and_their_wallet() -> None:
    sent = apply_transfer(coin_ledger(), "BTC", amount=Decimal("0.12345678"))

    assert sent.spot["BTC/USDT"] == Decimal("1.87654322")
    assert sent.wallets == {"BTC": Decimal("5.12345678")}
    assert sent.cash == 1000
    assert apply_transfer(sent, "BTC", amount=Decimal("-0.12345678")) == coin_ledger()


def test_the_book_after_prints_coins_with_twelve_decimals() -> None:
    third = Decimal(1) / 3
    ledger = replace(coin_ledger(), wallets={"BTC": third}, spot={"BTC/USDT": 2 * third})

    after = book_after(ledger, quote="USDT", ignored={}, ignored_wallets={}, instruments=COIN_RULES)

    assert after.spot == (("BTC", Decimal("0.666666666667")), ("USDT", Decimal(1000)))
    assert after.wallets == (("BTC", Decimal("0.333333333333")),)


def test_no_coins_are_worth_nothing_without_a_price() -> None:
    nothing = Ledger(
        Decimal(1000),
        {"BTC/USDT": Decimal(0)},
        {"BTC": Decimal(0)},
        {},
        {"BTC": "BTC/USDT"},
        unified=False,
    )
    assert net_asset_value(nothing, {}, instruments=RULES) == 1000
