"""Malformed markets and portfolios: each gives findings with code and place, never a traceback.

A folder under `markets/` holds the files that replace those of the market in `markets/sound/`.
"""

import shutil
from pathlib import Path

import pytest

from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.errors import Finding, InvalidInput

HERE = Path(__file__).parent

MARKETS = {
    "close-above-high": [
        "prices.csv:2 price-outside-bar",
        "prices.csv:3 price-outside-bar",
    ],
    "duplicate-column": ["prices.csv:1 duplicate-column"],
    "duplicate-instrument": ["instruments.yaml:5:3 duplicate-key"],
    "duplicate-observation": ["series.csv:3 duplicate-row"],
    "duplicate-row": ["prices.csv:4 duplicate-row"],
    "empty-cell": ["prices.csv:3 missing-value"],
    "empty-file": ["prices.csv empty-table"],
    "empty-split": ["prices.csv missing-file"],
    "epoch-milliseconds": ["prices.csv:3 not-a-time"],
    "fee-without-percent": ["instruments.yaml:14:16 out-of-range"],
    "funding-of-spot": ["funding.csv:2 not-a-perpetual"],
    "future-without-expiry": ["instruments.yaml:6:5 missing-key"],
    "given-twice": [". ambiguous-table"],
    "header-only": ["prices.csv empty-table"],
    "high-under-low": ["prices.csv:3 high-under-low"],
    "impossible-date": ["prices.csv:3 not-a-time"],
    "leverage-above-tiers": ["instruments.yaml:10:15 margin-tiers"],
    "missing-column": ["prices.csv:1 missing-column"],
    "misspelt-key": [
        "instruments.yaml:6:5 missing-key",
        "instruments.yaml:10:5 unknown-key",
    ],
    "naive-as-of": ["instruments.yaml:1:8 naive-time"],
    "naive-time": ["prices.csv:3 naive-time"],
    "nan-price": [
        "prices.csv:2 not-finite",
        "prices.csv:3 not-finite",
    ],
    "no-as-of": ["instruments.yaml:1:1 missing-key"],
    "no-instruments": ["instruments.yaml:2:14 missing-value"],
    "no-margin-tiers": ["instruments.yaml:6:5 missing-key"],
    "no-settle": ["instruments.yaml:6:5 missing-key"],
    "not-a-number": [
        "prices.csv:3 not-a-number",
        "prices.csv:3 not-a-number",
    ],
    "not-a-symbol": ["instruments.yaml:5:3 not-a-symbol"],
    "not-parquet": ["prices.parquet unreadable-file"],
    "not-utf-8": ["prices.csv:3 not-utf-8"],
    "not-yaml": ["instruments.yaml:5:3 yaml-syntax"],
    "percent-funding": ["funding.csv:2 not-a-number"],
    "perpetual-with-expiry": ["instruments.yaml:10:5 key-not-for-kind"],
    "same-instant-in-another-zone": ["prices.csv:3 duplicate-row"],
    "semicolons": ["prices.csv:1 missing-column"],
    "series-without-name": ["series.csv:2 missing-value"],
    "settle-mismatch": [
        "instruments.yaml:5:3 symbol-mismatch",
        "instruments.yaml:9:13 settle-mismatch",
    ],
    "short-row": [
        "prices.csv:3 missing-value",
        "prices.csv:3 missing-value",
    ],
    "spot-with-settle": ["instruments.yaml:3:50 key-not-for-kind"],
    "symbol-mismatch": ["instruments.yaml:5:3 symbol-mismatch"],
    "tier-without-margin": ["instruments.yaml:16:43 margin-tiers"],
    "tiers-not-from-zero": ["instruments.yaml:16:27 margin-tiers"],
    "tiers-that-fall": [
        "instruments.yaml:16:76 margin-tiers",
        "instruments.yaml:16:92 margin-tiers",
        "instruments.yaml:16:112 margin-tiers",
    ],
    "too-many-values": ["prices.csv:3 malformed-row"],
    "unknown-kind": ["instruments.yaml:6:11 not-a-choice"],
    "unknown-symbol": ["prices.csv:3 unknown-symbol"],
    "zero-and-negative-prices": [
        "prices.csv:2 non-positive-price",
        "prices.csv:3 non-positive-price",
    ],
    "zero-interval": [
        "funding.csv:2 non-positive-interval",
        "funding.csv:3 non-positive-interval",
    ],
    "zero-step": ["instruments.yaml:10:18 out-of-range"],
}

