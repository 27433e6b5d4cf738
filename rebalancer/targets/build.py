"""Turns a regime's sleeves and hedges into parts: exact weights of instruments and wallets."""

from collections.abc import Mapping

from rebalancer.model.beta import Betas
from rebalancer.model.target_parts import RegimeTargets
from rebalancer.policy.compiled import Policy, Regime
from rebalancer.targets.context import ONE, ZERO, Context
from rebalancer.targets.hedges import build_hedges
from rebalancer.targets.sleeves import (
    basis_shorts,
    future_parts,
    margin_parts,
    share_capital,
    spot_parts,
)


def build_targets(
    policy: Policy, regime: Regime, *, settle: Mapping[str, str], betas: Betas | None = None
) -> RegimeTargets:
    """Return the parts that a regime asks for, in exact fractions of capital.

    `settle` gives the settle coin of each futures symbol, `betas` what is known of the pairs that
    the regime hedges by beta: one that is missing is unknown. A basis sleeve of capital w at
    leverage L holds w·L/(L+1) of spot, a short of the same base quantity and w/(L+1) of margin;
    on coin collateral it holds w in the coin's wallet. A synthetic one holds w of contracts on
    w/L of margin.
    """
    context = Context(policy, regime, settle, betas or {})
    hedges = build_hedges(context)
    shared = tuple(share_capital(context))
    spot = tuple(spot_parts(context, shared))
    margin = (*margin_parts(context, shared), *hedges.margin)
    return RegimeTargets(
        spot=spot,
        futures=(*future_parts(shared), *hedges.futures),
        shorts=(*basis_shorts(context, shared), *hedges.shorts),
        margin=margin,
        cash=ONE - sum((part.weight for part in (*spot, *margin)), ZERO),
        warnings=hedges.warnings,
        unknown=hedges.unknown,
    )
