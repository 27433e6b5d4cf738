from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.model.book import Account
from rebalancer.model.instrument import Instrument
from rebalancer.planner.layout import Layout, build_layout, column_symbols, policy_symbols
from tests.small_plans import BTC_AND_ETH, BTC_COIN, inverse, market_of, perpetual, policy_of

POLICY = policy_of(
    "core: {kind: spot}, carry: {kind: basis}",
    "core: 60%, carry: 20%, cash: 20%",
    assets=BTC_AND_ETH,
    stress="{BTC: [-35%, 40%], ETH: [-45%, 50%]}",
    more="execution: {slippage: 5bp}",
)
SYMBOLS = ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", "ETH/USDT:USDT")


def layout_of(
    *instruments: Instrument, account: Account = Account.SEPARATE, extra: tuple[str, ...] = ()
) -> Layout:
    return build_layout(POLICY, market_of(*instruments).instruments, account=account, extra=extra)


def test_spot_stands_before_futures() -> None:
    layout = layout_of()

    assert layout.symbols == SYMBOLS
    assert (layout.spot_count, layout.future_count) == (2, 2)
    assert layout.assets == ("BTC", "ETH")
    assert layout.asset_of == (0, 1, 0, 1)
    assert (layout.wallets, layout.wallet_of) == (("USDT",), (0, 0))


def test_a_unified_account_has_no_wallets() -> None:
    layout = layout_of(account=Account.UNIFIED)

    assert (layout.wallets, layout.wallet_of, layout.unified) == ((), (0, 0), True)


def test_rules_stand_in_base_coins() -> None:
    contract = replace(perpetual("BTC", step="1", fee="0.05%"), contract_size=Decimal("0.01"))
    layout = layout_of(contract)

    assert layout.lot.tolist() == [0.001, 0.001, 0.01, 0.001]
    assert layout.min_amount.tolist() == [0.001, 0.001, 0.01, 0.001]
    assert layout.fee.tolist() == [0, 0, 0.0005, 0]
    assert layout.slippage == 0.0005


def test_stress_moves_stand_by_asset() -> None:
    layout = layout_of()

    assert layout.has_stress
    assert layout.stress_low.tolist() == [-0.35, -0.45]
    assert layout.stress_high.tolist() == [0.4, 0.5]


def test_a_policy_without_stress_moves_nothing() -> None:
    quiet = policy_of("core: {kind: spot}", "core: 60%, cash: 40%")
    layout = build_layout(quiet, market_of().instruments, account=Account.SEPARATE)

    assert not layout.has_stress
    assert layout.stress_low.tolist() == [0]


def test_what_a_book_holds_besides_gets_a_column_that_never_moves() -> None:
    layout = layout_of(perpetual("DOGE"), extra=("DOGE/USDT:USDT",))

    assert layout.symbols == (*SYMBOLS, "DOGE/USDT:USDT")
    assert layout.stress_high.tolist() == [0.4, 0.5, 0.0]


def test_a_symbol_without_a_price_gets_no_column() -> None:
    instruments = {"BTC/USDT": market_of().instruments["BTC/USDT"]}
    layout = build_layout(POLICY, instruments, account=Account.SEPARATE)

    assert layout.symbols == ("BTC/USDT",)
    assert layout.wallets == ("USDT",)


ONE_FUTURE = (
    "{BTC: {spot: BTC/USDT, future: 'BTC/USDT:USDT', share: 50%},"
    " ETH: {spot: ETH/USDT, share: 50%}}"
)


@pytest.mark.parametrize("instrument", ["BTC/USDT:USDT", "ETH/USDT:USDT"])
def test_a_policy_names_what_its_assets_and_hedges_trade(instrument: str) -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        assets=ONE_FUTURE,
        hedges=f"[{{of: core, ratio: 50%, with: '{instrument}'}}]",
    )

    symbols = ["BTC/USDT", "ETH/USDT", "BTC/USDT:USDT", instrument]
    assert policy_symbols(policy) == tuple(dict.fromkeys(symbols))


FUTURES = SYMBOLS[2:]


@pytest.mark.parametrize(
    ("sleeve", "hedges", "traded"),
    [
        ("{kind: spot}", "[]", ()),
        ("{kind: spot}", "[{of: core, ratio: 50%, with: own}]", FUTURES),
        ("{kind: spot}", "[{of: core, ratio: 50%, with: 'ETH/USDT:USDT'}]", FUTURES[1:]),
        ("{kind: basis}", "[]", FUTURES),
        ("{kind: long, shares: {BTC: 100%}}", "[]", FUTURES[:1]),
    ],
)
def test_a_contract_that_nothing_trades_needs_no_column(
    sleeve: str, hedges: str, traded: Sequence[str]
) -> None:
    policy = policy_of(f"core: {sleeve}", "core: 50%, cash: 50%", assets=BTC_AND_ETH, hedges=hedges)

    found = column_symbols(policy, market_of().instruments)

    assert found == ("BTC/USDT", "ETH/USDT", *traded)


def test_an_inverse_contract_that_nothing_trades_keeps_its_wallet() -> None:
    policy = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", assets=BTC_COIN)

    layout = build_layout(policy, market_of(inverse("BTC")).instruments, account=Account.SEPARATE)

    assert layout.symbols == ("BTC/USDT", "BTC/USD:BTC")
    assert layout.wallets == ("USDT", "BTC")


DOLLARS = policy_of(
    "dollars: {kind: basis, collateral: coin}",
    "dollars: 100%",
    assets=BTC_COIN,
)


def coin_layout(account: Account) -> Layout:
    rules = market_of(inverse("BTC", contract_size="100")).instruments
    return build_layout(DOLLARS, rules, account=account, extra=("ETH/USDT:USDT",))


def test_a_coin_that_settles_a_contract_has_a_wallet_of_its_own() -> None:
    layout = coin_layout(Account.SEPARATE)

    assert layout.symbols == ("BTC/USDT", "BTC/USD:BTC", "ETH/USDT:USDT")
    assert layout.wallets == ("USDT", "BTC")
    assert layout.wallet_of == (1, 0)
    # both point at the spot column of BTC, and the quote coin at none
    assert (layout.coin_of, layout.wallet_coin) == ((0, -1), (-1, 0))
    assert [layout.is_inverse(future) for future in (0, 1)] == [True, False]


def test_money_moves_in_cents_and_coins_in_hundred_millionths() -> None:
    layout = coin_layout(Account.SEPARATE)

    assert layout.transfer_step.tolist() == [0.01, 1e-8]
    assert layout.fee_step.tolist() == [1e-6, 1e-8, 1e-6]
    # an inverse contract is sized in dollars
    assert layout.lot.tolist() == [0.001, 100, 0.001]


def test_coins_of_a_unified_account_are_in_its_pool() -> None:
    layout = coin_layout(Account.UNIFIED)

    assert (layout.wallets, layout.wallet_coin, layout.wallet_of) == ((), (), (0, 0))
    assert layout.coin_of == (0, -1)


def test_a_contract_whose_coin_has_no_price_gets_no_column() -> None:
    rules = market_of(inverse("BTC")).instruments
    unpriced = {symbol: rule for symbol, rule in rules.items() if symbol != "BTC/USDT"}

    layout = build_layout(DOLLARS, unpriced, account=Account.SEPARATE)

    assert layout.symbols == ()
    assert layout.wallets == ("USDT",)