PORTFOLIOS = {
    "anchor.yaml": ["anchor.yaml:2:7 yaml-anchor"],
    "ccxt-beside-own-keys.yaml": ["ccxt-beside-own-keys.yaml:2:1 key-not-for-kind"],
    "ccxt-borrowed-coin.json": [
        "ccxt-borrowed-coin.json:3:27 borrowed-coin",
        "ccxt-borrowed-coin.json:4:14 borrowed-coin",
    ],
    "ccxt-hedge-mode.json": ["ccxt-hedge-mode.json:5:16 duplicate-position"],
    "ccxt-isolated.json": ["ccxt-isolated.json:5:20 isolated-position"],
    "ccxt-no-positions.json": ["ccxt-no-positions.json:2:3 missing-key"],
    "ccxt-no-time.json": ["ccxt-no-time.json:2:3 missing-key"],
    "ccxt-no-wallet.json": ["ccxt-no-wallet.json:4:16 missing-wallet"],
    "ccxt-one-coin-twice.json": ["ccxt-one-coin-twice.json:4:27 duplicate-wallet"],
    "ccxt-signed-row.json": [
        "ccxt-signed-row.json:4:5 missing-key",
        "ccxt-signed-row.json:4:41 not-a-choice",
        "ccxt-signed-row.json:4:62 out-of-range",
    ],
    "ccxt-unified-twice.json": ["ccxt-unified-twice.json:3:3 key-not-for-kind"],
    "ccxt-unknown-profit.json": ["ccxt-unknown-profit.json:4:5 unknown-profit"],
    "ccxt-yes.yaml": ["ccxt-yes.yaml:2:56 not-a-boolean"],
    "cut-off.json": ["cut-off.json:3:1 yaml-syntax"],
    "duplicate-coin.yaml": ["duplicate-coin.yaml:4:3 duplicate-key"],
    "duplicate-position.yaml": ["duplicate-position.yaml:5:16 duplicate-position"],
    "empty-amount.yaml": ["empty-amount.yaml:3:7 missing-value"],
    "empty.yaml": ["empty.yaml empty-file"],
    "grouped-number.yaml": ["grouped-number.yaml:3:9 not-a-number"],
    "huge-number.yaml": ["huge-number.yaml:2:14 out-of-range"],
    "list.json": ["list.json:1:1 not-a-mapping"],
    "misspelt-key.yaml": ["misspelt-key.yaml:2:1 unknown-key"],
    "naive-as-of.yaml": ["naive-as-of.yaml:1:8 naive-time"],
    "nan-spot.yaml": [
        "nan-spot.yaml:2:13 not-a-number",
        "nan-spot.yaml:2:25 not-a-number",
    ],
    "nan-wallet.yaml": ["nan-wallet.yaml:3:19 not-a-number"],
    "negative-entry-price.yaml": ["negative-entry-price.yaml:6:20 out-of-range"],
    "negative-spot.yaml": ["negative-spot.yaml:2:13 out-of-range"],
    "no-as-of.yaml": ["no-as-of.yaml:1:1 missing-key"],
    "no-entry-price.yaml": ["no-entry-price.yaml:4:7 missing-key"],
    "not-a-time.yaml": ["not-a-time.yaml:1:8 not-a-time"],
    "not-utf-8.yaml": ["not-utf-8.yaml:2:8 not-utf-8"],
    "null-amount.json": ["null-amount.json:1:41 not-a-number"],
    "octal-number.yaml": ["octal-number.yaml:2:14 not-a-number"],
    "sexagesimal-number.yaml": ["sexagesimal-number.yaml:2:14 not-a-number"],
    "side-of-another-venue.json": ["side-of-another-venue.json:3:32 unknown-key"],
    "spot-is-a-list.yaml": ["spot-is-a-list.yaml:3:3 wrong-shape"],
    "two-documents.yaml": ["two-documents.yaml:2:1 several-documents"],
    "underscore-number.yaml": ["underscore-number.yaml:2:14 not-a-number"],
    "unknown-account.yaml": ["unknown-account.yaml:2:10 not-a-choice"],
    "zero-contracts.yaml": ["zero-contracts.yaml:4:42 out-of-range"],
}


def build_market(case: str, folder: Path) -> Path:
    """Return a copy of the sound market in which the case's files stand instead of its own."""
    shutil.copytree(HERE / "markets" / "sound", folder)
    for replacement in (HERE / "markets" / case).iterdir():
        for replaced in folder.glob(f"{replacement.stem}.*"):
            replaced.unlink()
    shutil.copytree(HERE / "markets" / case, folder, dirs_exist_ok=True)
    return folder


def places_and_codes(findings: tuple[Finding, ...], folder: Path) -> list[str]:
    """Return `file:line:column code` of each finding; the folder itself is `.`."""
    return [
        f"{str(finding.place).replace(str(folder), '.').removeprefix('./')} {finding.code}"
        for finding in findings
    ]


def test_every_market_and_portfolio_here_is_expected() -> None:
    markets = {path.name for path in (HERE / "markets").iterdir()} - {"sound"}
    assert markets == set(MARKETS)
    assert {path.name for path in (HERE / "portfolios").iterdir()} == set(PORTFOLIOS)


def test_the_market_that_the_others_are_made_from_is_sound(tmp_path: Path) -> None:
    market = load_market(build_market("sound", tmp_path / "market"))
    assert sorted(market.instruments) == ["BTC/USDT", "BTC/USDT:USDT"]
    assert market.bars["BTC/USDT"].close.tolist() == [105.0, 110.0]


@pytest.mark.parametrize("case", MARKETS)
def test_a_malformed_market_is_placed(case: str, tmp_path: Path) -> None:
    folder = build_market(case, tmp_path / "market")
    with pytest.raises(InvalidInput) as caught:
        load_market(folder)
    assert places_and_codes(caught.value.findings, folder) == MARKETS[case]


@pytest.mark.parametrize("case", PORTFOLIOS)
def test_a_malformed_portfolio_is_placed(case: str) -> None:
    folder = HERE / "portfolios"
    with pytest.raises(InvalidInput) as caught:
        load_portfolio(folder / case)
    assert places_and_codes(caught.value.findings, folder) == PORTFOLIOS[case]
