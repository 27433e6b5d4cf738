import pytest

from rebalancer.model.regime_path import PresentRegime, RegimePath, RegimeStep

STEP = RegimeStep(20, "calm", "storm", "wind rises", urgent=True, on_calendar=False)
BACK = RegimeStep(30, "storm", "calm", "wind falls", urgent=False, on_calendar=True)
PATH = RegimePath("calm", 10, 40, (STEP, BACK))


@pytest.mark.parametrize(
    ("at_us", "present"),
    [
        (5, PresentRegime("calm", 5, None)),
        (19, PresentRegime("calm", 10, None)),
        (20, PresentRegime("storm", 20, STEP)),
        (29, PresentRegime("storm", 20, STEP)),
        (40, PresentRegime("calm", 30, BACK)),
    ],
)
def test_the_regime_at_a_time_is_what_the_last_step_led_to(
    at_us: int, present: PresentRegime
) -> None:
    assert PATH.regime_at(at_us) == present


def test_a_regime_knows_which_transition_started_it() -> None:
    assert PATH.regime_at(20).because == "wind rises"
    assert PATH.regime_at(10).because is None


def test_a_path_does_not_know_what_happened_after_its_end() -> None:
    with pytest.raises(ValueError, match="after the end"):
        PATH.regime_at(41)
