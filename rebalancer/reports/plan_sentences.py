"""A stored plan in full sentences, read from its JSON document."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from rebalancer.model.instant import format_duration, parse_instant
from rebalancer.reports.figures import (
    clock,
    counted,
    limit_end,
    limit_figure,
    money,
    percent,
    quantity,
    short_percent,
)
from rebalancer.reports.layout import WIDTH, Line, prose

Document = Mapping[str, Any]

_STATUS = {
    "hold": "Nothing needs to trade.",
    "refused": "There is no plan: a guard refuses it.",
}


def plan_sentences(plan: Document) -> list[list[str]]:
    """Return a plan's document as paragraphs of sentences: the decision, the trades, the rest."""
    paragraphs = [
        list(_opening(plan)),
        list(_regime(plan)),
        [_trade(trade, plan["quote"]) for trade in plan["trades"]],
        list(_limits(plan)),
        list(_rest(plan)),
    ]
    return [paragraph for paragraph in paragraphs if paragraph]


def sentence_lines(paragraphs: Sequence[Sequence[str]], *, width: int = WIDTH) -> list[Line]:
    """Return paragraphs as wrapped lines, each sentence on a line of its own, with gaps between."""
    lines: list[Line] = []
    for paragraph in paragraphs:
        lines += [(), *(line for sentence in paragraph for line in prose(sentence, width=width))]
    return lines[1:]


def _opening(plan: Document) -> Iterator[str]:
    yield (
        f"This plan is for a portfolio of {_money(plan['nav'], plan)} under the policy "
        f"{plan['policy']['name']} as of {_clock(plan['as_of'])}."
    )
    count = len(plan["trades"])
    doing = f"It asks for {counted(count, 'trade')}"
    if plan["status"] == "reduce_only":
        yield f"{doing} and may only reduce risk."
    else:
        yield _STATUS.get(plan["status"], f"{doing}, each sent when the one before it is filled.")
    for refusal in plan["refusals"]:
        yield f"Refused by {refusal['guard']}: {refusal['message']}."
    if plan["observed_at"] is None:
        yield "No price row existed by then."
    else:
        age_us = parse_instant(plan["as_of"]) - parse_instant(plan["observed_at"])
        yield (
            f"The last price row it used is of {_clock(plan['observed_at'])}, "
            f"{format_duration(age_us)} before; trading rules are those of "
            f"{plan['instruments_as_of']}."
        )


def _regime(plan: Document) -> Iterator[str]:
    regime = plan["regime"]
    yield (f"The regime is {regime['name']} since {_clock(regime['since'])}: {regime['because']}.")
    for evidence in regime["evidence"]:
        yield _evidence(evidence)
    weights = [
        f"{each['sleeve']} {short_percent(_number(each['weight']))}" for each in plan["targets"]
    ]
    if weights:
        yield f"It asks for {_listed(weights)}."
    yield f"The next calendar time is {_clock(regime['next_calendar'])}."


def _evidence(evidence: Document) -> str:
    held = f" and had been for {evidence['held_for']}" if evidence["held_for"] else ""
    condition = evidence["condition"]
    if evidence["signal"] is None:
        return f"The condition {condition} was {evidence['truth']}{held}."
    value = evidence["value"]
    if value is None:
        shown = "unknown"
    elif "%" in condition.partition(" for ")[0]:
        shown = percent(_number(value))
    else:
        shown = quantity(_number(value))
    return (
        f"When it started, {evidence['signal']} was {shown}: {condition} was "
        f"{evidence['truth']}{held}."
    )


def _trade(trade: Document, quote: str) -> str:
    step, amount, reason = trade["step"], quantity(_number(trade["amount"])), trade["reason"]
    if trade["kind"] == "transfer":
        way = f"from {trade['from']} to {trade['to']}"
        return f"{step}. Move {amount} {trade['coin']} {way}. The reason: {reason}."
    symbol, side = trade["symbol"], trade["side"].capitalize()
    unit = "contracts of" if trade["unit"] == "contracts" else f"{symbol.partition('/')[0]} on"
    reducing = ", reduce only," if trade["reduce_only"] else ""
    price, fee = quantity(_number(trade["price"])), quantity(_number(trade["fee"]))
    worth = money(_number(trade["notional"]))
    before, after = (percent(_number(trade[key])) for key in ("weight_before", "weight_after"))
    return (
        f"{step}. {side} {amount} {unit} {symbol}{reducing} at {price}, worth {worth} {quote}, for "
        f"a fee of {fee} {trade['fee_coin']}: its weight goes from {before} to {after}. "
        f"The reason: {reason}."
    )


def _limits(plan: Document) -> Iterator[str]:
    broken = [limit for limit in plan["limits"] if not limit["holds"]]
    if plan["limits"] and not broken:
        yield f"All {counted(len(plan['limits']), 'limit')} hold at the end."
    for limit in broken:
        yield f"The limit {limit['name']} does not hold at the end."
    for limit in plan["limits"]:
        before, worst, after = (
            limit_figure(limit["name"], _optional(limit[key]))
            for key in ("before", "worst_during", "after")
        )
        yield (
            f"{limit['name']}{_allowed(limit)} is {before} before, {worst} at its worst and "
            f"{after} after."
        )


def _allowed(limit: Document) -> str:
    low, high = (
        None if limit[key] is None else limit_end(limit["name"], _number(limit[key]))
        for key in ("min", "max")
    )
    if low is not None and high is not None:
        return f" (from {low} to {high})"
    if low is not None:
        return f" (at least {low})"
    return "" if high is None else f" (at most {high})"


def _rest(plan: Document) -> Iterator[str]:
    costs = plan["costs"]
    if _number(costs["fees"]):
        yield (
            f"Fees are {_money(costs['fees'], plan)}, which leaves a net asset value of "
            f"{_money(plan['nav_after'], plan)}."
        )
    for carry in plan["carry"]:
        yield _carry(carry)
    for left in plan["residuals"]:
        yield (
            f"Left over of {left['name']}: {quantity(_number(left['amount']))}, worth "
            f"{_money(left['notional'], plan)}, because: {left['reason']}."
        )
    for warning in plan["warnings"]:
        yield f"Warning: {warning}."
    yield f"The plan's id is {plan['plan_id']}."


def _carry(carry: Document) -> str:
    if carry["expected_apr"] is None:
        return f"What {carry['sleeve']} earns is unknown: there is no funding rate or basis."
    earns = f"As things stand {carry['sleeve']} earns {percent(_number(carry['expected_apr']))}"
    if carry["break_even_days"] is None:
        return f"{earns} a year on its capital and never pays its fees."
    return f"{earns} a year on its capital; {carry['break_even_days']} days pay its fees."


def _number(text: str) -> Decimal:
    return Decimal(text)


def _optional(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _money(text: str, plan: Document) -> str:
    return f"{money(_number(text))} {plan['quote']}"


def _clock(text: str) -> str:
    return clock(parse_instant(text))


def _listed(texts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
