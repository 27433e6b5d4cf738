"""The exact ledger: a book in decimals, and what each fill and transfer does to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from rebalancer.model.contracts import profit
from rebalancer.model.decimals import (
    COIN_QUANTUM,
    MONEY_QUANTUM,
    ZERO,
    round_coins,
    round_fee,
)
from rebalancer.model.instrument import Instrument
from rebalancer.model.plan import BookAfter


@dataclass(frozen=True, slots=True)
class Ledger:
    """A book in exact decimals; a unified account's pool is `cash` and `spot`.

    `positions` are (contracts, entry price) by symbol; `pairs` gives the spot symbol of each coin
    other than the quote coin. INVARIANT: NAV changes by fees alone.
    """

    cash: Decimal
    spot: Mapping[str, Decimal]
    wallets: Mapping[str, Decimal]
    positions: Mapping[str, tuple[Decimal, Decimal]]
    pairs: Mapping[str, str]
    unified: bool


@dataclass(frozen=True, slots=True)
class Fill:
    """An order filled whole at the mark: signed amount in coins or contracts."""

    instrument: Instrument
    amount: Decimal
    price: Decimal

    @property
    def size(self) -> Decimal:
        """The signed size: base coins, or quote money of an inverse contract."""
        return self.amount * self.instrument.contract_size

    @property
    def quantity_base(self) -> Decimal:
        """The filled size in base coins, without its sign."""
        size = abs(self.size)
        return round_coins(size / self.price) if self.instrument.is_inverse else size

    @property
    def notional(self) -> Decimal:
        """The filled size in the quote coin."""
        size = abs(self.size)
        return size if self.instrument.is_inverse else size * self.price

    @property
    def fee(self) -> Decimal:
        """The taker fee in the coin that pays it, rounded up to the printed digits."""
        in_coin = self.notional / self.price if self.instrument.is_inverse else self.notional
        quantum = COIN_QUANTUM if self.instrument.is_inverse else MONEY_QUANTUM
        return round_fee(in_coin * self.instrument.taker_fee, quantum)


def net_asset_value(
    ledger: Ledger, marks: Mapping[str, Decimal], *, instruments: Mapping[str, Instrument]
) -> Decimal:
    """Return spot + wallets + unrealised profit in the quote coin, exact but for coin profit.

    Coins are worth their spot pair's mark, which no coins need not have. What a position made in
    coins is a quotient, so the value with one is rounded to twelve decimals.
    """
    value, is_exact = ledger.cash, True
    held = ((symbol, amount) for symbol, amount in ledger.spot.items() if amount)
    value += sum((amount * marks[symbol] for symbol, amount in held), ZERO)
    for coin, amount in ledger.wallets.items():
        value += amount * coin_price(ledger, marks, coin=coin) if amount else ZERO
    for symbol, (contracts, entry) in ledger.positions.items():
        instrument = instruments[symbol]
        size, inverse = contracts * instrument.contract_size, instrument.is_inverse
        gained = profit(size, entry=entry, mark=marks[symbol], inverse=inverse)
        value += gained * coin_price(ledger, marks, coin=str(instrument.settle))
        is_exact &= not inverse
    return value if is_exact else round_coins(value)


def coin_price(ledger: Ledger, marks: Mapping[str, Decimal], *, coin: str) -> Decimal:
    """Return what a coin is worth in the quote coin: its spot pair's mark, 1 for the quote coin."""
    return marks[ledger.pairs[coin]] if coin in ledger.pairs else Decimal(1)


def apply_fill(ledger: Ledger, fill: Fill) -> Ledger:
    """Return the ledger after a fill: spot pays in the quote coin, futures from their wallet.

    A growing position averages its entry price, an inverse one its inverse; a shrinking one keeps
    it and realises profit; what passes zero (dust under a lot cannot be closed on its own) opens
    at the fill's price.
    """
    symbol, inverse = fill.instrument.symbol, fill.instrument.is_inverse
    if not fill.instrument.is_future:
        spot = {**ledger.spot, symbol: ledger.spot.get(symbol, ZERO) + fill.amount}
        cash = ledger.cash - fill.amount * fill.price - fill.fee
        return replace(ledger, spot=spot, cash=cash)
    contracts, entry = ledger.positions.get(symbol, (ZERO, ZERO))
    after = contracts + fill.amount
    realised = ZERO
    if contracts * fill.amount >= 0:
        entry = _average_entry((contracts, entry), fill) if contracts else fill.price
    else:
        closed = fill.amount if contracts * after >= 0 else -contracts
        size = -closed * fill.instrument.contract_size
        realised = profit(size, entry=entry, mark=fill.price, inverse=inverse)
        entry = entry if closed == fill.amount else fill.price
    positions = {**ledger.positions, symbol: (after, entry)}
    if not after:
        del positions[symbol]
    return _pay(
        replace(ledger, positions=positions), str(fill.instrument.settle), realised - fill.fee
    )


def _average_entry(held: tuple[Decimal, Decimal], fill: Fill) -> Decimal:
    """Return the entry price of a position that grew: its profit is as before at any mark."""
    contracts, entry = held
    after = contracts + fill.amount
    if fill.instrument.is_inverse:
        return after / (contracts / entry + fill.amount / fill.price)
    return (contracts * entry + fill.amount * fill.price) / after


def apply_transfer(ledger: Ledger, coin: str, *, amount: Decimal) -> Ledger:
    """Return the ledger after `amount` of a coin moved from spot into its wallet, or back."""
    return _pay(_receive(ledger, coin, -amount), coin, amount)


def _pay(ledger: Ledger, coin: str, amount: Decimal) -> Ledger:
    """Return the ledger with an amount more in a coin's wallet, or in the pool."""
    if ledger.unified:
        return _receive(ledger, coin, amount)
    wallets = {**ledger.wallets, coin: ledger.wallets.get(coin, ZERO) + amount}
    return replace(ledger, wallets=wallets)


def _receive(ledger: Ledger, coin: str, amount: Decimal) -> Ledger:
    """Return the ledger with an amount of a coin more in the spot account."""
    if coin not in ledger.pairs:
        return replace(ledger, cash=ledger.cash + amount)
    symbol = ledger.pairs[coin]
    return replace(ledger, spot={**ledger.spot, symbol: ledger.spot.get(symbol, ZERO) + amount})


def book_after(
    ledger: Ledger,
    *,
    quote: str,
    ignored: Mapping[str, Decimal],
    ignored_wallets: Mapping[str, Decimal],
    instruments: Mapping[str, Instrument],
) -> BookAfter:
    """Return the printed book, with the coins and wallets that the plan ignores.

    Entry prices and coins are rounded, money is exact.
    """
    spot = {
        instruments[symbol].base: round_coins(amount)
        for symbol, amount in ledger.spot.items()
        if amount
    }
    wallets = {coin: round_coins(amount) for coin, amount in ledger.wallets.items()}
    for coin, amount in ignored.items():
        spot[coin] = spot.get(coin, ZERO) + amount
    spot[quote] = ledger.cash
    return BookAfter(
        spot=tuple(sorted(spot.items())),
        wallets=tuple(sorted({**wallets, **ignored_wallets}.items())),
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
