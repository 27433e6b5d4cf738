from dataclasses import replace
from decimal import Decimal

from rebalancer.model.instrument import InstrumentKind
from tests.small_plans import perpetual, spot_pair


def test_a_spot_pair_is_no_future_and_never_inverse() -> None:
    assert not spot_pair("BTC").is_future
    assert not replace(spot_pair("BTC"), settle="BTC").is_inverse


def test_a_contract_that_settles_in_its_quote_is_linear() -> None:
    assert perpetual("BTC").is_future
    assert not perpetual("BTC").is_inverse


def test_a_contract_that_settles_in_its_base_is_inverse() -> None:
    dated = replace(perpetual("BTC"), kind=InstrumentKind.FUTURE, quote="USD", settle="BTC")
    assert dated.is_future
    assert dated.is_inverse


def test_a_lot_is_one_step_of_contracts_in_base_coins() -> None:
    hundredths = replace(perpetual("BTC", step="1"), contract_size=Decimal("0.01"))
    assert hundredths.lot_size == Decimal("0.01")
    assert spot_pair("BTC", step="0.00001").lot_size == Decimal("0.00001")
