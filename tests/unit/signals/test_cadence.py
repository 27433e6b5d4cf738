from rebalancer.model.instant import DAY_US, HOUR_US
from rebalancer.model.observations import UNBOUNDED_US
from rebalancer.signals.cadence import commonest_spacings
from tests.small_policies import days


def test_the_first_row_tells_no_cadence() -> None:
    assert commonest_spacings(days(0)).tolist() == [UNBOUNDED_US]
    assert commonest_spacings(days()).tolist() == []


def test_even_rows_tell_their_spacing() -> None:
    assert commonest_spacings(days(0, 1, 2)).tolist() == [UNBOUNDED_US, DAY_US, DAY_US]


def test_each_row_knows_the_commonest_spacing_up_to_itself() -> None:
    spacings = commonest_spacings(days(0, 3, 4, 7, 8, 9))
    assert [spacing // DAY_US for spacing in spacings.tolist()[1:]] == [3, 1, 3, 1, 1]


def test_milliseconds_of_jitter_do_not_hide_the_spacing() -> None:
    times = days(0, 1 / 3, 2 / 3, 1)
    times += [0, 7_000, -3_000, 12_000]
    assert commonest_spacings(times).tolist()[1:] == [8 * HOUR_US] * 3
