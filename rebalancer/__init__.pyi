from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.policy_file import check_policy, load_policy
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.api.history import evaluate, sweep
from rebalancer.api.planning import plan, plan_many, status

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
