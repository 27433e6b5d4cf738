"""The Python door: `planning` for one time, `history` for what a policy would have done.

Every function that users call is importable from `rebalancer` itself. A path may stand wherever a
policy, a market or a portfolio does. Nobody who plans loads what evaluates.
"""
