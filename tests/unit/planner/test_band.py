"""NAV 1,000 and BTC at 100: one BTC is ten per cent."""

import pytest

from rebalancer.model.book import Book
from rebalancer.planner.band import future_interval, settle_band, target_weights
from rebalancer.policy.compiled import Policy
from tests.small_plans import book_of, case_of, policy_of

CORE = ("core: {kind: spot}", "core: 60%, cash: 40%")
EDGE, TARGET = "band: 5%, to: edge", "band: 5%, to: target"


def book_with(coins: int) -> Book:
    return book_of(BTC=str(coins), USDT=str(1000 - 100 * coins))


def settled_spot(policy: Policy, book: Book) -> float:
    return float(settle_band(case_of(policy, book)).spot[0, 0])


@pytest.mark.parametrize(
    ("coins", "to_edge", "to_target"),
    [(2, 0.55, 0.60), (6, 0.60, 0.60), (8, 0.65, 0.60)],
)
def test_a_breach_is_traded_back_to_the_edge_or_to_the_target(
    coins: int, to_edge: float, to_target: float
) -> None:
    edge, target = policy_of(*CORE, rebalance=EDGE), policy_of(*CORE, rebalance=TARGET)

    assert settled_spot(edge, book_with(coins)) == pytest.approx(to_edge)
    assert settled_spot(target, book_with(coins)) == pytest.approx(to_target)


@pytest.mark.parametrize("rebalance", [EDGE, TARGET])
@pytest.mark.parametrize("btc", ["5.51", "6.49"])
def test_a_drift_inside_the_band_is_left_alone(rebalance: str, btc: str) -> None:
    book = book_of(BTC=btc, USDT=str(1000 - 100 * float(btc)))
    case = case_of(policy_of(*CORE, rebalance=rebalance), book)

    assert settle_band(case).spot[0, 0] == case.present.spot[0, 0]


def test_a_target_of_zero_is_traded_to_zero() -> None:
    assert settled_spot(policy_of(CORE[0], "cash: 100%", rebalance=EDGE), book_with(1)) == 0


def test_a_wallet_has_a_band_around_its_equity() -> None:
    # margin 40 %: equity 300 + 100 of profit is on its target, 300 is not
    policy = policy_of("tilt: {kind: short, leverage: 1}", "tilt: 40%, cash: 60%", rebalance=EDGE)
    on_target = book_of(("BTC/USDT:USDT", "-4", "125"), USDT="600", wallet="300")
    under = book_of(("BTC/USDT:USDT", "-4", "100"), USDT="700", wallet="300")

    assert settle_band(case_of(policy, on_target)).wallet[0, 0] == pytest.approx(0.40)
    assert settle_band(case_of(policy, under)).wallet[0, 0] == pytest.approx(0.35)


CARRY = (
    "core: {kind: spot}, carry: {kind: basis, leverage: 1}",
    "core: 40%, carry: 40%, cash: 20%",
)


def test_a_basis_short_is_sized_on_the_spot_that_the_band_leaves() -> None:
    # spot target 60 %, of it a third is the basis leg: 8 coins held settle at 65 %, 6.5 / 3 short
    settled = settle_band(case_of(policy_of(*CARRY, rebalance=EDGE), book_with(8)))

    assert settled.spot[0, 0] == pytest.approx(0.65)
    assert settled.future[0, 0] == pytest.approx(-0.65 / 3)


def test_the_short_of_a_basis_pair_has_no_band_of_its_own() -> None:
    case = case_of(policy_of(*CARRY, rebalance=EDGE), book_with(6))

    interval = future_interval(case, spot=case.present.spot, wallet=case.present.wallet)

    assert [float(end[0, 0]) for end in (interval.low, interval.target, interval.high)] == (
        pytest.approx([-0.2, -0.2, -0.2])
    )


def test_the_targets_size_their_shorts_on_the_target_spot() -> None:
    weights = target_weights(case_of(policy_of(*CARRY), book_with(8), book_with(0)))

    assert weights.spot[:, 0] == pytest.approx([0.6, 0.6])
    assert weights.future[:, 0] == pytest.approx([-0.2, -0.2])
    assert weights.wallet[:, 0] == pytest.approx([0.2, 0.2])


def interval_of(targets: str) -> list[float]:
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}, up: {kind: long, leverage: 1}",
        targets,
        rebalance="band: 5%",
    )
    case = case_of(policy, book_of(BTC="2", USDT="800"))
    settled = settle_band(case)
    interval = future_interval(case, spot=settled.spot, wallet=settled.wallet)
    return [float(end[0, 0]) for end in (interval.low, interval.target, interval.high)]


def test_a_long_part_moves_the_whole_interval_of_a_short() -> None:
    # short 20 % of spot, long 10 % ± 5 %: net short 10 % ± 5 %
    assert interval_of("carry: 40%, up: 10%, cash: 50%") == pytest.approx([-0.15, -0.10, -0.05])


def test_a_netted_interval_never_crosses_zero() -> None:
    assert interval_of("carry: 40%, up: 18%, cash: 42%") == pytest.approx([-0.07, -0.02, 0.0])
    assert interval_of("carry: 40%, up: 22%, cash: 38%") == pytest.approx([0.0, 0.02, 0.07])


def test_parts_that_net_to_nothing_have_no_band() -> None:
    assert interval_of("carry: 40%, up: 20%, cash: 40%") == [0.0, 0.0, 0.0]
