"""Names that a policy gives to its own parts."""

import re
from collections.abc import Iterator

from rebalancer.policy.checks.walk import names_of
from rebalancer.policy.document import PolicyDocument
from rebalancer.policy.fields import NAME_PATTERN
from rebalancer.policy.hints import did_you_mean
from rebalancer.policy.present import each
from rebalancer.policy.problem import Problem
from rebalancer.policy.symbols import COIN_PATTERN

CODES = ("not-a-name", "duplicate-name", "unknown-claim")

CLAIMS = (
    "targets-add-up",
    "limits-hold-at-target",
    "limits-hold-after-a-plan",
    "limits-hold-under-stress",
    "nothing-is-liquidated-under-stress",
    "guards-do-not-conflict",
    "no-transition-is-dead",
    "every-regime-is-reachable",
    "no-regime-is-a-trap",
    "switching-is-bounded",
    "defence-is-prompt",
    "hedges-offset",
)
"""The statements about a policy that proofs decide, and that `verify.accept` may name."""


def check_names(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per key that is no name: of an asset, a signal, a sleeve or a regime."""
    for section in ("signals", "sleeves", "regimes"):
        for name in sorted(names_of(document, section) or ()):
            if not re.fullmatch(NAME_PATTERN, name):
                message = f"`{name}` is not a name of letters, digits, `_` and `-`"
                hint = "start with a letter, and leave out spaces"
                yield Problem((section, name), "not-a-name", message, hint, on_key=True)
    for name in sorted(names_of(document, "assets") or ()):
        if not re.fullmatch(COIN_PATTERN, name):
            message = f"`{name}` is not a coin such as BTC"
            yield Problem(("assets", name), "not-a-name", message, on_key=True)


def check_transition_names(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per transition whose name another has, but for case and punctuation."""
    seen: dict[str, str] = {}
    for position, transition in each(document.transitions):
        if transition.name is None:
            continue
        slug = re.sub(r"\W+", "_", transition.name.lower())
        if slug in seen:
            message = f"`{transition.name}` is named like the transition `{seen[slug]}`"
            hint = "plans give a transition's name as their reason: make each its own"
            yield Problem(("transitions", position, "name"), "duplicate-name", message, hint)
        seen.setdefault(slug, transition.name)


def check_claims(document: PolicyDocument) -> Iterator[Problem]:
    """Yield a problem per accepted claim that no proof knows."""
    for claim in (document.verify.accept if document.verify else None) or ():
        if claim not in CLAIMS:
            route, hint = ("verify", "accept", claim), did_you_mean(claim, CLAIMS)
            yield Problem(route, "unknown-claim", f"unknown claim `{claim}`", hint, on_key=True)
