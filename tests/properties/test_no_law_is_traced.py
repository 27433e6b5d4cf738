"""Laws run at their own speed: what measures coverage looks away."""

import sys


def test_no_law_is_traced() -> None:
    assert sys.gettrace() is None
