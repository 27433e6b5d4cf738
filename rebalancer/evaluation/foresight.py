"""Plans decisions of one account before they are reached, many at once, on guesses of its books.

A plan is a function of its rules, its marks and its book. So a plan that was made for a guess is
the plan, once the account arrives with that very book; where it arrives with another, guessing
begins again from there. Nothing is decided differently: only sooner, and together.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from rebalancer.evaluation.due_orders import find_due, find_prospect
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.evaluation.guessing import Aims, Guess, guess_books
from rebalancer.evaluation.history_run import HistoryRun
from rebalancer.evaluation.leaping import Foreseen
from rebalancer.evaluation.limits_watched import regimes_from
from rebalancer.evaluation.rulebook import Rulebook
from rebalancer.evaluation.rules_in_force import StackedRules, book_holdings, round_books
from rebalancer.evaluation.sent import Rows, send_nothing, send_orders, sends_in_order
from rebalancer.evaluation.tickets import Tickets
from rebalancer.evaluation.variant import Variant
from rebalancer.model.instrument import settle_coins
from rebalancer.model.market import Floats, Times
from rebalancer.model.observations import Booleans
from rebalancer.planner.band import settle_band, target_weights
from rebalancer.planner.case import Case
from rebalancer.planner.exposure import Holdings
from rebalancer.planner.shrinking import NOT_SHRUNK, describe_shrinking
from rebalancer.signals.freshness import describe_unseen, first_seen_us
from rebalancer.targets.build import build_targets

_FARTHEST = 512
_WORTH_A_PASS = 8
"""A pass over all decisions that settles fewer than these is too dear."""

_TRIED = 2
"""Passes before an account is judged by how many of its decisions they settled."""

_FEW = 16
"""How many decisions an account looks ahead whose way is hard to foresee."""

_WORTH_A_LEAP = 4
"""Fewer decisions than these are sooner carried out one by one than side by side."""

_NOT_PLANNED = -1


class Foresight:
    """What one account sends at its decisions, as far as its plan is nothing but its orders."""

    def __init__(self, run: HistoryRun, variant: Variant, fill: FillRule) -> None:
        self._run, self._variant, self._times = run, variant, variant.decides_us
        self._by_regime: dict[str, tuple[str, ...]] = {}
        timeline, layout = run.timeline, run.desk.layout
        book = Rulebook([variant], layout)
        self._rules = book.look_up_decisions()
        path, openings = (timeline, 0), variant.openings
        self._due = find_due(path, layout, decided_us=self._times, openings=openings, fill=fill)
        self._prospect = find_prospect(timeline, layout, due=self._due, policy=variant.policy)
        self._aims = self._first_aims()
        self._sent = send_nothing(np.full(len(self._times), _NOT_PLANNED), layout).copy()
        width = self._rounded(run.desk.accounts.holdings).shape[1]
        self._books = np.full((len(self._times), width), np.nan)
        self._in_order = np.zeros(len(self._times), dtype=bool)
        self._began, self._width, self._seen_until = 0, _FARTHEST, 0

    def foresee(self, at_us: int) -> Tickets | None:
        """Return what the account sends as it stands, None where it must be planned whole."""
        place = self._place(at_us)
        if place is None:
            return None
        if not np.array_equal(self._books[place], self._rounded(self._now)[0]):
            self._look_ahead(place)
        # what was planned beyond what a look ahead settled may still come true
        self._check_order(place, self._now)
        if self._sent.rows[place] == _NOT_PLANNED:
            return None
        return self._tickets(slice(place, place + 1))

    def look_ahead(self, at_us: int) -> Foreseen | None:
        """Return the decisions from a time on whose plans are foreseen, None where few are.

        It says so once: the account that did not go there is not sent there again.
        """
        place = self._place(at_us)
        if place is None or place < self._seen_until:
            return None
        books = self._look_ahead(place)
        is_planned = self._sent.rows[place : place + len(books.cash)] != _NOT_PLANNED
        count = len(books.cash) if is_planned.all() else int(np.argmin(is_planned))
        self._seen_until = place + max(count, 1)
        if count < _WORTH_A_LEAP:
            return None
        chosen = slice(place, place + count)
        return Foreseen(self._times[chosen], books.take(slice(count)), self._tickets(chosen))

    def expect_more(self, at_us: int) -> None:
        """Note that the account went ahead and has come to a time as it was foreseen."""
        self._seen_until = min(self._seen_until, int(np.searchsorted(self._times, at_us)))

    def _place(self, at_us: int) -> int | None:
        """Return the place of a decision, None where it has none or must be planned whole."""
        place = int(np.searchsorted(self._times, at_us))
        is_known = place < len(self._times) and self._times[place] == at_us
        return place if is_known and self._rules[place] else None

    def _tickets(self, chosen: slice) -> Tickets:
        places = np.arange(chosen.start, chosen.stop)
        return self._due.tickets(chosen, self._sent.take(places))

    def warn(self, at_us: Times) -> Iterator[tuple[str, ...]]:
        """Yield what the plans of some times warn of, where the account sends what was foreseen."""
        policy, history = self._variant.policy, self._variant.history
        shrunk = self._sent.shrunk[np.searchsorted(self._times, at_us)]
        is_whole = (shrunk == NOT_SHRUNK).all(axis=1).tolist()
        seen_us = first_seen_us(policy, history)
        regimes = regimes_from(history.path, at_us)
        for place, time_us in enumerate(at_us.tolist()):
            is_seen = time_us >= seen_us
            yield (
                *(() if is_seen else describe_unseen(policy, history, as_of_us=time_us)),
                *self._target_warnings(regimes[place]),
                *(() if is_whole[place] else describe_shrinking(shrunk[place])),
            )

    def _target_warnings(self, regime: str) -> tuple[str, ...]:
        """Return what is said of a regime's targets: of one that is foreseen, always the same."""
        if regime not in self._by_regime:
            policy, known = self._variant.policy, self._variant.market.instruments
            settle = settle_coins(known)
            targets = build_targets(policy, policy.regime(regime), settle=settle)
            self._by_regime[regime] = targets.warnings
        return self._by_regime[regime]

    @property
    def _now(self) -> Holdings:
        return self._run.desk.accounts.holdings

    def _look_ahead(self, first: int) -> Holdings:
        """Plan the decisions from one on, for guesses that agree with what their plans send.

        Returns the books (decision, …) of those that do. It looks less far where the last one soon
        went wrong, and farther where that held. Where the account's way takes more passes than it
        is worth, it looks a few decisions ahead from then on. Each pass settles one more at least,
        or the next cannot be guessed.
        """
        self._set_width(first - self._began)
        self._began = first
        stop = min(first + self._width, len(self._times))
        guess, passed, settled = self._guess(self._now, first, stop), 1, -1
        while True:
            self._plan_changed(first, guess.books)
            wrong = np.flatnonzero(self._differs(guess, slice(first, stop)))
            if not wrong.size or wrong[0] == settled:
                break
            settled = int(wrong[0])
            passed += 1
            if passed > _TRIED and settled < passed * _WORTH_A_PASS:
                self._width = _FEW
                stop = min(stop, first + settled + _FEW)
                guess = guess.until(stop - first)
            start = guess.books.take(slice(settled, settled + 1))
            guess.put(settled, self._guess(start, first + settled, stop))
        books = guess.books if not wrong.size else guess.books.take(slice(settled + 1))
        self._check_order(first, books)
        return books

    def _guess(self, start: Holdings, first: int, stop: int) -> Guess:
        chosen = slice(first, stop)
        return guess_books(start, self._aims.take(chosen), prospect=self._prospect.take(chosen))

    def _plan_changed(self, first: int, books: Holdings) -> None:
        """Plan the decisions from one on whose books are not those that were planned for."""
        rounded = self._rounded(books)
        chosen = slice(first, first + len(rounded))
        changed = np.flatnonzero((self._books[chosen] != rounded).any(axis=1))
        if changed.size:
            self._plan(books.take(changed), first + changed)
            self._books[first + changed] = rounded[changed]

    def _differs(self, guess: Guess, chosen: slice) -> Booleans:
        """Return which decisions send something else than was guessed, (decision,)."""
        lots = self._sent.closing[chosen] + self._sent.opening[chosen]
        lots = np.where(np.isnan(self._prospect.quoted[chosen]), 0.0, lots)
        moves = guess.sends != self._sent.transfers[chosen]
        return np.asarray((guess.lots != lots).any(axis=1) | moves.any(axis=1))

    def _set_width(self, held: int) -> None:
        """Set how far to look, after the last look ahead held for so many decisions."""
        if held and self._width != _FEW:
            goes_on = held >= self._width
            self._width = min(max(2 * (self._width if goes_on else held), _FEW + 1), _FARTHEST)

    def _plan(self, books: Holdings, decisions: Rows) -> None:
        """Write what decisions send with these books, and where that takes them."""
        layout, sent = self._run.desk.layout, self._sent
        sent.put(decisions, send_nothing(np.full(len(decisions), _NOT_PLANNED), layout))
        self._in_order[decisions] = False
        for stacked, rows, places in self._shapes(decisions):
            chosen = decisions[rows]
            case = self._case(books.take(rows), stacked, chosen, places)
            found = send_orders(case, layout, places=stacked.first.places, with_refused=False)
            sent.put(chosen[found.rows], replace(found, rows=chosen[found.rows]))
            self._aim(case, stacked, chosen, books=books.take(rows))

    def _check_order(self, first: int, books: Holdings) -> None:
        """Find which decisions must be planned whole: the order of their steps may matter."""
        window = slice(first, first + len(books.cash))
        sent = self._sent
        rows = np.flatnonzero((sent.rows[window] != _NOT_PLANNED) & ~self._in_order[window])
        for stacked, some, places in self._shapes(first + rows):
            chosen, layout = first + rows[some], self._run.desk.layout
            case = self._case(books.take(rows[some]), stacked, chosen, places)
            columns = stacked.first.places
            plays = sends_in_order(case, sent.take(chosen), layout=layout, places=columns)
            self._in_order[chosen] = plays
            sent.rows[chosen[~plays]] = _NOT_PLANNED

    def _aim(self, case: Case, stacked: StackedRules, decisions: Rows, *, books: Holdings) -> None:
        """Write where decisions take the books that they were planned for."""
        sent, aims, layout = self._sent.take(decisions), self._aims, self._run.desk.layout
        lots, columns = sent.closing + sent.opening, np.array(stacked.first.places)
        held = np.concatenate([books.spot, books.size], axis=1) + lots * layout.lot
        nav = np.where(case.nav > 0, case.nav, 1.0)[:, None]
        after = held[:, columns] * case.marks.unit / nav
        settled = settle_band(case)
        weights = np.concatenate([settled.spot, settled.future], axis=1)
        is_aim = np.abs(weights - after) < layout.lot[columns] * case.marks.unit / nav
        spare = np.where(is_aim, (weights - after) / case.marks.unit * nav, 0.0)
        aims.nav[decisions] = case.nav
        aims.held[decisions] = np.where(lots != 0, held, np.nan)
        aims.spare[decisions[:, None], columns] = spare
        share = np.where(is_aim, weights, after) / case.marks.unit
        aims.share[decisions[:, None], columns] = share
        wallet = books.wallet + sent.transfers
        aims.wallet[decisions] = np.where(sent.transfers != 0, wallet, np.nan)
        aims.wallet_share[decisions] = wallet / nav

    def _first_aims(self) -> Aims:
        """Return the targets of all decisions, as if each reached its own."""
        layout, count = self._run.desk.layout, len(self._times)
        shape, wallets = (count, len(layout.instruments)), (count, len(layout.wallets))
        nothing, none = np.full(shape, np.nan), np.full(wallets, np.nan)
        spare, share = np.zeros(shape), np.zeros(shape)
        aims = Aims(np.zeros(count), nothing, spare, share, none, np.zeros(wallets))
        for stacked, rows, places in self._shapes(np.arange(count)):
            books = self._now.take(np.zeros(len(rows), dtype=np.intp))
            case = self._case(books, stacked, rows, places)
            weights = target_weights(case)
            worth = np.concatenate([weights.spot, weights.future], axis=1) / case.marks.unit
            columns = np.array(stacked.first.places)
            aims.held[rows[:, None], columns] = 0.0
            aims.share[rows[:, None], columns] = worth
            its_wallets = np.array(
                [layout.wallets.index(coin) for coin in case.layout.wallets], int
            )
            aims.wallet[rows[:, None], its_wallets] = 0.0
            aims.wallet_share[rows[:, None], its_wallets] = weights.wallet / case.marks.wallet
        return aims

    def _shapes(self, decisions: Rows) -> Iterator[tuple[StackedRules, Rows, Rows]]:
        """Yield decisions by the shape of their rules: their rows, and their places of rules."""
        found: dict[int, tuple[StackedRules, list[int], list[int]]] = {}
        for row, decision in enumerate(decisions.tolist()):
            for stacked, _, places in self._rules[decision]:
                _, rows, of_rules = found.setdefault(id(stacked), (stacked, [], []))
                rows.append(row)
                of_rules.append(int(places[0]))
        for stacked, rows, of_rules in found.values():
            yield stacked, np.array(rows), np.array(of_rules)

    def _case(self, books: Holdings, stacked: StackedRules, decisions: Rows, places: Rows) -> Case:
        """Return the planner's case of decisions, by the places of their rules."""
        rules, layout = stacked.first, self._run.desk.layout
        prices = self._prospect.mark[decisions][:, list(rules.places)]
        held = book_holdings(books, layout, rules=rules, rows=np.arange(len(decisions)))
        return stacked.case(held, prices=np.asfortranarray(prices), places=places)

    def _rounded(self, held: Holdings) -> Floats:
        """Return books as plans see them, one row of numbers for each."""
        books = round_books(held, self._run.desk.layout)
        parts = (getattr(books, name) for name in Holdings.__slots__)
        return np.concatenate([part.reshape(len(books.cash), -1) for part in parts], axis=1)
