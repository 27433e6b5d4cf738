"""A small market folder for the tests of its reader, written as text."""

from pathlib import Path

INSTRUMENTS = """\
as_of: 2024-01-01
instruments:
  BTC/USDT: {kind: spot, base: BTC, quote: USDT, amount_step: 0.00001, min_amount: 0.00001,
             min_cost: 5, price_step: 0.01, taker_fee: 0.1%, maker_fee: 0.1%}
  BTC/USDT:USDT: {kind: perpetual, base: BTC, quote: USDT, settle: USDT, amount_step: 0.001,
                  min_amount: 0.001, min_cost: 100, price_step: 0.1, taker_fee: 0.05%,
                  maker_fee: 0.02%, margin_tiers: [{from: 0, maintenance: 0.4%, max_leverage: 125}]}
"""
PRICES_HEADER = "timestamp,symbol,open,high,low,close"
FIRST = "2024-01-01T00:00:00Z,BTC/USDT,100,110,90,105"
SECOND = "2024-01-02T00:00:00Z,BTC/USDT,105,115,95,110"
FUTURE = "2024-01-01T00:00:00Z,BTC/USDT:USDT,101,111,91,106"
FUNDING = (
    "timestamp,symbol,funding_rate,interval_hours\n2024-01-01T08:00:00Z,BTC/USDT:USDT,-0.02,2\n"
)


def write_market(folder: Path, *price_rows: str, **files: str) -> Path:
    """Write instruments.yaml, prices.csv of the rows, and more files by their stem (CSV)."""
    folder.mkdir(exist_ok=True)
    (folder / "instruments.yaml").write_text(INSTRUMENTS, encoding="utf-8")
    if price_rows:
        text = "\n".join([PRICES_HEADER, *price_rows]) + "\n"
        (folder / "prices.csv").write_text(text, encoding="utf-8")
    for stem, content in files.items():
        (folder / f"{stem}.csv").write_text(content, encoding="utf-8")
    return folder
