import numpy as np

from rebalancer.errors import Place
from rebalancer.model.history import History
from rebalancer.model.instant import DAY_US
from rebalancer.model.observations import Observations
from rebalancer.model.regime_path import RegimePath, RegimeStep
from rebalancer.model.truth import Truth, TruthHistory
from rebalancer.policy.compiled import Comparison
from rebalancer.policy.nodes import Places
from rebalancer.policy.source import read_yaml
from rebalancer.reports.count_firings import count_firings
from tests.small_policies import MONDAY, days, leaf, policy_of, series_signal, transition

TEXT = "transitions:\n  - name: up\n  - name: down\n"


def truths(times: list[float], values: list[Truth]) -> TruthHistory:
    known = np.array(values, dtype=np.int8)
    stamps = days(*times)
    observed = np.ones(len(stamps), dtype=np.bool_)
    daily = np.full(len(stamps), DAY_US, dtype=np.int64)
    observations = Observations(stamps, stamps - DAY_US, daily)
    return TruthHistory(stamps, observed, known, known, observations)


def test_counts_come_from_the_path_and_shares_from_calendar_times() -> None:
    when = leaf("level", Comparison.ABOVE, "1")
    up = transition("up", "calm", "storm", when)
    down = transition("down", "storm", "calm", when)
    policy = policy_of([series_signal("level")], [up, down])
    step = RegimeStep(MONDAY + 7 * DAY_US, "calm", "storm", "up", urgent=False, on_calendar=True)
    path = RegimePath("calm", MONDAY, MONDAY + 21 * DAY_US, (step,))
    history = History(
        signals={},
        truths={
            # the calendar times are days 0, 7, 14 and 21
            "up": truths([0, 7, 8], [Truth.UNKNOWN, Truth.TRUE, Truth.FALSE]),
            "down": truths([], []),
        },
        path=path,
    )
    tree, _ = read_yaml(TEXT, "core.yaml")
    assert tree is not None

    risen, fallen = count_firings(policy, history, places=Places(tree, "core.yaml"))

    assert (risen.transition, risen.count, risen.fired_us) == ("up", 1, (MONDAY + 7 * DAY_US,))
    assert risen.place == Place("core.yaml", 2, 5)
    assert (risen.true, risen.unknown) == (0.25, 0.25)
    assert (fallen.count, fallen.true, fallen.unknown) == (0, 0.0, 1.0)
    assert (fallen.start_us, fallen.until_us) == (MONDAY, MONDAY + 21 * DAY_US)
