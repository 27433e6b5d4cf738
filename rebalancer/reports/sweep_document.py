"""A sweep as the JSON document that programs read; single paths are in its tables alone."""

from collections.abc import Mapping, Sequence

from rebalancer.evaluation.summary import COUNTS, MONEY
from rebalancer.evaluation.sweep import EVENTS, Draws
from rebalancer.evaluation.sweep_result import (
    LEVEL_NAMES,
    Quantiles,
    SweepResult,
    measure_quantiles,
)
from rebalancer.model.instant import DAY_US, YEAR_DAYS, format_instant
from rebalancer.model.market import Floats
from rebalancer.reports.evaluation_document import number_text
from rebalancer.reports.plan_document import Document

_MONEY_DECIMALS = 6
_MONEY = {*MONEY, "end_nav"}
_COUNTED = {*COUNTS, *EVENTS}


def sweep_document(result: SweepResult) -> Document:
    """Return a sweep as JSON data: numbers as decimal text, null where one is not defined."""
    return {
        "policy": {"name": result.policy_name},
        "inputs": {
            "portfolio": result.inputs.portfolio,
            "market": result.inputs.market,
            "instruments": result.inputs.instruments,
            "version": result.inputs.version,
        },
        "quote": result.quote,
        "start": format_instant(result.start_us),
        "end": format_instant(result.end_us),
        "fill": result.fill,
        "year_days": YEAR_DAYS,
        "paths": None if result.draws is None else _draws(result.draws),
        "settings": list(result.settings),
        "variants": _variants(result),
        "stopped": result.stopped or None,
        "missing": list(result.missing),
    }


def _draws(draws: Draws) -> Document:
    return {"count": draws.paths, "seed": draws.seed, "block_days": draws.block_us // DAY_US}


def _variants(result: SweepResult) -> list[Document]:
    """Return what each variant came to: its metrics, or over paths their quantiles."""
    key, numbers = _numbers(result)
    return [
        {
            "label": label,
            "settings": {path: values[variant] for path, values in result.settings.items()},
            "policy": result.inputs.policies[variant],
            "finished": int(result.finished[variant].sum()),
            "problems": [
                {"path": path, "message": message}
                for (row, path), message in result.problems.items()
                if row == variant
            ],
            key: {name: each[variant] for name, each in numbers.items()},
        }
        for variant, label in enumerate(result.labels)
    ]


def _numbers(result: SweepResult) -> tuple[str, Mapping[str, Sequence[object]]]:
    """Return what is told of the numbers, and each of them by variant."""
    if result.draws is None:
        return "metrics", {name: _texts(name, each) for name, each in result.metrics.items()}
    spread = {name: measure_quantiles(each) for name, each in result.metrics.items()}
    return "quantiles", {name: _spread(name, each) for name, each in spread.items()}


def _texts(name: str, numbers: Floats) -> list[int | str | None]:
    """Return a number by variant."""
    if name not in _COUNTED:
        return [_text(name, value) for value in numbers[:, 0].tolist()]
    texts = (number_text(value, 0) for value in numbers[:, 0].tolist())
    return [None if text is None else int(text) for text in texts]


def _spread(name: str, quantiles: Quantiles) -> list[Document]:
    """Return a number's quantiles by variant."""
    return [
        {
            "defined": defined,
            **{level: _text(name, value) for level, value in zip(LEVEL_NAMES, values, strict=True)},
        }
        for defined, values in zip(quantiles.defined, quantiles.values.tolist(), strict=True)
    ]


def _text(name: str, value: float) -> str | None:
    return number_text(value, _MONEY_DECIMALS) if name in _MONEY else number_text(value)
