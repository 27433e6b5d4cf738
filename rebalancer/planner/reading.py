"""Reads a book against a policy and a market: what is managed, ignored, sold or refused."""

from dataclasses import dataclass, field
from decimal import Decimal

from rebalancer.model.book import Account, Book, Position
from rebalancer.model.decimals import decimal_text
from rebalancer.model.instrument import STABLE_COINS
from rebalancer.model.plan import Refusal
from rebalancer.planner.layout import column_symbols, policy_symbols
from rebalancer.planner.request import PlanRequest
from rebalancer.policy.compiled import Policy, Unmanaged, WhenStale


@dataclass(slots=True)
class Reading:
    """A book as a plan sees it, filled in while the book is read.

    `spot` is by symbol and `cash` the quote coin (in a unified account pooled with the wallet);
    `extra` are symbols held that have a column for this book alone; `pairs` gives the spot symbol
    of each coin that settles a managed contract.
    """

    book: Book
    cash: Decimal = Decimal(0)
    spot: dict[str, Decimal] = field(default_factory=dict)
    positions: dict[str, Position] = field(default_factory=dict)
    wallets: dict[str, Decimal] = field(default_factory=dict)
    ignored: dict[str, Decimal] = field(default_factory=dict)
    ignored_wallets: dict[str, Decimal] = field(default_factory=dict)
    extra: list[str] = field(default_factory=list)
    pairs: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def is_unified(self) -> bool:
        """Whether coins and wallets are one pool."""
        return self.book.account is Account.UNIFIED


def read_book(request: PlanRequest, book: Book) -> Reading:
    """Return what a plan manages of a book, with a refusal for each thing it cannot value."""
    reading = Reading(book)
    held = {position.symbol for position in book.positions}
    managed = {*policy_symbols(request.policy), *held.intersection(request.left)}
    columns = column_symbols(request.policy, request.instruments)
    reading.pairs |= _collateral_pairs(request, managed)
    _read_coins(request, reading, managed=managed)
    for coin, amount in sorted(book.wallets.items()):
        _read_wallet(request, reading, held=(coin, amount))
    for position in book.positions:
        if position.symbol in managed and position.symbol in request.instruments:
            reading.positions[position.symbol] = position
            if position.symbol not in columns:
                reading.extra.append(position.symbol)
        else:
            _read_unmanaged_position(request, reading, position=position)
    _check_contracts(request, reading)
    _check_prices(request, reading)
    _check_collar(request, reading)
    reading.refusals += [Refusal("unknown-beta", note) for note in request.targets.unknown]
    _check_freshness(
        request, reading, managed={*managed, *book_symbols(book, request.policy.quote)}
    )
    return reading


def _read_coins(request: PlanRequest, reading: Reading, *, managed: set[str]) -> None:
    """Read the spot coins: the quote coin is cash, a managed coin goes by its spot symbol."""
    known = (request.instruments[symbol] for symbol in managed & {*request.instruments})
    spot_of = {each.base: each.symbol for each in known if not each.is_future}
    for coin, amount in sorted(reading.book.spot.items()):
        if coin == request.policy.quote:
            reading.cash += amount
        elif not amount:
            continue
        elif coin in spot_of:
            reading.spot[spot_of[coin]] = amount
        else:
            _read_unmanaged_coin(request, reading, coin=coin)


def book_symbols(book: Book, quote: str) -> frozenset[str]:
    """Return the symbols that a book names: its positions, and its coins' pairs with the quote."""
    pairs = {f"{coin}/{quote}" for coin in (*book.spot, *book.wallets) if coin != quote}
    return frozenset(pairs | {position.symbol for position in book.positions})


def _check_freshness(request: PlanRequest, reading: Reading, *, managed: set[str]) -> None:
    """Note which prices of the policy or book, and which signals, are too old; refuse if asked."""
    prices = [note for symbol, note in request.stale_prices.items() if symbol in managed]
    reading.stale += [*prices, *request.stale_signals]
    if reading.stale and request.policy.when_stale is WhenStale.ERROR:
        for note in reading.stale:
            _refuse(reading, "stale-data", note)


