"""Hints: the known word that is nearest to an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or else all of them.

    >>> did_you_mean("fundng_apr", ["funding_apr", "trend"])
    'did you mean `funding_apr`?'
    >>> did_you_mean("x", ["funding_apr", "trend"])
    'known are `funding_apr`, `trend`'
    """
    words = list(dict.fromkeys(known))
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    near = near or [one for one in words if one.lower() == word.lower()]
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known are {', '.join(f'`{one}`' for one in words)}" if words else ""
