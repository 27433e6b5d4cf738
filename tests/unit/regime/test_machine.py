import pytest

from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Comparison, Regime, Transition
from rebalancer.regime.machine import Attempt, RegimeMachine
from rebalancer.regime.table import compile_table
from tests.small_policies import leaf, policy_of, transition

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
ANYTHING = leaf("mood", Comparison.ABOVE, "0")
REGIMES = [Regime("calm", ()), Regime("storm", (), min_dwell_us=100), Regime("harbour", ())]
RISES = transition("wind rises", "calm", "storm", ANYTHING)
FALLS = transition("wind falls", "storm", "calm", ANYTHING)
SINKS = transition("ship sinks", ("calm", "storm"), "harbour", ANYTHING, urgent=True)


def machine(*transitions: Transition) -> RegimeMachine:
    table = compile_table(policy_of([], transitions, regimes=REGIMES))
    return RegimeMachine(table, start_us=0)


def fired(stepper: RegimeMachine, at_us: int, *truths: Truth, on_calendar: bool = True) -> str:
    transition = stepper.step(Attempt(at_us, on_calendar, truths))
    return transition.name if transition else ""


def test_a_machine_starts_in_the_initial_regime() -> None:
    stepper = machine(RISES)
    assert (stepper.regime, stepper.since_us) == ("calm", 0)


def test_a_true_condition_fires_and_names_its_transition() -> None:
    stepper = machine(RISES)
    assert fired(stepper, 10, TRUE) == "wind rises"
    assert (stepper.regime, stepper.since_us) == ("storm", 10)


@pytest.mark.parametrize("truth", [FALSE, UNKNOWN])
def test_what_is_not_true_never_fires(truth: Truth) -> None:
    stepper = machine(RISES)
    assert fired(stepper, 10, truth) == ""
    assert (stepper.regime, stepper.since_us) == ("calm", 0)


def test_the_first_true_transition_wins() -> None:
    assert fired(machine(SINKS, RISES), 10, TRUE, TRUE) == "ship sinks"
    assert fired(machine(RISES, SINKS), 10, TRUE, TRUE) == "wind rises"
    assert fired(machine(RISES, SINKS), 10, UNKNOWN, TRUE) == "ship sinks"


def test_a_machine_takes_one_step_per_time() -> None:
    stepper = machine(RISES, SINKS)
    assert fired(stepper, 10, TRUE, TRUE) == "wind rises"
    assert stepper.regime == "storm"


def test_a_transition_fires_from_its_own_regimes_only() -> None:
    stepper = machine(FALLS)
    assert fired(stepper, 10, TRUE) == ""


def test_between_calendar_times_only_urgent_transitions_are_tried() -> None:
    assert fired(machine(RISES, SINKS), 10, TRUE, FALSE, on_calendar=False) == ""
    assert fired(machine(RISES, SINKS), 10, TRUE, TRUE, on_calendar=False) == "ship sinks"


def test_a_regime_is_kept_for_its_least_time_except_by_an_urgent_transition() -> None:
    stepper = machine(RISES, FALLS, SINKS)
    assert fired(stepper, 10, TRUE, FALSE, FALSE) == "wind rises"
    assert fired(stepper, 109, FALSE, TRUE, FALSE) == ""
    assert fired(stepper, 110, FALSE, TRUE, FALSE) == "wind falls"
    assert fired(stepper, 120, TRUE, FALSE, FALSE) == "wind rises"
    assert fired(stepper, 121, FALSE, TRUE, TRUE, on_calendar=False) == "ship sinks"


def test_a_regime_without_a_way_out_is_kept() -> None:
    stepper = machine(SINKS)
    assert fired(stepper, 10, TRUE) == "ship sinks"
    assert fired(stepper, 20, TRUE) == ""
    assert stepper.regime == "harbour"


def test_a_table_numbers_regimes_and_transitions_in_the_policys_order() -> None:
    table = compile_table(policy_of([], [RISES, SINKS], regimes=REGIMES))
    assert table.regimes == ("calm", "storm", "harbour")
    assert table.leaves.tolist() == [[True, False, False], [True, True, False]]
    assert table.targets.tolist() == [1, 2]
    assert table.urgent.tolist() == [False, True]
    assert table.min_dwell_us.tolist() == [0, 100, 0]
    assert [number for number, _ in table.leaving("storm")] == [1]
    assert table.initial == 0
