from decimal import Decimal
from pathlib import Path

import pytest

from rebalancer.adapters.instruments_file import load_instruments
from rebalancer.errors import InvalidInput
from rebalancer.model.instant import parse_instant
from rebalancer.model.instrument import Instrument, InstrumentKind, MarginTier
from tests.unit.adapters.market_files import INSTRUMENTS

DATED = """\
as_of: 2023-12-31
instruments:
  BTC/USD:BTC-260327:
    kind: future
    base: BTC
    quote: USD
    settle: BTC
    contract_size: 100
    amount_step: 1
    min_amount: 1
    min_cost: 0
    price_step: 0.1
    taker_fee: 5bp
    maker_fee: -1bp
    liquidation_fee: 1.25%
    leverage: 20
    expiry: 2026-03-27T08:00:00Z
    margin_tiers:
      - {from: 0, maintenance: 0.4%, max_leverage: 125}
      - {from: 50, maintenance: 1%, max_leverage: 50}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "instruments.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_dated_inverse_future_is_read_whole(tmp_path: Path) -> None:
    read = load_instruments(write(tmp_path, DATED))
    assert read.as_of == "2023-12-31"
    assert read.by_symbol == {
        "BTC/USD:BTC-260327": Instrument(
            symbol="BTC/USD:BTC-260327",
            kind=InstrumentKind.FUTURE,
            base="BTC",
            quote="USD",
            settle="BTC",
            contract_size=Decimal(100),
            amount_step=Decimal(1),
            min_amount=Decimal(1),
            min_cost=Decimal(0),
            price_step=Decimal("0.1"),
            taker_fee=Decimal("0.0005"),
            maker_fee=Decimal("-0.0001"),
            liquidation_fee=Decimal("0.0125"),
            leverage=Decimal(20),
            expiry_us=parse_instant("2026-03-27T08:00Z"),
            margin_tiers=(
                MarginTier(Decimal(0), Decimal("0.004"), Decimal(125)),
                MarginTier(Decimal(50), Decimal("0.01"), Decimal(50)),
            ),
        )
    }


def test_what_is_left_out_takes_its_default(tmp_path: Path) -> None:
    by_symbol = load_instruments(write(tmp_path, INSTRUMENTS)).by_symbol
    spot, perpetual = by_symbol["BTC/USDT"], by_symbol["BTC/USDT:USDT"]
    assert (spot.settle, spot.margin_tiers, spot.expiry_us) == (None, (), None)
    assert (perpetual.contract_size, perpetual.liquidation_fee) == (Decimal(1), Decimal(0))
    assert perpetual.leverage is None


def test_the_expiry_date_is_the_one_in_the_symbol(tmp_path: Path) -> None:
    path = write(tmp_path, DATED.replace("2026-03-27T08", "2026-06-26T08"))
    with pytest.raises(InvalidInput, match="which is `BTC/USD:BTC-260626`"):
        load_instruments(path)


def test_all_findings_come_in_one_run_in_source_order(tmp_path: Path) -> None:
    text = DATED.replace("kind: future", "kind: futures").replace("5bp", "5").replace("20\n", "0\n")
    with pytest.raises(InvalidInput) as caught:
        load_instruments(write(tmp_path, text.replace("as_of: 2023-12-31\n", "")))
    assert [(found.place.line, found.code) for found in caught.value.findings] == [
        (1, "missing-key"),
        (3, "not-a-choice"),
        (12, "out-of-range"),
        (15, "out-of-range"),
    ]


def test_a_tier_with_a_finding_of_its_own_is_not_compared(tmp_path: Path) -> None:
    path = write(tmp_path, DATED.replace("from: 50, ", ""))
    with pytest.raises(InvalidInput) as caught:
        load_instruments(path)
    assert [finding.message for finding in caught.value.findings] == ["`tier` has no `from`"]
