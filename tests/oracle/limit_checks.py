"""Does every limit hold, or at least never get worse, on the way and at the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.arithmetic import Number, magnitude, show
from tests.oracle.context import INITIAL_MARGIN, Context
from tests.oracle.limits import Measure, measure_worth
from tests.oracle.replay import Replay, State


@dataclass(frozen=True, slots=True)
class Measured:
    """Each limit's measure before the plan, half-way through each trade and after each."""

    labels: list[str]
    slacks: list[Number]
    opening: list[Measure]
    halves: list[list[Measure]]
    afters: list[list[Measure]]

    @property
    def final(self) -> list[Measure]:
        """Return the measures at the end of the plan."""
        return self.afters[-1] if self.afters else self.opening

    def moves(self) -> Iterator[tuple[str, list[Measure], list[Measure]]]:
        """Return what is compared: before each trade with half-way through it and after it."""
        before = self.opening
        for label, half, after in zip(self.labels, self.halves, self.afters, strict=True):
            yield f"{label} half-way", before, half
            yield f"{label} after it", before, after
            before = after


def measure_replay(ctx: Context, replay: Replay) -> Measured:
    """Return the measures of every book of a replay."""
    nav = replay.worth.nav
    ratio = ctx.arithmetic.ratio_slack
    money = {"stress_liquidation"}
    return Measured(
        labels=[state.step.label for state in replay.states],
        slacks=[ratio * magnitude(nav) if row.name in money else ratio for row in ctx.limits],
        opening=measure_worth(ctx, replay.worth),
        halves=[measure_worth(ctx, state.half_worth) for state in replay.states],
        afters=[measure_worth(ctx, state.after_worth) for state in replay.states],
    )


def check_promise(ctx: Context, measured: Measured) -> list[str]:
    """Return every limit that a trade, or half of it, breaks or moves further outside."""
    findings = []
    for label, before, after in measured.moves():
        for index, slack in enumerate(measured.slacks):
            last, now = before[index].excess, after[index].excess
            if now > max(last, 0) + slack:
                verb = "breaks" if last <= slack else "worsens"
                findings.append(
                    f"{label}: {verb} {ctx.limits[index].name}, "
                    f"{show(before[index].number)} to {show(after[index].number)}"
                )
    return findings


def is_clean(measures: list[Measure], measured: Measured) -> bool:
    """Return whether every limit holds in a book."""
    return all(row.excess <= slack for row, slack in zip(measures, measured.slacks, strict=True))


def check_end(ctx: Context, measured: Measured, plan: Mapping[str, Any]) -> list[str]:
    """Return limits that are broken at the end of a plan that does not say so."""
    if plan["status"] not in {"trade", "hold"} or any(
        plan.get(key) for key in ("warnings", "refusals", "residuals")
    ):
        return []
    return [
        f"ends outside {limit.name} at {show(row.number)} and says nothing"
        for limit, row, slack in zip(ctx.limits, measured.final, measured.slacks, strict=True)
        if row.excess > slack
    ]


def check_reduce_only(ctx: Context, replay: Replay, measured: Measured) -> list[str]:
    """Return positions that grow, and limits whose number gets worse, at any step."""
    slack = ctx.arithmetic.money_slack * magnitude(replay.worth.nav)
    findings = [
        f"{state.step.label}: a reduce-only plan lets a position grow"
        for state in replay.states
        if grows(state, slack=slack)
    ]
    for label, before, after in measured.moves():
        for index, slack in enumerate(measured.slacks):
            if ctx.limits[index].name == INITIAL_MARGIN:
                continue
            if after[index].badness > before[index].badness + slack:
                findings.append(
                    f"{label}: a reduce-only plan worsens {ctx.limits[index].name}, "
                    f"{show(before[index].number)} to {show(after[index].number)}"
                )
    return findings


def grows(state: State, *, slack: Number) -> bool:
    """Return whether a step lets a contract or a coin grow.

    A coin is asked for wherever it lies, profit included: a transfer only moves it. The fee of a
    reduction may deepen a debt of coins.
    """
    held = zip(state.before.contracts, state.after.contracts, strict=True)
    if any(magnitude(after) > magnitude(before) for before, after in held):
        return True
    coins = zip(state.before_worth.coin_values, state.after_worth.coin_values, strict=True)
    debt = state.step.cost + slack
    return any(
        magnitude(after) > magnitude(before) + (debt if after < 0 else slack)
        for before, after in coins
    )
