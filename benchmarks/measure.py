"""A measurement: repetitions that take turns, and the median of their ratios against a bar."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

REPETITIONS = 9


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the result: a ratio (or MiB) over its repetitions, and the bar it is held to.

    `bar` is None for what is only reported; `skipped` says why nothing was measured.
    """

    name: str
    unit: str = "times"
    median: float | None = None
    least: float | None = None
    most: float | None = None
    bar: float | None = None
    detail: str = ""
    skipped: str = ""

    @property
    def verdict(self) -> str:
        """Whether the median is within the bar."""
        if self.median is None:
            return f"skipped: {self.skipped}"
        if self.bar is None:
            return "reported"
        return "within" if self.median <= self.bar else "MISSED"

    def as_record(self) -> dict[str, object]:
        """Return the line as plain values for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def take_turns(
    contenders: Mapping[str, Callable[[], object]], repetitions: int = REPETITIONS
) -> dict[str, list[float]]:
    """Return the seconds of each contender by repetition; all run once per turn, in order.

    A first turn is not counted: it fills caches. Turns share what else the machine is doing.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(repetitions + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def compare(
    name: str, seconds: Sequence[float], baseline: Sequence[float], *, bar: float | None
) -> Measurement:
    """Return the ratio of a contender to its baseline, turn by turn."""
    ratios = [mine / other for mine, other in zip(seconds, baseline, strict=True)]
    return Measurement(
        name,
        median=statistics.median(ratios),
        least=min(ratios),
        most=max(ratios),
        bar=bar,
        detail=f"{1000 * statistics.median(seconds):,.0f} ms against "
        f"{1000 * statistics.median(baseline):,.0f} ms",
    )
