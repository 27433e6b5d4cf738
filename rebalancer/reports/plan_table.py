"""A plan as the tables a person reads: what to do and why, then what it does to the portfolio."""

from collections.abc import Iterable

from rebalancer.model.plan import Carry, Plan, PlanStatus
from rebalancer.model.regime_path import Evidence
from rebalancer.reports.figures import (
    clock,
    counted,
    duration,
    money,
    percent,
    quantity,
    short_percent,
    signal_figure,
)
from rebalancer.reports.layout import WIDTH, Line, Span, Tone, bullets, entry, table, title
from rebalancer.reports.plan_outlook import describe_outlook
from rebalancer.reports.plan_rows import limit_table, trade_table, weight_table

_TONES = {
    PlanStatus.TRADE: Tone.GOOD,
    PlanStatus.HOLD: Tone.GOOD,
    PlanStatus.REDUCE_ONLY: Tone.CAREFUL,
    PlanStatus.REFUSED: Tone.BAD,
}


def plan_lines(plan: Plan, *, width: int = WIDTH) -> list[Line]:
    """Return a plan as lines of text; the most important come first."""
    refusals = [f"{refusal.guard}: {refusal.message}" for refusal in plan.refusals]
    return [
        headline(plan),
        (),
        *(line for label, text in head_entries(plan) for line in entry(label, text, width=width)),
        *_section("Refused", refusals, width=width, tone=Tone.BAD),
        *_section("Warnings", plan.warnings, width=width, tone=Tone.CAREFUL),
        *table(trade_table(plan), width=width),
        *_section("Next", describe_outlook(plan), width=width),
        *table(weight_table(plan), width=width),
        *table(limit_table(plan), width=width),
        *_section("Left over", left_over_texts(plan), width=width),
        *_section("Carry", carry_texts(plan), width=width),
    ]


def headline(plan: Plan) -> Line:
    """Return what a plan is and what it asks for, in one line."""
    doing = {
        PlanStatus.TRADE: counted(len(plan.trades), "trade"),
        PlanStatus.HOLD: "nothing to do",
        PlanStatus.REDUCE_ONLY: f"reduce only, {counted(len(plan.trades), 'trade')}",
        PlanStatus.REFUSED: "refused",
    }[plan.status]
    head = f"{plan.policy_name} as of {clock(plan.as_of_us)}: "
    return (Span(head, Tone.TITLE), Span(doing, _TONES[plan.status]))


def head_entries(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan starts with, labelled; what has no label belongs to the one before."""
    targets = [f"{name} {short_percent(weight)}" for name, weight in plan.targets if weight]
    return [
        ("Regime", _regime(plan)),
        *(("", _evidence_text(evidence)) for evidence in plan.regime.evidence),
        ("Next step", f"{clock(plan.regime.next_calendar_us)}, by calendar"),
        ("Targets", ", ".join(targets)),
        ("Market", _market(plan)),
        ("NAV", _nav(plan)),
        ("Plan id", plan.plan_id),
    ]


def _regime(plan: Plan) -> str:
    regime = plan.regime
    return f"{regime.name} since {clock(regime.since_us)} ({regime.because})"


def _evidence_text(evidence: Evidence) -> str:
    """Return what a condition said, in one line."""
    held = f", held for {duration(evidence.held_for_us)}" if evidence.held_for_us else ""
    subject = ""
    if evidence.signal is not None:
        subject = f"{evidence.signal} {signal_figure(evidence.value, evidence.condition)}: "
    return f"{subject}{evidence.condition} is {evidence.truth.text}{held}"


def _market(plan: Plan) -> str:
    rules = f"trading rules of {plan.instruments_as_of}"
    if plan.observed_us is None:
        return f"no row by then; {rules}"
    age = duration(plan.as_of_us - plan.observed_us)
    return f"last row used {clock(plan.observed_us)}, {age} old; {rules}"


def _nav(plan: Plan) -> str:
    text = f"{money(plan.nav)} {plan.quote}"
    if plan.fees:
        text += f", {money(plan.nav_after)} after fees of {money(plan.fees)}"
    if plan.slippage:
        text += f"; {money(plan.slippage)} kept in reserve for slippage"
    return text


def _section(
    heading: str, texts: Iterable[str], *, width: int, tone: Tone = Tone.PLAIN
) -> list[Line]:
    """Return a titled list, nothing where there is nothing to say."""
    lines = bullets(texts, width=width, tone=tone)
    return [*title(heading), *lines] if lines else []


def left_over_texts(plan: Plan) -> list[str]:
    """Return what a plan leaves undone, and why."""
    return [
        f"{each.name}: {quantity(each.amount)}, worth {money(each.notional)} {plan.quote}: "
        f"{each.reason}"
        for each in plan.residuals
    ]


def carry_texts(plan: Plan) -> list[str]:
    """Return what each basis sleeve earns."""
    return [_carry_of(each) for each in plan.carry]


def _carry_of(carry: Carry) -> str:
    if carry.expected_apr is None:
        return f"{carry.sleeve}: {'basis' if carry.is_dated else 'funding'} is unknown"
    source = "the annualised basis" if carry.is_dated else "the last funding"
    text = f"{carry.sleeve}: {percent(carry.expected_apr)} a year on its capital at {source}"
    if carry.break_even_days is None:
        return f"{text}; it never pays its fees"
    return f"{text}; {carry.break_even_days:.1f} days pay the fees of going in and out"
