import pytest

from rebalancer.model.book import Account
from rebalancer.planner.plan_books import build_request_layout
from rebalancer.planner.wanted import Interval, Wanted, build_wanted
from rebalancer.policy.compiled import Policy
from tests.small_plans import BTC_AND_ETH, policy_of, request_of


def wanted_of(policy: Policy, *, band: float = 0.02) -> Wanted:
    request = request_of(policy)
    layout = build_request_layout(request, account=Account.SEPARATE)
    return build_wanted(request.targets, layout, band=band)


def ends(interval: Interval, column: int = 0) -> list[float]:
    """The interval of one column as low, target, high."""
    return [float(end[0, column]) for end in (interval.low, interval.target, interval.high)]


def test_a_target_has_the_band_on_both_sides() -> None:
    wanted = wanted_of(policy_of("core: {kind: spot}", "core: 60%, cash: 40%"))

    assert ends(wanted.spot) == pytest.approx([0.58, 0.60, 0.62])


def test_a_zero_target_has_no_band() -> None:
    wanted = wanted_of(policy_of("core: {kind: spot}", "cash: 100%"))

    assert ends(wanted.spot) == [0.0, 0.0, 0.0]
    assert ends(wanted.wallet) == [0.0, 0.0, 0.0]


def test_a_band_never_crosses_zero() -> None:
    wanted = wanted_of(
        policy_of(
            "tilt: {kind: short, leverage: 1}, core: {kind: spot}", "tilt: 1%, core: 1%, cash: 98%"
        )
    )

    assert ends(wanted.spot) == pytest.approx([0.0, 0.01, 0.03])
    assert ends(wanted.future) == pytest.approx([-0.03, -0.01, 0.0])
    assert ends(wanted.wallet) == pytest.approx([0.0, 0.01, 0.03])


def test_a_range_replaces_the_band() -> None:
    wanted = wanted_of(
        policy_of("core: {kind: spot}", "core: {target: 60%, range: [50%, 65%]}, cash: 40%")
    )

    assert ends(wanted.spot) == pytest.approx([0.50, 0.60, 0.65])


def test_ranges_add_up_and_parts_without_one_share_one_band() -> None:
    wanted = wanted_of(
        policy_of(
            "core: {kind: spot}, more: {kind: spot}, last: {kind: spot}",
            "core: {target: 30%, range: [25%, 40%]}, more: 20%, last: 10%, cash: 40%",
        )
    )

    # 25 + 20 + 10 - 2 and 40 + 20 + 10 + 2
    assert ends(wanted.spot) == pytest.approx([0.53, 0.60, 0.72])


def test_two_ranges_add_up_without_any_band() -> None:
    wanted = wanted_of(
        policy_of(
            "core: {kind: spot}, more: {kind: spot}",
            "core: {target: 30%, range: [25%, 40%]}, more: {target: 20%, range: [20%, 25%]},"
            " cash: 50%",
        )
    )

    assert ends(wanted.spot) == pytest.approx([0.45, 0.50, 0.65])


def test_long_and_short_sleeves_that_cancel_out_have_no_band() -> None:
    wanted = wanted_of(
        policy_of(
            "up: {kind: long, leverage: 2}, down: {kind: short, leverage: 1}",
            "up: 10%, down: 20%, cash: 70%",
        )
    )

    assert ends(wanted.future) == [0.0, 0.0, 0.0]
    assert ends(wanted.wallet) == pytest.approx([0.28, 0.30, 0.32])


def test_a_basis_short_is_one_coin_per_coin_of_its_spot() -> None:
    wanted = wanted_of(
        policy_of("carry: {kind: basis, leverage: 1}", "carry: 40%, cash: 60%", assets=BTC_AND_ETH)
    )

    assert wanted.sized.tolist() == [[[1.0, 0.0], [0.0, 1.0]]]
    assert wanted.basis.tolist() == wanted.sized.tolist()
    assert wanted.basis_share.tolist() == [[1.0, 1.0]]
    assert ends(wanted.future) == [0.0, 0.0, 0.0]


def test_shorts_share_the_spot_pro_rata_to_the_sleeves() -> None:
    # spot: core 40 %, carry 20 %; hedge half of core, all of carry: (20 + 20) / 60 coins a coin
    wanted = wanted_of(
        policy_of(
            "core: {kind: spot}, carry: {kind: basis, leverage: 1}",
            "core: 40%, carry: 40%, cash: 20%",
            hedges="[{of: core, ratio: 50%, with: own}]",
        )
    )

    assert wanted.sized[0, 0, 0] == pytest.approx(2 / 3)
    assert wanted.basis[0, 0, 0] == pytest.approx(1 / 3)
    assert wanted.basis_share[0, 0] == pytest.approx(1 / 3)


def test_a_hedge_with_another_asset_is_a_plain_part_with_a_band() -> None:
    wanted = wanted_of(
        policy_of(
            "core: {kind: spot, shares: {ETH: 100%}}",
            "core: 40%, cash: 60%",
            assets=BTC_AND_ETH,
            hedges="[{of: core, ratio: 50%, with: 'BTC/USDT:USDT'}]",
        )
    )

    assert ends(wanted.future, column=0) == pytest.approx([-0.22, -0.20, -0.18])
    assert not wanted.sized.any()
