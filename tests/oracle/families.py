"""Which dated contract a `future: {of: …, roll: …}` means, and which others belong to it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.oracle.given import Given

HOURS = {"h": 1, "d": 24, "w": 168}

Rows = Mapping[str, Any]


def resolve_families(policy: Rows, rows: Rows, given: Given) -> dict[str, Any]:
    """Return the policy with every family of dated contracts replaced by its current one."""
    assets = {
        name: {key: resolve(value, rows, given) for key, value in row.items()}
        for name, row in policy["assets"].items()
    }
    sleeves = {
        name: row
        | {"future": {asset: resolve(each, rows, given) for asset, each in row["future"].items()}}
        if "future" in row
        else row
        for name, row in policy["sleeves"].items()
    }
    return dict(policy) | {"assets": assets, "sleeves": sleeves}


def resolve(value: Any, rows: Rows, given: Given) -> Any:
    """Return the symbol of a family, or a value that is none as it is."""
    if not isinstance(value, Mapping):
        return value
    if value["of"] in given.families:
        return given.families[value["of"]]
    return current_contract(value["of"], value["roll"], rows=rows, as_of=given.as_of)


def current_contract(family: str, roll: str, *, rows: Rows, as_of: str | None) -> str:
    """Return the nearest contract that expires more than `roll` after `as_of`."""
    if as_of is None:
        raise ValueError(f"family `{family}` needs `families` or `as_of`")
    least = read_time(as_of) + timedelta(hours=float(roll[:-1]) * HOURS[roll[-1]])
    later = [(expiry, symbol) for symbol, expiry in dated_contracts(family, rows) if expiry > least]
    if not later:
        raise ValueError(f"no contract of `{family}` expires after {least}: refuses the plan")
    return min(later)[1]


def dated_contracts(family: str, rows: Rows) -> Iterator[tuple[str, datetime]]:
    """Yield the contracts of a family with their expiries."""
    for symbol, row in rows.items():
        if row["kind"] == "future" and symbol.startswith(f"{family}-"):
            yield symbol, read_time(str(row["expiry"]))


def family_members(policy: Rows, rows: Rows) -> set[str]:
    """Return every contract of the families a policy names: an old one is closed at the roll."""
    values = [value for row in policy["assets"].values() for value in row.values()]
    for row in policy["sleeves"].values():
        values += (row.get("future") or {}).values()
    families = {value["of"] for value in values if isinstance(value, Mapping)}
    return {symbol for family in families for symbol, _ in dated_contracts(family, rows)}


def read_time(text: str) -> datetime:
    """Return a time in UTC; a bare date is its midnight."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)
