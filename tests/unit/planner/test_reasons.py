import pytest

from rebalancer.model.book import Book
from rebalancer.model.plan import Plan
from rebalancer.planner.limits import LimitRow
from rebalancer.planner.reasons import limit_names, sources_of
from tests.small_plans import (
    BTC_AND_ETH,
    BTC_COIN,
    WHOLE_LEGS,
    book_of,
    inverse,
    market_of,
    plan_of,
    policy_of,
    request_of,
)

END = "; regime only since 2024-01-01 (the initial regime)"
MIXED = policy_of(
    "core: {kind: spot}, carry: {kind: basis, leverage: 1}",
    "core: 40%, carry: 40%, cash: 20%",
    rebalance="band: 5%",
)


def reasons(plan: Plan) -> dict[str, str]:
    return {getattr(trade, "symbol", "transfer"): trade.reason for trade in plan.trades}


def test_every_trade_says_who_asks_for_it_and_how_far_off_it_is() -> None:
    found = reasons(plan_of(MIXED, book_of(BTC="1", USDT="900")))

    assert found == {
        "transfer": f"margin of carry: 0.00% is under its band 15.00% to 25.00% around 20.00%{END}",
        "BTC/USDT": f"core + carry: 10.00% is under its band 55.00% to 65.00% around 60.00%{END}",
        "BTC/USDT:USDT": (
            f"carry: short sized on 33.33% of the BTC that stays (54.99% of NAV){END}"  # whole lots
        ),
    }


def test_what_nobody_asks_for_is_said_to_be_so() -> None:
    policy = policy_of("core: {kind: spot}", "core: 0%, cash: 100%")

    assert reasons(plan_of(policy, book_of(BTC="1", USDT="900"))) == {
        "BTC/USDT": f"BTC/USDT: no sleeve of this regime asks for it, 10.00% held{END}"
    }


def test_a_limit_that_moves_more_than_the_band_is_named() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 50%, cash: 50%",
        limits="{gross_leverage: 0.55}",
        rebalance="band: 10%",
    )

    assert reasons(plan_of(policy, book_of(BTC="5.8", USDT="420"))) == {
        "BTC/USDT": "core: 58.00% is inside its band 40.00% to 60.00%; "
        f"limit gross_leverage forces more than the band{END}"
    }


def test_a_limit_that_moves_against_the_band_says_so() -> None:
    policy = policy_of(
        "core: {kind: spot}, up: {kind: long, leverage: 2}",
        "core: 50%, up: 20%, cash: 30%",
        limits="{liquidation_distance: 58%}",
        rebalance="band: 2%, to: target",
    )
    book = book_of(("BTC/USDT:USDT", "3.55", "100"), BTC="7.1", USDT="140", wallet="150")

    found = reasons(plan_of(policy, book))

    assert found["BTC/USDT:USDT"] == (
        "up: 35.50% is under its band 38.00% to 42.00% around 40.00%; "
        f"limit liquidation_distance forces it against the band{END}"
    )
    assert found["BTC/USDT"].endswith(f"limit liquidation_distance forces more than the band{END}")


def test_a_plain_future_is_held_against_its_own_band() -> None:
    policy = policy_of(
        "tilt: {kind: short, leverage: 1}", "tilt: 20%, cash: 80%", rebalance="band: 5%"
    )

    found = reasons(plan_of(policy, book_of(USDT="800", wallet="200")))

    assert found["BTC/USDT:USDT"] == (
        f"tilt: 0.00% is over its band -25.00% to -15.00% around -20.00%{END}"
    )


def test_sleeves_and_hedges_that_ask_are_joined() -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 1}",
        "core: 40%, carry: 40%, cash: 20%",
        assets=BTC_AND_ETH,
        hedges="[{of: core, ratio: 50%, with: own, leverage: 2}]",
    )
    targets = request_of(policy).targets

    assert sources_of(targets, "ETH/USDT:USDT") == "carry + hedge of core"
    assert sources_of(targets, "USDT") == "carry + hedge of core"
    assert sources_of(targets, "XYZ/USDT") == ""


def test_both_ends_of_an_interval_have_one_name() -> None:
    rows = [LimitRow.NET_HIGH, LimitRow.NET_LOW, LimitRow.GROSS_LEVERAGE]
    assert limit_names(rows) == ("net_exposure", "gross_leverage")


def test_a_short_that_nets_with_another_part_names_both() -> None:
    policy = policy_of(
        "core: {kind: spot}, carry: {kind: basis, leverage: 1}, tilt: {kind: short, leverage: 1}",
        "core: 20%, carry: 40%, tilt: 10%, cash: 30%",
    )

    reason = reasons(plan_of(policy, book_of(BTC="1", USDT="900")))["BTC/USDT:USDT"]

    assert reason.startswith("carry: short sized on 50.00% of the BTC that stays")
    assert "; with tilt: -10.00% of NAV" in reason


BAND = "its band 19.00% to 21.00% around 20.00%"
BULL_BAND = "its band 39.00% to 41.00% around 40.00%"
FOR_BULL = f"margin of bull: 0.00% is under {BULL_BAND}"


def on_coins(targets: str, book: Book) -> str:
    """Why BTC is bought or sold for a book, where BTC is a sleeve and the margin of another."""
    policy = policy_of(
        "core: {kind: spot}, bull: {kind: long, leverage: 2}",
        targets,
        assets=BTC_COIN,
        rebalance="band: 1%",
        more=WHOLE_LEGS,
    )
    return reasons(plan_of(policy, book, market=market_of(inverse("BTC"))))["BTC/USDT"]


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (book_of(BTC="3", USDT="700"), f"coins for the wallet: {FOR_BULL}"),
        (book_of(BTC="2", USDT="800"), f"coins for the wallet: {FOR_BULL}"),
        (
            book_of(BTC="1", USDT="900"),
            f"core: 10.00% is under {BAND}; with coins for the wallet: {FOR_BULL}",
        ),
        (
            book_of(BTC="9", USDT="100"),
            f"core: 90.00% is over {BAND}",
        ),
        (
            book_of(BTC="1", USDT="300", coin_wallet="6"),
            f"coins from the wallet: margin of bull: 60.00% is over {BULL_BAND}",
        ),
    ],
)
def test_coins_are_bought_and_sold_for_the_part_that_asks_for_them(book: Book, said: str) -> None:
    assert on_coins("core: 20%, bull: 40%, cash: 40%", book) == said + END


def test_coins_of_a_wallet_that_nobody_asks_for_are_sold_from_it() -> None:
    said = on_coins("core: 20%, cash: 80%", book_of(BTC="1", USDT="400", coin_wallet="5"))

    assert said == (
        "coins from the wallet: margin of BTC: no sleeve of this regime asks for it, "
        f"50.00% held{END}"
    )
