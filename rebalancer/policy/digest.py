"""The digest of a policy: equal where two files mean the same, whatever their spelling."""

import json
from dataclasses import fields, is_dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from rebalancer.model.decimals import decimal_text
from rebalancer.policy.compiled import Policy

_NOT_MEANING = frozenset({"description", "digest", "text"})
"""Words for people: a description, and a threshold as its author wrote it."""

_SETS = frozenset(
    {"assets", "futures", "hedges", "parts", "regimes", "rolls", "shares", "signals"}
    | {"sleeves", "sources", "stress", "targets"}
)
"""The tuples whose order says nothing."""


def digest_policy(policy: Policy) -> str:
    """Return `sha256:` and the hash of a policy's canonical form.

    Comments, the order of keys, of parts of `all` and `any` and of names in a list, the spelling
    of numbers and durations, defaults written out, and descriptions make no difference. The name
    does: plans print it. The order of transitions does: the first true one wins.
    """
    return f"sha256:{sha256(_text(_canonical(policy)).encode()).hexdigest()}"


def _canonical(value: Any, field: str = "") -> Any:
    """Return a value as JSON data of which equal meanings are equal."""
    if is_dataclass(value):
        names = [one.name for one in fields(value) if one.name not in _NOT_MEANING]
        return {name: _canonical(getattr(value, name), name) for name in names}
    if isinstance(value, tuple):
        items = [_canonical(item) for item in value]
        return sorted(items, key=_text) if field in _SETS else items
    return decimal_text(value) if isinstance(value, Decimal) else value


def _text(data: Any) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
