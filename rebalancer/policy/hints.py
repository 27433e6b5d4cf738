"""Hints: the known word that is nearest to an unknown one."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_HINTS = 100
"""How many names of a file are looked up; a file with more mistakes is another kind of file."""
MOST_WORDS = 200
"""How many known words are compared with."""
MOST_LISTED = 25


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest known word, or else all of them.

    >>> did_you_mean("fundng_apr", ["funding_apr", "trend"])
    'did you mean `funding_apr`?'
    >>> did_you_mean("x", ["funding_apr", "trend"])
    'known are `funding_apr`, `trend`'
    """
    words = list(dict.fromkeys(known))[:MOST_WORDS]
    near = get_close_matches(word, words, n=1, cutoff=0.6)
    near = near or [one for one in words if one.lower() == word.lower()]
    if near:
        return f"did you mean `{near[0]}`?"
    is_short = 0 < len(words) <= MOST_LISTED
    return f"known are {', '.join(f'`{one}`' for one in words)}" if is_short else ""
