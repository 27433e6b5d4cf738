from dataclasses import replace

import pytest

from rebalancer.engine import describe_status, prepare
from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.market import Market
from rebalancer.model.regime_path import RegimeStep
from rebalancer.model.status import Reading
from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Comparison, Policy, Regime
from tests.small_policies import (
    MARKET_OF,
    MONDAY,
    days,
    held,
    leaf,
    policy_of,
    series_market,
    series_signal,
    transition,
)

RISES = leaf("wind", Comparison.ABOVE, "5", timing=held("2d"))
FALLS = leaf("wind", Comparison.BELOW, "5")
WAVE = leaf("wind", Comparison.ABOVE, "50")


def sailing(*, min_dwell_days: int = 0) -> Policy:
    """Steps on Mondays, and at once when a wave comes; from Monday 2024-01-01 in calm."""
    return policy_of(
        [series_signal("wind", cadence_us=DAY_US)],
        [
            transition("a wave", ("calm", "storm"), "harbour", WAVE, urgent=True),
            transition("wind rises", "calm", "storm", RISES),
            transition("wind falls", "storm", "calm", FALLS),
        ],
        regimes=[
            Regime("calm", ()),
            Regime("storm", (), min_dwell_us=min_dwell_days * DAY_US),
            Regime("harbour", ()),
        ],
    )


def winds(*values: float) -> Market:
    return series_market(wind=(days(*range(len(values))), values))


def path_of(policy: Policy, market: Market) -> list[tuple[float, str, str]]:
    """The steps as (days since Monday 2024-01-01, because, to)."""
    steps = prepare(policy, market).path.steps
    return [((step.at_us - MONDAY) / DAY_US, step.because, step.target) for step in steps]


def test_the_regime_steps_on_the_calendar_and_not_before() -> None:
    assert path_of(sailing(), winds(*[1] * 2, *[9] * 8)) == [(7.0, "wind rises", "storm")]


def test_calendar_times_exist_whether_or_not_rows_do() -> None:
    market = series_market(wind=(days(0, 1, 2, 3, 4, 5, 6, 8), [1, 1, 1, 9, 9, 9, 9, 9]))
    assert path_of(sailing(), market) == [(7.0, "wind rises", "storm")]


def test_an_urgent_transition_steps_at_once() -> None:
    assert path_of(sailing(), winds(1, 1, 1, 60, 1)) == [(3.0, "a wave", "harbour")]
    step = prepare(sailing(), winds(1, 1, 1, 60, 1)).path.steps[0]
    assert (step.urgent, step.on_calendar) == (True, False)


def test_a_step_carries_its_evidence() -> None:
    (step,) = prepare(sailing(), winds(*[1] * 2, *[9] * 8)).path.steps
    (found,) = step.evidence
    assert (found.signal, found.value, found.truth) == ("wind", 9.0, Truth.TRUE)
    assert found.held_for_us == 6 * DAY_US


def test_a_regime_dwells() -> None:
    market = winds(*[9] * 8, *[1] * 30)
    assert path_of(sailing(), market)[1] == (14.0, "wind falls", "calm")
    assert path_of(sailing(min_dwell_days=8), market)[1] == (21.0, "wind falls", "calm")


def test_a_policy_of_one_regime_stays_in_it() -> None:
    history = prepare(policy_of([], [], regimes=[Regime("calm", ())]), winds(1, 2))
    assert history.path.regime_at(history.path.until_us).name == "calm"


def test_a_market_without_rows_knows_nothing() -> None:
    history = prepare(sailing(), Market({}, MARKET_OF), as_of_us=MONDAY)
    assert history.path.steps == ()
    assert history.path.regime_at(MONDAY).name == "calm"
    assert prepare(sailing(), Market({}, MARKET_OF)).path.until_us == 0


def test_the_replay_goes_on_to_the_as_of_time() -> None:
    market = winds(1, 1, 1, 9, 9, 9, 9)
    assert prepare(sailing(), market).path.steps == ()
    later = prepare(sailing(), market, as_of_us=MONDAY + 8 * DAY_US)
    assert [step.at_us for step in later.path.steps] == [MONDAY + 7 * DAY_US]


def test_rows_that_the_policy_does_not_name_change_nothing() -> None:
    market = winds(*[1] * 2, *[9] * 8)
    other = series_market(tide=(days(-30, 40), [1, 1]))
    both = replace(market, series={**market.series, **other.series})
    assert prepare(sailing(), both).path == prepare(sailing(), market).path


def test_the_status_says_what_each_way_out_still_needs() -> None:
    policy, at_us = sailing(), MONDAY + 3 * DAY_US + 10 * HOUR_US
    status = describe_status(policy, prepare(policy, winds(1, 1, 1, 9, 9)), as_of_us=at_us)
    assert status.regime.name == "calm"
    assert status.next_calendar_us == MONDAY + 7 * DAY_US
    assert status.signals == (Reading("wind", 9.0, MONDAY + 3 * DAY_US, 10 * HOUR_US, 3 * DAY_US),)
    assert [(each.name, each.target) for each in status.transitions] == [
        ("a wave", "harbour"),
        ("wind rises", "storm"),
    ]
    wave, rises = (each.evidence[0] for each in status.transitions)
    assert (wave.condition, wave.truth, wave.needs) == ("above 50", Truth.FALSE, "above 50")
    assert (rises.condition, rises.truth) == ("above 5 for 2d", Truth.FALSE)
    assert (rises.held_for_us, rises.needs) == (34 * HOUR_US, "14h more")


def test_the_status_says_until_when_a_regime_dwells() -> None:
    policy, at_us = sailing(min_dwell_days=8), MONDAY + 10 * DAY_US
    status = describe_status(policy, prepare(policy, winds(*[9] * 12)), as_of_us=at_us)
    waits = {each.name: each.waits_until_us for each in status.transitions}
    assert status.regime == prepare(policy, winds(*[9] * 12)).path.regime_at(at_us)
    assert waits == {"a wave": None, "wind falls": MONDAY + 15 * DAY_US}


def test_the_status_after_the_end_of_the_history_is_not_known() -> None:
    history = prepare(sailing(), winds(1, 1))
    with pytest.raises(ValueError, match="after the end"):
        describe_status(sailing(), history, as_of_us=MONDAY + 2 * DAY_US)


def test_a_step_is_a_value() -> None:
    (step,) = prepare(sailing(), winds(1, 60)).path.steps
    assert replace(step, evidence=()) == RegimeStep(
        at_us=MONDAY + DAY_US,
        source="calm",
        target="harbour",
        because="a wave",
        urgent=True,
        on_calendar=False,
    )
