"""Every check of a policy document: one line per family, its module says what it looks for."""

from collections.abc import Callable, Iterator

from rebalancer.policy import reading, source, structure
from rebalancer.policy.checks import (
    assets,
    calendar,
    collateral,
    conditions,
    contracts,
    hedges,
    limits,
    limits_at_target,
    names,
    references,
    signals,
    sleeves,
    stress,
    targets,
    transitions,
)
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.problem import Problem

Check = Callable[[PolicyDocument], Iterator[Problem]]

CHECKS: tuple[Check, ...] = (
    *(assets.check_symbols, assets.check_asset_contents, assets.check_asset_shares),
    calendar.check_calendar,
    *(collateral.check_collateral, collateral.check_collateral_leverage),
    *(conditions.check_condition_forms, conditions.check_empty_joins, conditions.check_timing),
    *(conditions.check_between, conditions.check_portfolio_inside_for),
    *(contracts.check_settle_coins, contracts.check_rolls),
    *(hedges.check_hedged_sleeves, hedges.check_own_contracts, hedges.check_margin_coins),
    *(hedges.check_margin_sleeves, hedges.check_repeated_hedges),
    limits.check_regime_limits,
    *(limits_at_target.check_limits_at_target, limits_at_target.check_hedge_margin),
    *(names.check_names, names.check_transition_names, names.check_claims),
    *(references.check_references, references.check_hedge_symbols, references.check_unused),
    *(signals.check_sources, signals.check_over, signals.check_transforms),
    *(
        sleeves.check_sleeve_keys,
        sleeves.check_synthetic_leverage,
        sleeves.check_sleeve_shares,
        sleeves.check_sleeve_instruments,
    ),
    *(stress.check_stress_rows, stress.check_stress_moves),
    *(targets.check_target_sums, targets.check_ranges),
    *(transitions.check_own_regime, transitions.check_repeated_sources),
    transitions.check_shadowed,
)

CODES: frozenset[str] = frozenset(
    code
    for module in (
        *(source, reading, structure),
        *(assets, calendar, collateral, conditions, contracts, hedges, limits, limits_at_target),
        *(names, references, signals, sleeves, stress, targets, transitions),
    )
    for code in module.CODES
)
"""The codes of all findings in a policy; `docs/checks/<code>.md` explains each."""


def check_document(document: PolicyDocument) -> tuple[Problem, ...]:
    """Return every problem of meaning, in no particular order."""
    return tuple(problem for check in CHECKS for problem in check(document))
