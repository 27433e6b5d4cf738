"""Arguments and options that several commands share."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rebalancer.errors import UsageError

PolicyPath = Annotated[Path, typer.Argument(metavar="POLICY", help="The policy file.")]
MarketFolder = Annotated[Path, typer.Option("--market", metavar="DIR", help="The market folder.")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="A date, midnight UTC, or a time with a zone."),
]
OutputFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write here, whole or not at all."),
]


class Format(StrEnum):
    """How a command prints its result where it has nothing special."""

    TABLE = "table"
    JSON = "json"


TableOrJson = Annotated[Format, typer.Option("--format", help="How to print.")]


def split_prices(texts: Sequence[str]) -> dict[str, str]:
    """Return the prices of `--price SYMBOL=P`, still as text; raises UsageError for a bad pair."""
    prices: dict[str, str] = {}
    for text in texts:
        symbol, _, price = text.rpartition("=")
        if not symbol:
            raise UsageError(f"--price takes SYMBOL=PRICE such as BTC/USDT=42100, was `{text}`")
        if symbol in prices:
            raise UsageError(f"--price is given twice for `{symbol}`")
        prices[symbol] = price
    return prices
