from rebalancer.api import (
    check_policy,
    evaluate,
    load_market,
    load_policy,
    load_portfolio,
    plan,
    plan_many,
    status,
    sweep,
)

__version__: str

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
