"""Texts of a file made safe to print: one line, nothing that a terminal obeys, not too long."""

LONGEST = 400
"""Characters of a message; what a file holds beyond that helps nobody."""


def printable(text: str) -> str:
    r"""Return a text with control characters escaped, cut where it is too long to read.

    >>> print(printable("unknown symbol `BTC\n/USDT`"))
    unknown symbol `BTC\n/USDT`
    """
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
