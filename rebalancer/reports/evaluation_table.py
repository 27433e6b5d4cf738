"""An evaluation as the tables that a portfolio manager reads: what it earned, risked and broke."""

from collections.abc import Callable, Iterable

from rebalancer.evaluation.comparison import BUY_AND_HOLD, EvaluatedPolicy, Measured
from rebalancer.evaluation.evaluation import PARTS, Evaluation, FillRule
from rebalancer.evaluation.made_plans import notices_of, plans_with
from rebalancer.evaluation.summary import Summary
from rebalancer.model.instant import DAY_US
from rebalancer.model.plan import PlanStatus
from rebalancer.reports.evaluation_document import regime_at_start, steps_within
from rebalancer.reports.evaluation_events import event_counts, event_lines
from rebalancer.reports.evaluation_refusals import count_refusals
from rebalancer.reports.evaluation_warnings import count_warnings
from rebalancer.reports.figures import clock, counted, limit_figure, money, percent
from rebalancer.reports.layout import (
    WIDTH,
    Column,
    Line,
    Row,
    Span,
    Table,
    Tone,
    bullets,
    entry,
    table,
    title,
)

UNDEFINED = "n/a"
MOST_WARNINGS = 5
"""The table shows the most frequent ones; the rest is counted."""

_READABLE = 1e6
"""A rate beyond this many times is written with an exponent."""

_FILLS = {
    FillRule.NEXT_OPEN: "next_open: each order at the open of the first bar after its decision",
    FillRule.SAME_CLOSE: (
        "same_close: NOT TRADABLE, each order at the very close that it was decided on"
    ),
}
_COSTS = {"fees", "slippage", "liquidation"}


def evaluation_lines(evaluated: EvaluatedPolicy, *, width: int = WIDTH) -> list[Line]:
    """Return an evaluation as lines of text, its numbers beside those it is compared with."""
    evaluation = evaluated.evaluation
    columns = [Measured(evaluation, evaluated.summary), *evaluated.comparison.values()]
    return [
        (Span(_headline(evaluation), Tone.TITLE),),
        (),
        *_head(evaluated, width=width),
        *_refused(evaluation, width=width),
        *_warned(evaluation, width=width),
        *table(_result_table(evaluated, columns), width=width),
        *table(_attribution_table(evaluated, columns), width=width),
        *table(_funding_table(evaluated, columns), width=width),
        *table(_regime_table(evaluated.summary), width=width),
        *_steps(evaluation, width=width),
        *event_lines(evaluation, width=width),
    ]


def _headline(evaluation: Evaluation) -> str:
    days = (evaluation.end_us - evaluation.start_us) / DAY_US
    return (
        f"{evaluation.policy_name} from {clock(evaluation.start_us)} to "
        f"{clock(evaluation.end_us)}: {days:,.1f} days"
    ).replace(".0 days", " days")


def _head(evaluated: EvaluatedPolicy, *, width: int) -> list[Line]:
    """Return what the numbers below rest on."""
    evaluation, quote = evaluated.evaluation, evaluated.evaluation.quote
    start, end = evaluation.attribution.start_nav, evaluation.attribution.end_nav
    careful = evaluation.fill is FillRule.SAME_CLOSE
    tone = Tone.BAD if careful else Tone.PLAIN
    return [
        *entry("NAV", f"{money(start)} {quote} became {money(end)} {quote}", width=width),
        *entry("Fills", _FILLS[evaluation.fill], width=width, tone=tone),
        *entry("Plans", _plans(evaluated.summary), width=width),
        *entry("Rates", "a year is 365 days; what is not defined is n/a", width=width),
        *entry("Beside it", _beside(evaluated), width=width),
    ]


def _plans(summary: Summary) -> str:
    by_status = [
        f"{count:,} {status.value}" for status, count in summary.plans.items() if count
    ] or ["none"]
    made = ", ".join(by_status)
    return f"{made}; {counted(summary.trades, 'order')} filled"


def _beside(evaluated: EvaluatedPolicy) -> str:
    held = evaluated.comparison[BUY_AND_HOLD].evaluation
    since = next((plan.as_of_us for plan in held.plans), evaluated.evaluation.start_us)
    return (
        f"the weights of {evaluated.initial_regime} with the same money, dates, fees and fills: "
        f"planned once, at {clock(since)}, and traded back to every Monday"
    )


def _refused(evaluation: Evaluation, *, width: int) -> list[Line]:
    """Return why plans were refused, a line for each guard."""
    refusals = count_refusals(plans_with(evaluation.plans, PlanStatus.REFUSED))
    texts = (
        f"{counted(each.count, 'plan')} from {clock(each.first_us)} on: {each.guard}: "
        f"{each.message}"
        for each in refusals
    )
    return [*title("Refused"), *bullets(texts, width=width, tone=Tone.BAD)] if refusals else []


def _warned(evaluation: Evaluation, *, width: int) -> list[Line]:
    """Return what plans warned of, a line for each thing, the most frequent first."""
    warnings = count_warnings(notices_of(evaluation.plans))
    texts = [
        f"{counted(each.count, 'plan')} from {clock(each.first_us)} on: {each.message}"
        for each in warnings[:MOST_WARNINGS]
    ]
    if left := len(warnings) - len(texts):
        texts.append(f"and {left:,} more: --format json lists them")
    return [*title("Warnings"), *bullets(texts, width=width, tone=Tone.CAREFUL)] if texts else []


