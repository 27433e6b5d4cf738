"""The exact ledger: a book in decimals, and what each fill and transfer does to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from rebalancer.model.contracts import profit
from rebalancer.model.decimals import MONEY_QUANTUM, ZERO, round_fee
from rebalancer.model.instrument import Instrument
from rebalancer.model.plan import BookAfter


@dataclass(frozen=True, slots=True)
class Ledger:
    """A book in exact decimals; a unified account's pool is all in `cash`.

    `positions` are (contracts, entry price) by symbol. INVARIANT: NAV changes by fees alone.
    """

    cash: Decimal
    spot: Mapping[str, Decimal]
    wallets: Mapping[str, Decimal]
    positions: Mapping[str, tuple[Decimal, Decimal]]
    unified: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """An order filled whole at the mark: signed amount in coins or contracts."""

    instrument: Instrument
    amount: Decimal
    price: Decimal

    @property
    def quantity_base(self) -> Decimal:
        """The filled size in base coins, without its sign."""
        return abs(self.amount) * self.instrument.contract_size

    @property
    def notional(self) -> Decimal:
        """The filled size in the quote coin."""
        return self.quantity_base * self.price

    @property
    def fee(self) -> Decimal:
        """The taker fee, rounded up to the printed digits."""
        return round_fee(self.notional * self.instrument.taker_fee)


def net_asset_value(
    ledger: Ledger, marks: Mapping[str, Decimal], *, instruments: Mapping[str, Instrument]
) -> Decimal:
    """Return spot + wallets + unrealised profit, exact, in the quote coin."""
    value = ledger.cash + sum(ledger.wallets.values())
    value += sum((amount * marks[symbol] for symbol, amount in ledger.spot.items()), ZERO)
    for symbol, (contracts, entry) in ledger.positions.items():
        size = contracts * instruments[symbol].contract_size
        value += profit(size, entry=entry, mark=marks[symbol], inverse=False)
    return value


def apply_fill(ledger: Ledger, fill: Fill) -> Ledger:
    """Return the ledger after a fill: spot pays in the quote coin, futures from their wallet.

    A growing position averages its entry price; a shrinking one keeps it and realises profit; what
    passes zero (dust under a lot cannot be closed on its own) opens at the fill's price.
    """
    symbol = fill.instrument.symbol
    if not fill.instrument.is_future:
        spot = {**ledger.spot, symbol: ledger.spot.get(symbol, ZERO) + fill.amount}
        cash = ledger.cash - fill.amount * fill.price - fill.fee
        return replace(ledger, spot=spot, cash=cash)
    contracts, entry = ledger.positions.get(symbol, (ZERO, ZERO))
    after = contracts + fill.amount
    realised = ZERO
    if contracts * fill.amount >= 0:
        entry = (contracts * entry + fill.amount * fill.price) / after
    else:
        closed = fill.amount if contracts * after >= 0 else -contracts
        size = -closed * fill.instrument.contract_size
        realised = profit(size, entry=entry, mark=fill.price, inverse=False)
        entry = entry if closed == fill.amount else fill.price
    positions = {**ledger.positions, symbol: (after, entry)}
    if not after:
        del positions[symbol]
    return _pay(
        replace(ledger, positions=positions), str(fill.instrument.settle), realised - fill.fee
    )


def apply_transfer(ledger: Ledger, coin: str, *, amount: Decimal) -> Ledger:
    """Return the ledger after `amount` moved from spot into a wallet (negative: out of it)."""
    return _pay(replace(ledger, cash=ledger.cash - amount), coin, amount)


def _pay(ledger: Ledger, coin: str, amount: Decimal) -> Ledger:
    if ledger.unified:
        return replace(ledger, cash=ledger.cash + amount)
    wallets = {**ledger.wallets, coin: ledger.wallets.get(coin, ZERO) + amount}
    return replace(ledger, wallets=wallets)


def book_after(
    ledger: Ledger,
    *,
    quote: str,
    ignored: Mapping[str, Decimal],
    ignored_wallets: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
) -> BookAfter:
    """Return the printed book, with the coins and wallets that the plan ignores.

    Entry prices are rounded, money is exact.
    """
    spot = {instruments[symbol].base: amount for symbol, amount in ledger.spot.items() if amount}
    for coin, amount in ignored.items():
        spot[coin] = spot.get(coin, ZERO) + amount
    spot[quote] = ledger.cash
    return BookAfter(
        spot=tuple(sorted(spot.items())),
        wallets=tuple(sorted({**ledger.wallets, **ignored_wallets}.items())),
        positions=tuple(
            (symbol, contracts, _round_entry(entry))
            for symbol, (contracts, entry) in sorted(ledger.positions.items())
        ),
    )


def _round_entry(entry: Decimal) -> Decimal:
    """Return an entry price with six decimals, or twelve significant digits below one."""
    if entry >= 1:
        return entry.quantize(MONEY_QUANTUM)
    return entry.quantize(Decimal(1).scaleb(entry.adjusted() - 11))
