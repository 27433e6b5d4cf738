"""Which orders are sent whole in the preferred order, so that quantities are all of the plan."""

import numpy as np

from rebalancer.model.book import Book
from rebalancer.planner.lots import Orders
from rebalancer.planner.plain_order import plays_plainly
from rebalancer.planner.quantities import plan_quantities
from rebalancer.policy.compiled import Policy
from tests.small_plans import BTC_AND_ETH, WHOLE_LEGS, book_of, case_of, plan_of, policy_of, sent

CARRY, SHARES = "carry: {kind: basis, leverage: 1}", "carry: 80%, cash: 20%"
CASH = book_of(USDT="1000")


def is_plain(policy: Policy, book: Book) -> bool:
    case = case_of(policy, book)
    return bool(plays_plainly(case, plan_quantities(case).orders)[0])


def test_whole_legs_without_limits_are_plain() -> None:
    assert is_plain(policy_of(CARRY, SHARES, more=WHOLE_LEGS), CASH)


def test_nothing_to_send_is_plain() -> None:
    assert is_plain(policy_of("core: {kind: spot}", "cash: 100%"), CASH)


def test_legs_in_clips_are_not_plain() -> None:
    assert not is_plain(policy_of(CARRY, SHARES), CASH)


def test_a_limit_that_breaks_on_the_way_is_not_plain() -> None:
    narrow = policy_of(CARRY, SHARES, limits="{net_exposure: [-5%, 5%]}", more=WHOLE_LEGS)
    assert not is_plain(narrow, CASH)


def test_split_orders_are_not_plain() -> None:
    split = policy_of("core: {kind: spot}", "core: 80%, cash: 20%", limits="{order_notional: 100}")
    assert not is_plain(split, CASH)


def test_one_sale_that_mends_a_limit_is_plain() -> None:
    mended = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", limits="{gross_leverage: 0.6}")
    book = book_of(BTC="9", USDT="100")
    assert sent(plan_of(mended, book)) == ["sell 4 BTC/USDT"]
    assert is_plain(mended, book)


def test_sales_come_before_purchases_also_where_they_are_smaller() -> None:
    core = policy_of(
        "core: {kind: spot, shares: {BTC: 80%, ETH: 20%}}",
        "core: 100%",
        assets=BTC_AND_ETH,
        more=WHOLE_LEGS,
    )
    # 300 of BTC are bought with what 300 of ETH bring; a cent is kept for costs
    book = book_of(BTC="5", ETH="50")
    assert sent(plan_of(core, book)) == ["sell 30 ETH/USDT", "buy 2.999 BTC/USDT"]
    assert is_plain(core, book)


def test_what_is_over_the_limit_on_turnover_is_not_plain() -> None:
    halved = policy_of("core: {kind: spot}", "core: 50%, cash: 50%", limits="{turnover: 25%}")
    case = case_of(halved, CASH)

    plain = [
        bool(plays_plainly(case, Orders(np.array([[lots]]), np.zeros((1, 1))))[0])
        for lots in (5000.0, 5001.0)
    ]

    assert plain == [True, False]


def test_positions_reopened_for_their_profit_are_not_plain() -> None:
    tilt = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 50%, cash: 50%", more=WHOLE_LEGS)
    # of 800 in the wallet 300 is balance and 50 are locked: 300 go out only with the profit
    won = book_of(("BTC/USDT:USDT", "-5", "200"), USDT="200", wallet="300")
    assert not is_plain(tilt, won)
