"""Policy as code for portfolios of crypto spot and futures.

`load_policy`, `load_market`, `load_portfolio`, `plan`, `plan_many`, `evaluate` and `sweep` are the
door; they are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

__all__ = [
    "__version__",
    "check_policy",
    "evaluate",
    "load_market",
    "load_policy",
    "load_portfolio",
    "plan",
    "plan_many",
    "status",
    "sweep",
]


def __getattr__(name: str) -> Any:
    """Return a public function, loading what it needs."""
    if name in __all__:
        return getattr(import_module("rebalancer.api"), name)
    raise AttributeError(f"module `rebalancer` has no attribute `{name}`")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
