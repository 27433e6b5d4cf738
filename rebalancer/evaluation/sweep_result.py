"""The result of a sweep: the numbers of every variant, on history or on every path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from rebalancer.evaluation.executors import INTERRUPTED
from rebalancer.evaluation.summary import COUNTS
from rebalancer.evaluation.sweep import EVENTS, Draws
from rebalancer.model.market import Floats
from rebalancer.model.observations import Booleans

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that are told of paths."""

LEVEL_NAMES = tuple(f"{level:.0%}" for level in LEVELS)
_COUNTED = {*COUNTS, *EVENTS}


@dataclass(frozen=True, slots=True)
class SweepInputs:
    """The digests of what a sweep is a function of; `policies` are by variant."""

    policies: tuple[str, ...]
    portfolio: str
    market: str
    instruments: str
    version: str


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """All numbers of a sweep. Arrays are (variant, path); history itself is one path.

    `settings` gives the value of each setting by variant, by the setting's path in the policy.
    `metrics` are by name: those of `Summary`, the share of time in each regime, how many events of
    each kind there were, and the NAV at the end. NaN: not defined, or not finished. `problems` says
    by run, (variant, path), why it could not be made. `stopped` says why runs are missing, empty
    where none is.
    """

    policy_name: str
    quote: str
    fill: str
    start_us: int
    end_us: int
    draws: Draws | None
    inputs: SweepInputs
    labels: tuple[str, ...]
    settings: Mapping[str, tuple[str, ...]]
    metrics: Mapping[str, Floats]
    finished: Booleans
    problems: Mapping[tuple[int, int], str]
    stopped: str = ""

    @property
    def frames(self) -> "SweepFrames":
        """Return the results as tables; each knows `to_pandas()`."""
        return _build_frames(self)

    @property
    def is_interrupted(self) -> bool:
        """Whether the user wanted no more."""
        return self.stopped == INTERRUPTED

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the runs that were not finished, each by its variant and path."""
        places = np.argwhere(~self.finished).tolist()
        return tuple(self.run_label(variant, path) for variant, path in places)

    def run_label(self, variant: int, path: int) -> str:
        """Return the variant of a run, with its path where there are several."""
        label = self.labels[variant]
        return label if self.draws is None else f"{label}, path {path}"


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """How a number spreads over the paths of a variant.

    `values` are (variant, level) at LEVELS, interpolated between paths; NaN without any path.
    `defined` (variant,) is how many finished paths have the number: the others, such as those on
    which nothing is left to measure, are not in the quantiles.
    """

    values: Floats
    defined: tuple[int, ...]


def measure_quantiles(numbers: Floats) -> Quantiles:
    """Return the quantiles of a number over the paths of each variant, (variant, path).

    >>> measure_quantiles(np.array([[3.0, 1.0, np.nan, 5.0, 2.0, 4.0]])).values.tolist()
    [[1.2, 2.0, 3.0, 4.0, 4.8]]
    """
    known = [row[np.isfinite(row)] for row in numbers]
    none = np.full(len(LEVELS), np.nan)
    values = [np.quantile(row, LEVELS) if row.size else none for row in known]
    return Quantiles(np.array(values).reshape(-1, len(LEVELS)), tuple(map(len, known)))


@dataclass(frozen=True, slots=True, eq=False)
class SweepFrames:
    """The tables of a sweep.

    - `runs`: a row per variant and path, in order, with a column for each setting and number;
      what is not finished is there too, without numbers;
    - `quantiles`: a row per variant and number, over the paths; empty for history itself.
    """

    runs: pl.DataFrame
    quantiles: pl.DataFrame

    def by_name(self) -> dict[str, pl.DataFrame]:
        """Return the tables by their names, those alone that say something."""
        tables = {"runs": self.runs, "quantiles": self.quantiles}
        return {name: each for name, each in tables.items() if len(each)}


def _build_frames(result: SweepResult) -> SweepFrames:
    """Return the tables of a sweep."""
    return SweepFrames(_runs(result), _quantiles(result))


def _runs(result: SweepResult) -> pl.DataFrame:
    variants, paths = result.finished.shape
    variant = np.repeat(np.arange(variants), paths).tolist()
    path = np.tile(np.arange(paths), variants).tolist()
    problems = [result.problems.get(place) for place in zip(variant, path, strict=True)]
    columns: dict[str, Any] = {
        "variant": pl.Series([result.labels[each] for each in variant], dtype=pl.String),
        **{
            name: pl.Series([values[each] for each in variant], dtype=pl.String)
            for name, values in result.settings.items()
        },
        **({} if result.draws is None else {"path": pl.Series(path, dtype=pl.Int64)}),
        "finished": result.finished.reshape(-1),
        "problem": pl.Series(problems, dtype=pl.String),
    }
    numbers = {name: each.reshape(-1) for name, each in result.metrics.items()}
    frame = pl.DataFrame({**columns, **numbers}, nan_to_null=True)
    counted = [name for name in numbers if name in _COUNTED]
    return frame.with_columns(pl.col(counted).cast(pl.Int64))


def _quantiles(result: SweepResult) -> pl.DataFrame:
    rows = [] if result.draws is None else list(_quantile_rows(result))
    numbers: Mapping[str, Any] = dict.fromkeys(LEVEL_NAMES, pl.Float64)
    named = {"variant": pl.String, **dict.fromkeys(result.settings, pl.String)}
    return pl.DataFrame(
        rows, schema={**named, "metric": pl.String, "defined": pl.Int64, **numbers}, orient="row"
    ).fill_nan(None)


def _quantile_rows(result: SweepResult) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the quantiles, variant by variant."""
    spread = {name: measure_quantiles(each) for name, each in result.metrics.items()}
    for variant, label in enumerate(result.labels):
        settings = [values[variant] for values in result.settings.values()]
        for name, quantiles in spread.items():
            levels = quantiles.values[variant].tolist()
            yield (label, *settings, name, quantiles.defined[variant], *levels)
