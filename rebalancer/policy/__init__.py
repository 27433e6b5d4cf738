"""The policy language: YAML text becomes a checked policy, or findings."""

from rebalancer.policy.read import read_policy

__all__ = ["read_policy"]
