"""Finds the rules of each account's regime, once for as long as they stay the same."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext

import numpy as np

from rebalancer.evaluation.limits_watched import regimes_from
from rebalancer.evaluation.plain_times import find_plain_times, keeps_its_columns
from rebalancer.evaluation.quantities_sent import request_quantities
from rebalancer.evaluation.rules_in_force import Rules, StackedRules, find_rules
from rebalancer.evaluation.sent import Rows
from rebalancer.evaluation.variant import Variant
from rebalancer.model.book import Account, Book
from rebalancer.model.decimals import EXACT
from rebalancer.model.instrument import settle_coins
from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans
from rebalancer.planner.layout import Layout, column_symbols, policy_symbols
from rebalancer.planner.plan_books import build_request_layout
from rebalancer.planner.reading import read_book
from rebalancer.planner.request import PlanRequest
from rebalancer.targets.build import build_targets

_Members = tuple[StackedRules, Rows, Rows]
"""Rules of one shape, the accounts that plan by them, and the place of each account's rules."""


@dataclass(slots=True, eq=False)
class Outlook:
    """Accounts whose policies see the same: one market, one history, one measure of fresh prices.

    `plain` (decision,) and `priced` (decision, column) are of the common decision times.
    """

    variants: list[Variant]
    rows: list[int]
    plain: Booleans
    priced: Booleans
    found: dict[tuple[str, bytes], list[_Members]] = field(default_factory=dict)

    @property
    def first(self) -> Variant:
        """One variant that stands for all in what they see."""
        return self.variants[0]


