"""Market symbols: what `BTC/USDT:USDT` says about a contract before any market is read.

Where a policy rolls through dated contracts it names their family: `BTC/USD:BTC-*` is the nearest
of `BTC/USD:BTC-260327`, `BTC/USD:BTC-260626` and so on.
"""

import re
from dataclasses import dataclass

_ROLLED = "-*"
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


def rolled_name(family: Symbol) -> str:
    """Return the name under which a policy rolls through a family's dated contracts.

    >>> rolled_name(parse_symbol("BTC/USD:BTC"))
    'BTC/USD:BTC-*'
    """
    return family.text + _ROLLED


def parse_contract(name: str) -> Symbol:
    """Return the parts of a contract's symbol, or of the family of `FAMILY-*`; ValueError for none.

    >>> parse_contract("BTC/USD:BTC-*").settle
    'BTC'
    """
    return parse_symbol(name.removesuffix(_ROLLED))
