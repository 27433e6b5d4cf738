"""Where a policy stands at a time: its signals, and what each way out of the regime waits for."""

from dataclasses import dataclass

from rebalancer.model.instant import format_duration
from rebalancer.model.regime_path import Evidence, PresentRegime
from rebalancer.model.truth import Truth


@dataclass(frozen=True, slots=True)
class Reading:
    """A signal as of a time, in microseconds.

    `value` is None where unknown: no observation, too little history, or stale. `observed_us`
    and `age_us` are of the last observation, `max_age_us` is what that age may be; None where
    there is no observation, `max_age_us` also where rows do not tell a cadence yet.
    """

    signal: str
    value: float | None
    observed_us: int | None = None
    age_us: int | None = None
    max_age_us: int | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the last observation is too old; what never was observed is unknown instead."""
        return (
            self.age_us is not None
            and self.max_age_us is not None
            and self.age_us > self.max_age_us
        )

    @property
    def staleness(self) -> str:
        """Return in words how old a stale signal is."""
        age, most = format_duration(self.age_us or 0), format_duration(self.max_age_us or 0)
        return f"signal `{self.signal}` is {age} old, over its `max_age` of {most}"


@dataclass(frozen=True, slots=True)
class TransitionStatus:
    """A way out of the present regime: the truth of its condition, part by part.

    `waits_until_us` is when the regime's `min_dwell` lets it pass, None where that is not in the
    way.
    """

    name: str
    target: str
    urgent: bool
    truth: Truth
    evidence: tuple[Evidence, ...]
    waits_until_us: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The regime at `as_of_us`, the next calendar time, the signals and the ways out, in order."""

    as_of_us: int
    regime: PresentRegime
    next_calendar_us: int
    signals: tuple[Reading, ...]
    transitions: tuple[TransitionStatus, ...]
