"""Market symbols: what `BTC/USDT:USDT` says about a contract before any market is read."""

import re
from dataclasses import dataclass

COIN_PATTERN = r"[A-Za-z0-9]{1,20}"
SPOT_PATTERN = rf"{COIN_PATTERN}/{COIN_PATTERN}"
FUTURE_PATTERN = rf"{SPOT_PATTERN}:{COIN_PATTERN}(?:-[0-9]{{6}})?"

_SYMBOL = re.compile(
    rf"(?P<base>{COIN_PATTERN})/(?P<quote>{COIN_PATTERN})"
    rf"(?::(?P<settle>{COIN_PATTERN})(?:-(?P<expiry>[0-9]{{6}}))?)?",
)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol's parts: `settle` is None for spot, `expiry` (yymmdd) is None for a perpetual."""

    text: str
    base: str
    quote: str
    settle: str | None = None
    expiry: str | None = None

    @property
    def is_future(self) -> bool:
        """Whether this names a contract rather than a spot pair."""
        return self.settle is not None

    @property
    def is_inverse(self) -> bool:
        """Whether this contract is margined and settled in its base coin."""
        return self.settle == self.base


def parse_symbol(text: str) -> Symbol:
    """Return the parts of a symbol; ValueError where it is none.

    >>> parse_symbol("BTC/USD:BTC-260327").is_inverse
    True
    """
    match = _SYMBOL.fullmatch(text)
    if match is None:
        raise ValueError(f"`{text}` is not a symbol such as BTC/USDT or BTC/USDT:USDT")
    return Symbol(text, match["base"], match["quote"], match["settle"], match["expiry"])