class Rulebook:
    """Looks up by which rules accounts plan at a time; those it leaves out are planned whole."""

    def __init__(self, variants: Sequence[Variant], layout: Layout) -> None:
        self._layout = layout
        account = Account.UNIFIED if layout.unified else Account.SEPARATE
        empty = {layout.quote: Decimal(0)}
        wallets = dict.fromkeys(layout.wallets, Decimal(0))
        self._empty = Book(0, account, empty, wallets, ())
        self._shapes: dict[Hashable, StackedRules] = {}
        self._layouts: dict[Hashable, Layout] = {}
        self._outlooks = [self._open(rows, variants) for rows in _same_outlook(variants)]
        self._outlook_of = np.zeros(len(variants), dtype=np.intp)
        for number, outlook in enumerate(self._outlooks):
            self._outlook_of[outlook.rows] = number

    def look_up(self, rows: Rows, at_us: int) -> Iterator[_Members]:
        """Yield the rules of the accounts that are planned by their quantities at a time."""
        joined: dict[int, list[_Members]] = {}
        asked = np.zeros(len(self._outlook_of), dtype=bool)
        asked[rows] = True
        for number in np.unique(self._outlook_of[rows]).tolist():
            for members in self._members(self._outlooks[number], at_us):
                joined.setdefault(id(members[0]), []).append(members)
        for listed in joined.values():
            chosen, places = (np.concatenate([each[part] for each in listed]) for part in (1, 2))
            is_asked = asked[chosen]
            if is_asked.any():
                yield listed[0][0], chosen[is_asked], places[is_asked]

    def look_up_decisions(self) -> list[list[_Members]]:
        """Return the rules of the only account at each of its decisions."""
        (outlook,) = self._outlooks
        times_us = outlook.first.decides_us
        names = regimes_from(outlook.first.history.path, times_us)
        keys = list(zip(names, (priced.tobytes() for priced in outlook.priced), strict=True))
        decisions = list(zip(keys, times_us.tolist(), outlook.plain.tolist(), strict=True))
        known = {key: at_us for key, at_us, is_plain in reversed(decisions) if is_plain}
        rules = {key: self._found(outlook, at_us, key) for key, at_us in known.items()}
        return [rules[key] if is_plain else [] for key, _, is_plain in decisions]

    def _members(self, outlook: Outlook, at_us: int) -> list[_Members]:
        """Return the rules of an outlook's accounts at a time, none where it is not plain."""
        first = outlook.first
        place = int(np.searchsorted(first.decides_us, at_us))
        if place < len(first.decides_us) and first.decides_us[place] == at_us:
            is_plain, priced = bool(outlook.plain[place]), outlook.priced[place]
        else:
            plain = self._plain(first, np.array([at_us]))
            is_plain, priced = bool(plain[0][0]), plain[1][0]
        if not is_plain:
            return []
        return self._found(
            outlook, at_us, (first.history.path.regime_at(at_us).name, priced.tobytes())
        )

    def _found(self, outlook: Outlook, at_us: int, key: tuple[str, bytes]) -> list[_Members]:
        """Return the rules of a regime and of what is priced, which a time is one of."""
        if key not in outlook.found:
            outlook.found[key] = self._find(outlook, at_us)
        return outlook.found[key]

    def _find(self, outlook: Outlook, at_us: int) -> list[_Members]:
        """Return the rules in force from a time on, account by account."""
        found: dict[int, tuple[StackedRules, list[int], list[int]]] = {}
        first = outlook.first
        with localcontext(EXACT):
            request = request_quantities(first, at_us, symbols=frozenset())
            for row, variant in zip(outlook.rows, outlook.variants, strict=True):
                rules = self._rules(variant, request)
                if rules is None:
                    continue
                stacked = self._shapes.setdefault(rules.shape, StackedRules(rules))
                _, rows, places = found.setdefault(id(stacked), (stacked, [], []))
                rows.append(row)
                places.append(stacked.add(rules))
        return [(each, np.array(rows), np.array(places)) for each, rows, places in found.values()]

    def _rules(self, variant: Variant, request: PlanRequest) -> Rules | None:
        """Return a variant's rules in the regime of a request, None where they say more."""
        policy = variant.policy
        regime = policy.regime(request.regime.name)
        if any(hedge.beta_us is not None for hedge in regime.hedges):
            return None
        settle = settle_coins(request.instruments)
        targets = build_targets(policy, regime, settle=settle)
        own = replace(request, policy=policy, regime=regime, targets=targets)
        reading = read_book(own, self._empty)
        if reading.refusals or reading.warnings or reading.stale:
            return None
        columns = column_symbols(policy, request.instruments)
        key = (columns, policy.assets, policy.stress, policy.slippage)
        marks = frozenset(request.marks)
        if (key, marks) not in self._layouts:
            self._layouts[key, marks] = build_request_layout(own, account=reading.book.account)
        return find_rules(own, self._layouts[key, marks], run_layout=self._layout)

    def _open(self, rows: list[int], variants: Sequence[Variant]) -> Outlook:
        chosen = [variants[row] for row in rows]
        return Outlook(chosen, rows, *self._plain(chosen[0], chosen[0].decides_us))

    def _plain(self, variant: Variant, times: Times) -> tuple[Booleans, Booleans]:
        """Return which times are plain, and what is priced then."""
        found = find_plain_times(
            variant.policy,
            variant.market,
            layout=self._layout,
            signals=variant.history.signals.values(),
            times=times,
        )
        keeps = keeps_its_columns(variant.policy, self._layout) and not variant.carries
        return found.is_plain & keeps, found.priced


def _same_outlook(variants: Sequence[Variant]) -> list[list[int]]:
    """Return the accounts in groups that see the same."""
    groups: dict[Hashable, list[int]] = {}
    for row, variant in enumerate(variants):
        policy = variant.policy
        key = (
            id(variant.market),
            id(variant.history),
            id(variant.decides_us),
            policy.max_age_us,
            policy.price_collar,
            policy.rolls,
            policy.unmanaged,
            policy_symbols(policy),
            column_symbols(policy, variant.market.instruments),
        )
        groups.setdefault(key, []).append(row)
    return list(groups.values())
