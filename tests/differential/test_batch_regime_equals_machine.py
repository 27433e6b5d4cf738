"""Three ways to step the same table agree: the machine, the replay and the batch."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from rebalancer.model.market import Times
from rebalancer.model.observations import Booleans
from rebalancer.model.truth import TruthValues
from rebalancer.policy.compiled import Comparison, Regime, Transition
from rebalancer.regime.attempts import Attempts
from rebalancer.regime.batch import step_batch
from rebalancer.regime.machine import Attempt, RegimeMachine
from rebalancer.regime.replay import replay_path
from rebalancer.regime.table import TransitionTable, compile_table
from tests.small_policies import leaf, policy_of, transition

pytestmark = pytest.mark.property
ANYTHING = leaf("mood", Comparison.ABOVE, "0")
NAMES = ("calm", "storm", "harbour", "open sea")


@dataclass(frozen=True)
class Case:
    """A table, times to try it at, and truths (time, path, transition) of a few paths."""

    table: TransitionTable
    time_us: Times
    on_calendar: Booleans
    truths: TruthValues


@st.composite
def transitions(draw: st.DrawFn, regimes: tuple[str, ...]) -> list[Transition]:
    drawn = []
    for number in range(draw(st.integers(0, 5))):
        target = draw(st.sampled_from(regimes))
        others = [name for name in regimes if name != target]
        sources = draw(st.lists(st.sampled_from(others), min_size=1, unique=True))
        urgent = draw(st.booleans())
        drawn.append(
            transition(f"number {number}", tuple(sources), target, ANYTHING, urgent=urgent)
        )
    return drawn


@st.composite
def cases(draw: st.DrawFn) -> Case:
    names = NAMES[: draw(st.integers(2, 4))]
    dwells = draw(st.lists(st.sampled_from([0, 0, 3, 9]), min_size=4, max_size=4))
    regimes = [Regime(name, (), min_dwell_us=dwells[row]) for row, name in enumerate(names)]
    steps = draw(transitions(names))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times, paths = draw(st.integers(0, 40)), draw(st.integers(1, 4))
    return Case(
        compile_table(policy_of([], steps, regimes=regimes)),
        np.cumsum(numbers.integers(1, 3, times)),
        numbers.random(times) < 0.5,
        numbers.choice(3, (times, paths, len(steps)), p=[0.5, 0.2, 0.3]).astype(np.int8),
    )


def stepped_by_the_machine(case: Case, path: int) -> list[str]:
    """The regime after each time, every time given to the machine."""
    machine = RegimeMachine(case.table, start_us=0)
    regimes = []
    for row, time_us in enumerate(case.time_us.tolist()):
        truths = case.truths[row, path].tolist()
        machine.step(Attempt(time_us, bool(case.on_calendar[row]), truths))
        regimes.append(machine.regime)
    return regimes


def stepped_as_a_batch(case: Case) -> NDArray[np.intp]:
    return step_batch(
        case.table,
        case.truths,
        time_us=case.time_us,
        on_calendar=case.on_calendar,
        start_us=0,
    )


@given(cases())
def test_a_batch_of_paths_equals_the_machine(case: Case) -> None:
    batch = stepped_as_a_batch(case)
    for path in range(case.truths.shape[1]):
        names = [case.table.regimes[number] for number in batch[:, path].tolist()]
        assert names == stepped_by_the_machine(case, path)


@given(cases())
def test_the_replay_of_a_path_equals_the_machine(case: Case) -> None:
    attempts = Attempts(case.time_us, case.on_calendar, case.truths[:, 0])
    path = replay_path(case.table, attempts, start_us=0, until_us=1_000)
    regimes = [path.regime_at(time_us).name for time_us in case.time_us.tolist()]
    assert regimes == stepped_by_the_machine(case, 0)


@given(cases())
def test_every_step_is_one_that_the_policy_allows(case: Case) -> None:
    attempts = Attempts(case.time_us, case.on_calendar, case.truths[:, 0])
    path = replay_path(case.table, attempts, start_us=0, until_us=1_000)
    by_name = {each.name: each for each in case.table.transitions}
    for step in path.steps:
        allowed = by_name[step.because]
        assert step.source in allowed.sources
        assert step.target == allowed.target
        assert step.urgent or step.on_calendar
