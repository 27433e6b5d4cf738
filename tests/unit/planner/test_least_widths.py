"""Searches for the least width of a limit: what they ask for, and many side by side."""

from hypothesis import given
from hypothesis import strategies as st

from rebalancer.planner.case import Case
from rebalancer.planner.least_widths import WidthSearch, are_planned, find_least, widths_ahead
from rebalancer.planner.limits import LimitRow
from tests.small_plans import book_of, case_of, market_of, policy_of, spot_pair

GROSS, NET = LimitRow.GROSS_LEVERAGE, LimitRow.NET_HIGH
OWN, MOST = 40, 120


def least_one_by_one(held: set[int], *, good: int, step: int) -> int | None:
    """The search as a loop that plans one width after the other."""
    bad = OWN
    if good <= bad or good not in held:
        return None
    while good - step > bad:
        if good - step not in held:
            bad = good - step
            break
        good, step = good - step, 2 * step
    while good - bad > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if middle in held else (good, middle)
    return good


@given(
    held=st.sets(st.integers(OWN, MOST)),
    good=st.integers(OWN - 2, MOST),
    step=st.integers(1, MOST),
    ahead=st.integers(1, 4),
)
def test_a_search_is_the_loop_whatever_holds(
    held: set[int], good: int, step: int, ahead: int
) -> None:
    search = WidthSearch(0, GROSS, bad=OWN, good=good, step=step)
    while search.next_width is not None:
        foreseen = widths_ahead(search, ahead)
        for _ in range(ahead):
            if (width := search.next_width) is not None:
                assert width in foreseen
                search = search.after(width, holds=width in held)

    assert search.least == least_one_by_one(held, good=good, step=step)


def stuck(*coins: str) -> Case:
    """Books of about 1,000 in coins at 100 of which none can be sold: a fifth is to be kept."""
    policy = policy_of(
        "core: {kind: spot}",
        "core: 20%, cash: 80%",
        limits="{gross_leverage: 0.3, net_exposure: [0%, 100%]}",
    )
    cases = [book_of(BTC=coin, USDT="400") for coin in coins]
    return case_of(policy, *cases, market=market_of(spot_pair("BTC", step="10")))


def test_plans_with_limits_of_their_own_are_what_they_are_alone() -> None:
    case = stuck("6", "4", "2")
    tried = [(row, GROSS, width) for row in range(3) for width in (300, 333, 334, 500, 599, 601)]

    planned = are_planned(case, tried)

    assert planned == [are_planned(case, [one])[0] for one in tried]
    assert planned[:6] == [False] * 4 + [False, True]
    # 400 of 800, and 200 of 600, which is a little over 0.333
    assert planned[6:] == [*[False] * 3, True, True, True, *[False] * 2, True, True, True, True]


def test_searches_find_side_by_side_what_each_finds_alone() -> None:
    case = stuck("6", "4", "2")
    searches = [
        WidthSearch(row, limit, bad=300, good=good, step=step)
        for row in range(3)
        for limit in (GROSS, NET)
        for good, step in ((900, 300), (601, 1), (250, 1))
    ]

    found = find_least(case, searches)

    assert found == [find_least(case, [search])[0] for search in searches]
    assert found[:3] == [600, 600, None]


def test_no_searches_find_nothing() -> None:
    assert find_least(stuck("6"), []) == []
