"""`check --history`: the transitions of policies, counted in a market's past."""

from collections.abc import Mapping
from pathlib import Path

from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.record_file import read_file
from rebalancer.cli.progress import progress
from rebalancer.engine import prepare
from rebalancer.errors import Finding, InvalidInput
from rebalancer.policy.compiled import Policy
from rebalancer.policy.nodes import Places
from rebalancer.policy.source import read_yaml
from rebalancer.reports.count_firings import count_firings
from rebalancer.reports.firings import Firings


def replay_firings(
    policies: Mapping[Path, Policy], market: Path
) -> tuple[list[Firings], tuple[Finding, ...]]:
    """Return the counts of every policy's transitions, and the findings of the market folder."""
    with progress(f"reading {market}"):
        try:
            observed = load_market(market)
        except InvalidInput as invalid:
            return [], invalid.findings
    firings: list[Firings] = []
    for path, policy in policies.items():
        tree, _ = read_yaml(read_file(path), str(path))
        if tree is not None:
            with progress(f"replaying {path}"):
                history = prepare(policy, observed)
            firings += count_firings(policy, history, places=Places(tree, str(path)))
    return firings, ()
