"""Laws run at their own speed: what measures coverage looks away."""

import sys

import pytest


def test_no_law_is_traced(request: pytest.FixtureRequest) -> None:
    if not request.config.pluginmanager.hasplugin("_cov"):
        pytest.skip("nothing measures coverage")

    assert sys.gettrace() is None
