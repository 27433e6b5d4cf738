"""Policy as code for portfolios of crypto spot and futures.

`load_policy`, `load_market`, `load_portfolio`, `plan`, `plan_many`, `evaluate` and `sweep` are the
door; they are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "check_policy": "rebalancer.adapters.policy_file",
    "evaluate": "rebalancer.api.history",
    "load_market": "rebalancer.adapters.market_folder",
    "load_policy": "rebalancer.adapters.policy_file",
    "load_portfolio": "rebalancer.adapters.portfolio_file",
    "plan": "rebalancer.api.planning",
    "plan_many": "rebalancer.api.planning",
    "status": "rebalancer.api.planning",
    "sweep": "rebalancer.api.history",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  -- the keys are strings


def __getattr__(name: str) -> Any:
    """Return a public function, loading what it needs."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module `rebalancer` has no attribute `{name}`")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
