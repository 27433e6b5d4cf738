"""The regimes that a policy went through: every step with its reason and evidence."""

from bisect import bisect_right
from dataclasses import dataclass

from rebalancer.model.truth import Truth


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one condition said at one time.

    `signal` is None for a composite's own timing; `value` is None where unknown. `held_for_us`
    is how long the condition without its `for` has been what it is, None where never observed;
    `needs` says in words what is missing to be true, and is empty when nothing is.
    """

    signal: str | None
    value: float | None
    condition: str
    truth: Truth
    held_for_us: int | None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class RegimeStep:
    """One step between regimes: when, from where to where, because of which transition.

    `on_calendar` is whether it was taken at a calendar time; an urgent step between calendar
    times asks for a plan at once.
    """

    at_us: int
    source: str
    target: str
    because: str
    urgent: bool
    on_calendar: bool
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentRegime:
    """The regime at a time and since when; `step` is what started it, None for the first."""

    name: str
    since_us: int
    step: RegimeStep | None

    @property
    def because(self) -> str | None:
        """Return the name of the transition that started the regime, None for the first."""
        return self.step.because if self.step else None


@dataclass(frozen=True, slots=True)
class RegimePath:
    """A replay from `start_us` in `initial_regime` up to and including `until_us`.

    INVARIANT: the steps' times rise strictly and lie within [start_us, until_us].
    """

    initial_regime: str
    start_us: int
    until_us: int
    steps: tuple[RegimeStep, ...] = ()

    def regime_at(self, at_us: int) -> PresentRegime:
        """Return the regime after any step at `at_us`; before the start it is the initial one.

        Raises ValueError after `until_us`: the replay does not know what happened then.
        """
        if at_us > self.until_us:
            raise ValueError("the regime is asked for after the end of its replay")
        count = bisect_right([step.at_us for step in self.steps], at_us)
        if not count:
            return PresentRegime(self.initial_regime, min(self.start_us, at_us), None)
        step = self.steps[count - 1]
        return PresentRegime(step.target, step.at_us, step)