def _read_wallet(request: PlanRequest, reading: Reading, *, held: tuple[str, Decimal]) -> None:
    coin, amount = held
    if coin == request.policy.quote:
        if reading.is_unified:
            reading.cash += amount
        else:
            reading.wallets[coin] = amount
    elif coin in reading.pairs:
        symbol = reading.pairs[coin]
        if reading.is_unified:
            reading.spot[symbol] = reading.spot.get(symbol, Decimal(0)) + amount
        else:
            reading.wallets[coin] = amount
    elif amount:
        _ignore_small(request, reading, coin=coin, amount=amount, place=f"{coin} futures wallet")


def _collateral_pairs(request: PlanRequest, managed: set[str]) -> dict[str, str]:
    """Return the spot symbol of each coin that settles an inverse contract of the policy."""
    known = [request.instruments[symbol] for symbol in managed & {*request.instruments}]
    pairs = {each.base: each.symbol for each in known if not each.is_future}
    settles = {each.base for each in known if each.is_inverse}
    return {coin: symbol for coin, symbol in sorted(pairs.items()) if coin in settles}


def _read_unmanaged_coin(request: PlanRequest, reading: Reading, *, coin: str) -> None:
    amount = reading.book.spot[coin]
    if _ignore_small(request, reading, coin=coin, amount=amount, place=f"spot {coin}"):
        return
    symbol = _spot_symbol(request, coin)
    if request.policy.unmanaged is Unmanaged.SELL and symbol is not None:
        reading.spot[symbol] = amount
        reading.extra.append(symbol)


def _ignore_small(
    request: PlanRequest, reading: Reading, *, coin: str, amount: Decimal, place: str
) -> bool:
    """Ignore what is small or what the policy ignores; return False where it must be sold.

    A holding that cannot be valued, or that the policy refuses, is a refusal.
    """
    policy = request.policy
    price = _coin_price(request, coin)
    if price is None:
        _refuse(reading, "unknown-coin", f"{place} has no price in the market folder")
        return True
    value = amount * price
    if abs(value) < max(policy.rebalance.min_trade, Decimal("0.01")):
        kept = reading.ignored if place.startswith("spot") else reading.ignored_wallets
        kept[coin] = amount
        reading.warnings.append(f"{place} is worth {value:,.2f} {policy.quote} and is ignored")
        return True
    if policy.unmanaged is Unmanaged.IGNORE and place.startswith("spot"):
        reading.ignored[coin] = amount
        return True
    can_sell = place.startswith("spot") and _spot_symbol(request, coin) is not None
    if policy.unmanaged is Unmanaged.SELL and can_sell:
        return False
    covered = (Unmanaged.IGNORE, Unmanaged.SELL) if place.startswith("spot") else ()
    remedy = _remedy(policy, covered)
    _refuse(reading, "unmanaged-holding", f"{place} is not named by the policy{remedy}")
    return True


def _remedy(policy: Policy, covered: tuple[Unmanaged, ...]) -> str:
    """Return what to do about a holding that these settings of `unmanaged` cover."""
    if policy.unmanaged is not Unmanaged.REFUSE:
        return f" and `unmanaged: {policy.unmanaged}` does not cover it"
    if not covered:
        return ": name it, or empty it first"
    return f": name it, or set `unmanaged` to {' or '.join(covered)}"


