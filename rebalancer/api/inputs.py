"""What callers may give: values, paths and times in the forms that people write them in."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.policy_file import load_policy
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.errors import UsageError
from rebalancer.model.book import Book
from rebalancer.model.instant import from_datetime, parse_instant
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy

FilePath = str | Path
Time = str | date | datetime
"""A date is midnight UTC; a datetime has a zone; a text is either, in ISO 8601."""

Number = Decimal | str | int | float

_EARLIEST_US, _LATEST_US = parse_instant("1000-01-01"), parse_instant("9000-01-01")
"""Calendars look ahead and zones shift: text has no years of five digits, nor any before 1."""


def as_policy(policy: Policy | FilePath) -> Policy:
    """Return a policy; raises InvalidInput for a file that cannot be used."""
    return policy if isinstance(policy, Policy) else load_policy(policy)


def as_market(market: Market | FilePath) -> Market:
    """Return a market; raises InvalidInput for a folder that cannot be used."""
    return market if isinstance(market, Market) else load_market(market)


def as_book(portfolio: Book | FilePath) -> Book:
    """Return a book; raises InvalidInput for a file that cannot be used."""
    return portfolio if isinstance(portfolio, Book) else load_portfolio(portfolio)


def as_microseconds(time: Time, name: str = "as of") -> int:
    """Return a time in microseconds; raises UsageError that calls it by its name."""
    if isinstance(time, datetime):
        if time.tzinfo is None:
            raise UsageError(f"{name} {time.isoformat()} has no zone; give it one, such as UTC")
        return require_sane(from_datetime(time), f"{name} {time}")
    if isinstance(time, date):
        midnight = datetime(time.year, time.month, time.day, tzinfo=UTC)
        return require_sane(from_datetime(midnight), f"{name} {time}")
    if not isinstance(time, str):
        raise UsageError(f"{name} must be a date, a datetime or a text, was {time!r}")
    try:
        time_us = parse_instant(time)
    except ValueError as error:
        raise UsageError(f"{name} {error}") from None
    return require_sane(time_us, f"{name} {time}")


def require_sane(time_us: int, name: str) -> int:
    """Return a time that calendars and texts can reach; raises UsageError for any other."""
    if not _EARLIEST_US <= time_us < _LATEST_US:
        raise UsageError(f"{name} must lie within the years 1000 and 8999")
    return time_us
