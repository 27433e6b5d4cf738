"""Makes the finished runs of a sweep into its result."""

from collections.abc import Iterable, Sequence

import numpy as np

from rebalancer.errors import UsageError
from rebalancer.evaluation.sweep import Run, Sweep
from rebalancer.evaluation.sweep_result import SweepInputs, SweepResult
from rebalancer.model.digest import digest_book, digest_instruments, digest_market
from rebalancer.model.market import Floats
from rebalancer.signals.named import named_series, named_symbols


def gather_result(sweep: Sweep, runs: Iterable[Run], *, stopped: str = "") -> SweepResult:
    """Return the result of a sweep from the runs that were finished, in any order.

    Raises UsageError where every finished run met a problem.
    """
    known = sorted(runs, key=lambda run: run.number)
    shape = (len(sweep.variants), sweep.path_count)
    _require_sound(known)
    places = [divmod(run.number, sweep.path_count) for run in known]
    finished = np.zeros(shape, dtype=bool)
    for place in places:
        finished[place] = True
    first = sweep.variants[0]
    setting = sweep.setting
    return SweepResult(
        policy_name=first.policy.name,
        quote=first.policy.quote,
        fill=setting.fill.value,
        start_us=setting.start_us,
        end_us=setting.end_us,
        draws=sweep.draws,
        inputs=_inputs(sweep),
        labels=tuple(variant.label for variant in sweep.variants),
        settings=_settings(sweep),
        metrics=_metrics(known, places, shape),
        finished=finished,
        problems={
            place: run.problem for place, run in zip(places, known, strict=True) if run.problem
        },
        stopped=stopped,
    )


def _require_sound(runs: Sequence[Run]) -> None:
    if runs and all(run.problem for run in runs):
        raise UsageError(runs[0].problem)


def _settings(sweep: Sweep) -> dict[str, tuple[str, ...]]:
    paths = [path for path, _ in sweep.variants[0].values]
    return {
        path: tuple(variant.values[place][1] for variant in sweep.variants)
        for place, path in enumerate(paths)
    }


def _metrics(
    runs: Sequence[Run], places: Sequence[tuple[int, int]], shape: tuple[int, int]
) -> dict[str, Floats]:
    metrics: dict[str, Floats] = {}
    for run, place in zip(runs, places, strict=True):
        for name, number in run.numbers.items():
            values = metrics.setdefault(name, np.full(shape, np.nan))
            values[place] = np.nan if number is None else number
    return metrics


def _inputs(sweep: Sweep) -> SweepInputs:
    policies = [variant.policy for variant in sweep.variants]
    symbols = frozenset[str]().union(*map(named_symbols, policies))
    series = frozenset[str]().union(*map(named_series, policies))
    market, end_us = sweep.market, sweep.setting.end_us
    return SweepInputs(
        policies=tuple(policy.digest for policy in policies),
        portfolio=digest_book(sweep.setting.book),
        market=digest_market(market, symbols, series=series, as_of_us=end_us),
        instruments=digest_instruments(market.instruments, symbols),
        version=sweep.version,
    )