def _read_unmanaged_position(request: PlanRequest, reading: Reading, *, position: Position) -> None:
    instrument = request.instruments.get(position.symbol)
    if instrument is None or not instrument.is_future:
        _refuse(
            reading,
            "unknown-contract",
            f"position `{position.symbol}` is not a contract of the market folder",
        )
    elif _has_expired(request, position.symbol):
        _refuse(reading, "expired-contract", _expired(position.symbol))
    elif request.policy.unmanaged is Unmanaged.SELL and instrument.settle == request.policy.quote:
        reading.positions[position.symbol] = position
        reading.extra.append(position.symbol)
    else:
        covered = (Unmanaged.SELL,) if instrument.settle == request.policy.quote else ()
        message = f"position `{position.symbol}` is not named by the policy"
        _refuse(reading, "unmanaged-holding", message + _remedy(request.policy, covered))


def _check_contracts(request: PlanRequest, reading: Reading) -> None:
    """Refuse a position whose contracts are of another size than the market folder's."""
    for symbol, position in reading.positions.items():
        ours, theirs = request.instruments[symbol].contract_size, position.contract_size
        if theirs is not None and not position.is_counted_in(ours):
            message = (
                f"a contract of `{symbol}` is {decimal_text(theirs)} in the portfolio and"
                f" {decimal_text(ours)} in instruments.yaml: correct `contract_size` there"
            )
            _refuse(reading, "contract-size", message)


def _check_prices(request: PlanRequest, reading: Reading) -> None:
    """Refuse where something held or asked for has no rules or no price yet."""
    parts = (*request.targets.spot, *request.targets.futures)
    needed = dict.fromkeys(part.name for part in parts if part.weight)
    needed |= dict.fromkeys(short.future for short in request.targets.shorts)
    needed |= dict.fromkeys(short.spot for short in request.targets.shorts)
    needed |= dict.fromkeys(
        reading.pairs[coin] for coin in reading.wallets if coin in reading.pairs
    )
    needed |= dict.fromkeys(symbol for symbol, amount in reading.spot.items() if amount)
    needed |= dict.fromkeys(reading.positions)
    for symbol in needed:
        if symbol not in request.instruments:
            _refuse(reading, "unknown-instrument", f"`{symbol}` is not in instruments.yaml")
        elif _has_expired(request, symbol):
            _refuse(reading, "expired-contract", _expired(symbol))
        elif symbol not in request.marks:
            _refuse(reading, "no-price", f"`{symbol}` has no price at or before the plan's time")


def _expired(symbol: str) -> str:
    return f"`{symbol}` has expired: settle it in the portfolio, or name another"


def _has_expired(request: PlanRequest, symbol: str) -> bool:
    expiry_us = request.instruments[symbol].expiry_us
    return expiry_us is not None and expiry_us <= request.as_of_us


def _check_collar(request: PlanRequest, reading: Reading) -> None:
    """Refuse where a price that the policy or book reads is too far from its previous close."""
    collar = request.policy.price_collar
    if collar is None:
        return
    managed = {*policy_symbols(request.policy), *reading.spot, *reading.positions}
    for symbol in sorted(managed & {*request.marks} & {*request.previous}):
        before = request.previous[symbol]
        change = request.marks[symbol] / before - 1
        if abs(change) > collar:
            message = (
                f"price of `{symbol}` is {request.marks[symbol]}, {change:+.2%} from its previous "
                f"close {before}, over the price collar of {collar:.2%}"
            )
            _refuse(reading, "price-collar", message)


def _spot_symbol(request: PlanRequest, coin: str) -> str | None:
    """Return the spot pair that sells a coin for the quote coin, if the market prices it."""
    for symbol in request.marks:
        instrument = request.instruments[symbol]
        pair = (instrument.base, instrument.quote)
        if pair == (coin, request.policy.quote) and not instrument.is_future:
            return symbol
    return None


def _coin_price(request: PlanRequest, coin: str) -> Decimal | None:
    symbol = _spot_symbol(request, coin)
    if symbol is not None:
        return request.marks[symbol]
    return Decimal(1) if {coin, request.policy.quote} <= STABLE_COINS else None


def _refuse(reading: Reading, guard: str, message: str) -> None:
    reading.refusals.append(Refusal(guard, message))
