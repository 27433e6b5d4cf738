"""Access to a document's values, of which any may be None where it could not be read."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return a value that checks have found to be there."""
    if value is None:
        raise AssertionError("a policy with findings is not compiled")
    return value


def entries(mapping: Mapping[str, T | None] | None) -> Iterator[tuple[str, T]]:
    """Yield the keys and values of a mapping that could be read."""
    for key, value in (mapping or {}).items():
        if value is not None:
            yield key, value


def each(items: Sequence[T | None] | None) -> Iterator[tuple[int, T]]:
    """Yield the items of a list that could be read, each with its position in the list."""
    for position, item in enumerate(items or ()):
        if item is not None:
            yield position, item
