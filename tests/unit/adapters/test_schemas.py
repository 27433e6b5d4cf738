"""The generated JSON Schemas agree with the readers on real, example and broken files."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from rebalancer.adapters.example_files import example_contents
from rebalancer.adapters.instrument_shape import instruments_schema
from rebalancer.adapters.portfolio_file import portfolio_schema
from rebalancer.policy.nodes import to_plain
from rebalancer.policy.source import read_yaml
from tests.unit.adapters.market_files import INSTRUMENTS

SCHEMAS = {"instruments": instruments_schema, "portfolio": portfolio_schema}
BAD_INSTRUMENTS = [
    "no-instruments",
    "no-as-of",
    "naive-as-of",
    "misspelt-key",
    "zero-step",
    "unknown-kind",
    "spot-with-settle",
    "perpetual-with-expiry",
    "future-without-expiry",
    "no-margin-tiers",
    "no-settle",
    "fee-without-percent",
]
BAD_PORTFOLIOS = [
    "misspelt-key.yaml",
    "no-as-of.yaml",
    "naive-as-of.yaml",
    "not-a-time.yaml",
    "negative-spot.yaml",
    "octal-number.yaml",
    "underscore-number.yaml",
    "sexagesimal-number.yaml",
    "grouped-number.yaml",
    "empty-amount.yaml",
    "spot-is-a-list.yaml",
    "unknown-account.yaml",
    "nan-wallet.yaml",
    "zero-contracts.yaml",
    "negative-entry-price.yaml",
    "no-entry-price.yaml",
    "side-of-another-venue.json",
    "null-amount.json",
    "ccxt-beside-own-keys.yaml",
    "ccxt-signed-row.json",
    "ccxt-yes.yaml",
]
CCXT_FILE = """\
{"ccxt": {
  "spot": {"info": {}, "BTC": {"free": 1, "used": 0, "total": 1}, "total": {"BTC": 1.0},
           "timestamp": 1704067200000, "datetime": "2024-01-01T00:00:00.000Z"},
  "futures": [{"timestamp": null, "datetime": null, "total": {"USDT": 0.1}}],
  "positions": [
    {"symbol": "BTC/USDT:USDT", "side": "short", "contracts": 0.5, "entryPrice": 40000,
     "markPrice": null, "contractSize": 1, "unrealizedPnl": -10.5, "marginMode": "cross"},
    {"symbol": "ETH/USDT:USDT", "side": null, "contracts": 0.0, "entryPrice": 0.0}
  ],
  "total_includes_profit": true
}}
"""


def as_text(text: str | bytes) -> Any:
    """Return a document in which every scalar is text."""
    tree, _ = read_yaml(text, "")
    assert tree is not None
    return to_plain(tree)


def as_typed(text: str | bytes) -> Any:
    """Return a document with JSON's numbers, as an editor sees it; dates are text."""
    typed = yaml.safe_load(text)
    if isinstance(typed.get("as_of"), date):
        typed["as_of"] = as_text(text)["as_of"]
    return typed


def accepts(schema: dict[str, Any], document: Any) -> bool:
    return Draft202012Validator(schema).is_valid(document)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_stored_schema_is_the_generated_one(name: str, repository: Path) -> None:
    stored = (repository / "schemas" / f"{name}.schema.json").read_text("utf-8")
    generated = SCHEMAS[name]()
    Draft202012Validator.check_schema(generated)
    assert json.loads(stored) == generated


@pytest.mark.parametrize("load", [as_text, as_typed])
def test_sound_files_are_accepted(load: Callable[[str | bytes], Any]) -> None:
    contents = example_contents()
    assert accepts(instruments_schema(), load(contents["market/instruments.yaml"]))
    assert accepts(instruments_schema(), load(INSTRUMENTS))
    assert accepts(portfolio_schema(), load(contents["portfolio.yaml"]))


def test_what_ccxt_returns_is_accepted() -> None:
    assert accepts(portfolio_schema(), json.loads(CCXT_FILE))


@pytest.mark.parametrize("load", [as_text, as_typed])
def test_real_instruments_are_accepted(
    load: Callable[[str | bytes], Any], real_daily: Path
) -> None:
    text = (real_daily / "instruments.yaml").read_text("utf-8")
    assert accepts(instruments_schema(), load(text))


@pytest.mark.parametrize("case", BAD_INSTRUMENTS)
def test_broken_instruments_are_refused(case: str, repository: Path) -> None:
    path = repository / "tests" / "bad_input" / "markets" / case / "instruments.yaml"
    assert not accepts(instruments_schema(), as_typed(path.read_text("utf-8")))


@pytest.mark.parametrize("case", BAD_PORTFOLIOS)
def test_broken_portfolios_are_refused(case: str, repository: Path) -> None:
    path = repository / "tests" / "bad_input" / "portfolios" / case
    assert not accepts(portfolio_schema(), as_text(path.read_text("utf-8")))