def _result_table(evaluated: EvaluatedPolicy, columns: list[Measured]) -> Table:
    rows = [Row((label, *(write(each.summary) for each in columns))) for label, write in _numbers()]
    counts = [event_counts(each.evaluation) for each in columns]
    rows += [Row((label, *(f"{each[label]:,}" for each in counts))) for label in counts[0]]
    return Table("Result", _columns("", evaluated), tuple(rows))


def _columns(first: str, evaluated: EvaluatedPolicy) -> tuple[Column, ...]:
    names = ("policy", *(name.replace("_", " ") for name in evaluated.comparison))
    return (Column(first, is_number=False), *(Column(name) for name in names))


Write = Callable[[Summary], str]


def _numbers() -> list[tuple[str, Write]]:
    """Return the lines of the result: a label, and how a summary's number is written."""
    return [
        ("total return", _equity("total_return", _rate)),
        ("CAGR, a year", _equity("cagr", _rate)),
        ("volatility, a year", _equity("volatility", _rate)),
        ("Sharpe, a year", _equity("sharpe", _plain)),
        ("Sortino, a year", _equity("sortino", _plain)),
        ("Calmar", _equity("calmar", _plain)),
        ("max drawdown", _equity("max_drawdown", _rate)),
        ("  its days, peak to peak or end", _equity("max_drawdown_days", _days)),
        ("worst day", _equity("worst_day", _rate)),
        ("best day", _equity("best_day", _rate)),
        ("worst month", _equity("worst_month", _rate)),
        ("best month", _equity("best_month", _rate)),
        ("VaR 95%, a day", _equity("var_95", _rate)),
        ("CVaR 95%, a day", _equity("cvar_95", _rate)),
        ("skew of days", _equity("skew", _plain)),
        ("excess kurtosis of days", _equity("kurtosis", _plain)),
        ("turnover, half of traded / NAV", _number("turnover", _rate)),
        ("turnover, a year", _number("turnover_per_year", _rate)),
        ("funding on capital, a year", _number("funding_on_capital", _rate)),
        ("funding on notional, a year", _number("funding_on_notional", _rate)),
        ("plans made", lambda summary: f"{summary.plan_count:,}"),
        ("orders filled", lambda summary: f"{summary.trades:,}"),
        ("largest gross leverage", _limit("largest_gross_leverage", "gross_leverage")),
        ("largest margin use", _limit("largest_margin_utilization", "margin_utilization")),
        (
            "smallest distance to liquidation",
            _limit("smallest_liquidation_distance", "liquidation_distance"),
        ),
    ]


def _equity(name: str, write: Callable[[float], str]) -> Write:
    def cell(summary: Summary) -> str:
        value = summary.equity.by_name()[name]
        return UNDEFINED if value is None else write(value)

    return cell


def _number(name: str, write: Callable[[float], str]) -> Write:
    def cell(summary: Summary) -> str:
        value = summary.by_name()[name]
        return UNDEFINED if value is None else write(value)

    return cell


def _limit(name: str, limit: str) -> Write:
    return lambda summary: limit_figure(limit, summary.by_name()[name])


def _rate(value: float) -> str:
    return percent(value) if abs(value) < _READABLE else f"{value * 100:.1e}%"


def _plain(value: float) -> str:
    text = f"{value:,.2f}" if abs(value) < _READABLE else f"{value:.1e}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def _days(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _attribution_table(evaluated: EvaluatedPolicy, columns: list[Measured]) -> Table:
    """Return where the change of NAV came from; the lines between the two NAVs sum."""
    parts = [each.evaluation.attribution for each in columns]
    rows = [Row(("NAV at the start", *(money(each.start_nav) for each in parts)))]
    rows += [
        Row((name, *(_signed(getattr(each, name), is_cost=name in _COSTS) for each in parts)))
        for name in PARTS
    ]
    rows.append(Row(("NAV at the end", *(money(each.end_nav) for each in parts))))
    heading = f"Where it came from, {evaluated.evaluation.quote}"
    return Table(heading, _columns("", evaluated), tuple(rows))


def _funding_table(evaluated: EvaluatedPolicy, columns: list[Measured]) -> Table:
    """Return what each contract brought in funding, those alone that brought any."""
    brought = [each.evaluation.funding for each in columns]
    symbols = dict.fromkeys(symbol for each in brought for symbol in each if each[symbol])
    rows = [
        Row((symbol, *(_signed(each.get(symbol, 0.0), is_cost=False) for each in brought)))
        for symbol in symbols
    ]
    heading = f"Funding by contract, {evaluated.evaluation.quote}"
    return Table(heading, _columns("", evaluated), tuple(rows))


def _signed(value: float, *, is_cost: bool) -> str:
    """Return a part with the sign that it has in the sum."""
    text = money(-value if is_cost else value)
    return text if text.startswith("-") or text == "0.00" else f"+{text}"


def _regime_table(summary: Summary) -> Table:
    columns = (Column("regime", is_number=False), Column("time in it"))
    rows = (
        Row((name, UNDEFINED if share != share else percent(share)))  # noqa: PLR0124  -- NaN
        for name, share in summary.time_in_regime.items()
    )
    return Table("Regimes", columns, tuple(rows))


def _steps(evaluation: Evaluation, *, width: int) -> list[Line]:
    steps: Iterable[str] = (
        f"{clock(step.at_us)}: {step.source} to {step.target} ({step.because})"
        for step in steps_within(evaluation)
    )
    lines = bullets(steps, width=width) or [(Span("none"),)]
    return [*title(f"Steps, from {regime_at_start(evaluation)} at the start"), *lines]
