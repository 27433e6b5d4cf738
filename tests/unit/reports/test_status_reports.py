from dataclasses import replace

from rebalancer.model.instant import DAY_US, parse_duration
from rebalancer.model.regime_path import Evidence, PresentRegime, RegimeStep
from rebalancer.model.status import Reading, Status, TransitionStatus
from rebalancer.model.truth import Truth
from rebalancer.policy.compiled import Policy, Signal, Source, SourceKind, Transform, TransformKind
from rebalancer.reports.layout import plain_text
from rebalancer.reports.status_document import status_document
from rebalancer.reports.status_table import is_fraction, status_lines
from tests.small_policies import MONDAY, policy_of

FUNDING = Signal("funding_apr", Source(SourceKind.FUNDING, "BTC/USDT:USDT"))
LEVEL = Signal("level", Source(SourceKind.SERIES, "level"))
POLICY: Policy = policy_of([FUNDING, LEVEL], [])
HELD = Evidence("funding_apr", 0.1642, "above 10% for 14d", Truth.FALSE, 9 * DAY_US, "5d more")
STEP = RegimeStep(MONDAY, "storm", "calm", "all clear", True, True, (HELD,))  # noqa: FBT003  -- urgent, on the calendar
STATUS = Status(
    as_of_us=MONDAY + 9 * DAY_US,
    regime=PresentRegime("calm", MONDAY, STEP),
    next_calendar_us=MONDAY + 14 * DAY_US,
    signals=(
        Reading("funding_apr", 0.1642, MONDAY + 9 * DAY_US, 0, DAY_US),
        Reading("level", None, MONDAY, 9 * DAY_US, 3 * DAY_US),
    ),
    transitions=(
        TransitionStatus("rich", "storm", urgent=True, truth=Truth.FALSE, evidence=(HELD,)),
        TransitionStatus(
            "later",
            "storm",
            urgent=False,
            truth=Truth.UNKNOWN,
            evidence=(Evidence(None, None, "(a and b) for 3d", Truth.UNKNOWN, None),),
            waits_until_us=MONDAY + 10 * DAY_US,
        ),
    ),
)


def test_the_table_says_where_the_policy_stands_and_what_it_waits_for() -> None:
    assert plain_text(status_lines(POLICY, STATUS)) == (
        "small as of 2024-01-10 00:00 UTC\n"
        "\n"
        "Regime      calm since 2024-01-01 00:00 UTC (all clear)\n"
        "Next step   2024-01-15 00:00 UTC, by calendar\n"
        "\n"
        "Signals\n"
        "signal         value      last observation  age  may be\n"
        "funding_apr   16.42%  2024-01-10 00:00 UTC   0h      1d\n"
        "level        unknown  2024-01-01 00:00 UTC   9d      3d\n"
        "             stale: it counts as unknown until it is observed again\n"
        "\n"
        "Ways out of this regime, in the order they are tried\n"
        "1. rich -> storm, urgent: false\n"
        "   - funding_apr 16.42%: above 10% for 14d is false for 9d; needs 5d more\n"
        "2. later -> storm: unknown\n"
        "   - (a and b) for 3d is unknown\n"
        "   - waits until 2024-01-11 00:00 UTC: the regime's min_dwell\n"
    )


def test_a_true_transition_between_calendar_times_says_when_it_steps() -> None:
    ready = TransitionStatus("ready", "storm", urgent=False, truth=Truth.TRUE, evidence=())
    text = plain_text(status_lines(POLICY, replace(STATUS, transitions=(ready,))))
    assert text.endswith(
        "1. ready -> storm: true\n"
        "   - steps at 2024-01-15 00:00 UTC, by calendar, if that still holds\n"
    )


def test_an_urgent_transition_waits_for_no_calendar() -> None:
    ready = TransitionStatus("ready", "storm", urgent=True, truth=Truth.TRUE, evidence=())
    text = plain_text(status_lines(POLICY, replace(STATUS, transitions=(ready,))))
    assert text.endswith("1. ready -> storm, urgent: true\n")


def test_a_regime_without_a_way_out_says_so() -> None:
    first = PresentRegime("calm", MONDAY, None)
    lone = Status(MONDAY, first, MONDAY + 7 * DAY_US, (Reading("level", None),), ())
    text = plain_text(status_lines(POLICY, lone))
    assert "Regime      calm since 2024-01-01 00:00 UTC (the initial regime)\n" in text
    assert "level   unknown             never\n" in text
    assert text.endswith("\nWays out of this regime\nnone\n")


def test_json_keeps_the_numbers_and_what_is_needed() -> None:
    document = status_document(POLICY, STATUS)
    assert document["regime"]["name"] == "calm"
    assert document["regime"]["because"] == "all clear"
    assert document["signals"][1] == {
        "signal": "level",
        "value": None,
        "observed_at": "2024-01-01T00:00:00Z",
        "age": "9d",
        "max_age": "3d",
        "stale": True,
    }
    rich, later = document["transitions"]
    assert rich["evidence"] == [
        {
            "signal": "funding_apr",
            "value": "0.1642",
            "condition": "above 10% for 14d",
            "truth": "false",
            "held_for": "9d",
            "needs": "5d more",
        }
    ]
    assert (later["truth"], later["waits_until"]) == ("unknown", "2024-01-11T00:00:00Z")


def test_a_number_is_a_percentage_where_its_last_change_of_unit_makes_it_one() -> None:
    def signal(kind: SourceKind, *transforms: TransformKind) -> Signal:
        window = parse_duration("3d")
        return Signal("x", Source(kind, "x"), tuple(Transform(each, window) for each in transforms))

    assert is_fraction(signal(SourceKind.FUNDING))
    assert is_fraction(signal(SourceKind.FUNDING, TransformKind.MEAN))
    assert is_fraction(signal(SourceKind.PRICE, TransformKind.OVER_MEAN))
    assert not is_fraction(signal(SourceKind.PRICE))
    assert not is_fraction(signal(SourceKind.FUNDING, TransformKind.ZSCORE))
    assert not is_fraction(signal(SourceKind.PRICE, TransformKind.DAYS_SINCE_LOW))
