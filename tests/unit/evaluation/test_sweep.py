from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from rebalancer import evaluate, sweep
from rebalancer.errors import InvalidInput, UsageError
from rebalancer.evaluation.bootstrap import resample_market
from rebalancer.evaluation.gather_runs import gather_result
from rebalancer.evaluation.grid import build_variants
from rebalancer.evaluation.sweep import Draws, Run, Sweep, evaluate_runs, open_sweep
from rebalancer.model.instant import parse_instant
from rebalancer.model.market_until import market_until
from rebalancer.policy import read_policy
from rebalancer.policy.compiled import Policy
from tests.small_plans import spot_pair
from tests.unit.evaluation.small_histories import book_of, daily, day
from tests.unit.evaluation.small_sweeps import POLICY, SETTINGS, wavy_market

BOOK = book_of(USDT="100000")


def policy_with(band: str, below: str) -> Policy:
    """The policy with two values written into its text."""
    text = POLICY.replace("band: 1%", f"band: {band}").replace("below: -2%", f"below: {below}")
    policy, findings = read_policy(text, "policy.yaml")
    assert policy is not None, findings
    return policy


def close(number: float, expected: float | None) -> bool:
    """Whether two numbers are one but for the rounding of sums; None is NaN."""
    if expected is None:
        return bool(np.isnan(number))
    return number == pytest.approx(expected, rel=1e-11, abs=1e-13)


def opened(*settings: str, draws: Draws | None = None) -> Sweep:
    variants = build_variants(POLICY, "policy.yaml", settings=settings)
    return open_sweep(variants, wavy_market(), book=BOOK, draws=draws)


def test_each_variant_comes_to_what_its_policy_comes_to_alone() -> None:
    result = sweep(POLICY, wavy_market(), set=SETTINGS)
    ends: list[float] = []
    for variant, (band, below) in enumerate(
        [("0%", "-2%"), ("0%", "-7%"), ("0%", "-9%"), ("2%", "-2%"), ("2%", "-7%"), ("2%", "-9%")]
    ):
        alone = evaluate(policy_with(band, below), wavy_market())
        label = f"rebalance.band={band}, transitions.down.when.below={below}"
        assert result.labels[variant] == label
        numbers = {name: each[variant, 0] for name, each in result.metrics.items()}
        ends.append(numbers["end_nav"])
        assert close(numbers["end_nav"], float(alone.evaluation.nav[-1]))
        for name, value in alone.summary.by_name().items():
            assert close(numbers[name], value)
        assert numbers["time_in_regime.storm"] == alone.summary.time_in_regime["storm"]
    assert len(set(ends)) == 6


def test_settings_stand_in_columns_and_the_first_changes_slowest() -> None:
    runs = sweep(POLICY, wavy_market(), set=SETTINGS).frames.runs
    assert runs.columns[:5] == [
        "variant", "rebalance.band", "transitions.down.when.below", "finished", "problem",
    ]  # fmt: skip
    assert runs["rebalance.band"].to_list() == ["0%", "0%", "0%", "2%", "2%", "2%"]
    assert runs["transitions.down.when.below"].to_list() == ["-2%", "-7%", "-9%"] * 2


def test_a_single_setting_may_be_a_text() -> None:
    result = sweep(POLICY, wavy_market(), set="rebalance.band=0%,2%")
    assert result.labels == ("rebalance.band=0%", "rebalance.band=2%")


def test_every_variant_runs_on_the_same_paths() -> None:
    result = sweep(POLICY, wavy_market(), set=["rebalance.band=0%,2%"], paths=3, seed=11)
    for variant, band in enumerate(["0%", "2%"]):
        for path in range(3):
            market = resample_market(wavy_market(), seed=11, path=path)
            alone = evaluate(policy_with(band, "-2%"), market)
            end = float(alone.evaluation.nav[-1])
            assert close(result.metrics["end_nav"][variant, path], end)
    assert len(set(result.metrics["end_nav"].ravel().tolist())) == 6


def test_what_else_the_folder_holds_changes_no_path() -> None:
    market = wavy_market()
    young = daily([10.0, 11.0, 12.0], first_us=day(97))
    wider = replace(
        market,
        instruments={**market.instruments, "NEW/USDT": spot_pair("NEW")},
        bars={**market.bars, "NEW/USDT": young},
    )
    one, other = (sweep(POLICY, each, paths=2, seed=5) for each in (market, wider))
    assert one.metrics["end_nav"].tolist() == other.metrics["end_nav"].tolist()
    assert one.inputs.market == other.inputs.market


def test_paths_are_drawn_from_rows_up_to_the_end() -> None:
    end = "2024-03-25"
    cut = market_until(wavy_market(), parse_instant(end))
    whole = sweep(POLICY, wavy_market(), paths=2, seed=5, end=end)
    assert whole.metrics["end_nav"].tolist() == (
        sweep(POLICY, cut, paths=2, seed=5).metrics["end_nav"].tolist()
    )


def test_quantiles_are_those_of_the_paths() -> None:
    result = sweep(POLICY, wavy_market(), paths=5, seed=2)
    ordered = sorted(result.metrics["total_return"][0].tolist())
    (row,) = result.frames.quantiles.filter(metric="total_return").to_dicts()
    assert row["defined"] == 5
    assert row["25%"] == ordered[1]
    assert row["50%"] == ordered[2]
    assert row["75%"] == ordered[3]
    assert row["5%"] == pytest.approx(ordered[0] + 0.2 * (ordered[1] - ordered[0]), rel=1e-12)
    assert row["95%"] == pytest.approx(ordered[3] + 0.8 * (ordered[4] - ordered[3]), rel=1e-12)


def test_a_run_does_not_depend_on_the_runs_beside_it() -> None:
    asked = opened(*SETTINGS, draws=Draws(paths=2, seed=1))
    together = evaluate_runs(asked, range(12))
    assert [run.number for run in together] == list(range(12))
    for run in together:
        (alone,) = evaluate_runs(asked, [run.number])
        assert alone.numbers.keys() == run.numbers.keys()
        for name, number in alone.numbers.items():
            found = run.numbers[name]
            assert number is found or close(np.nan if found is None else found, number)


def test_finished_runs_in_any_order_make_the_same_result_and_name_the_missing() -> None:
    asked = opened("rebalance.band=0%,2%", draws=Draws(paths=2, seed=1))
    runs = [Run(3, {"fees": 4.0}), Run(0, {"fees": 1.0}), Run(1, {"fees": None})]
    result = gather_result(asked, runs, stopped="interrupted")
    assert result.missing == ("rebalance.band=2%, path 0",)
    assert result.is_interrupted
    np.testing.assert_array_equal(result.metrics["fees"], [[1.0, np.nan], [np.nan, 4.0]])
    assert result.frames.runs["finished"].to_list() == [True, True, False, True]
    assert result.frames.runs["fees"].to_list() == [1.0, None, None, 4.0]
    quantiles = result.frames.quantiles
    assert quantiles["defined"].to_list() == [1, 1]
    assert quantiles["50%"].to_list() == [1.0, 4.0]


def test_a_run_that_cannot_be_made_keeps_its_place_and_says_why() -> None:
    asked = opened("rebalance.band=0%,2%")
    result = gather_result(asked, [Run(0, {}, "no price"), Run(1, {"fees": 4.0})])
    assert result.problems == {(0, 0): "no price"}
    assert result.missing == ()
    assert result.frames.runs["problem"].to_list() == ["no price", None]
    with pytest.raises(UsageError, match="no price"):
        gather_result(asked, [Run(0, {}, "no price"), Run(1, {}, "no price")])


def test_one_bad_variant_of_a_batch_spoils_no_other() -> None:
    asked = opened("rebalance.band=0%,2%")
    unknown, findings = read_policy(POLICY.replace("BTC", "NEW"), "policy.yaml")
    assert unknown is not None, findings
    variants = (replace(asked.variants[0], policy=unknown), asked.variants[1])
    spoilt, sound = evaluate_runs(replace(asked, variants=variants), range(2))
    assert spoilt.numbers == {}
    assert spoilt.problem == "the market has no bar of what the policy names before the end"
    assert sound == evaluate_runs(asked, [1])[0]


def test_workers_of_another_version_do_no_run() -> None:
    other = replace(opened(), version="0.0.9")
    with pytest.raises(UsageError, match=r"the sweep is of version 0\.0\.9"):
        evaluate_runs(other, [0])


def test_a_policy_without_its_file_has_no_settings() -> None:
    policy = policy_with("1%", "-2%")
    assert sweep(policy, wavy_market(), paths=1).labels == ("as written",)
    with pytest.raises(UsageError, match="settings change a policy's file"):
        sweep(policy, wavy_market(), set=["rebalance.band=1%"])


def test_errors_of_variants_come_before_any_run() -> None:
    reports: list[int] = []
    with pytest.raises(InvalidInput, match=r"rebalance\.band=200%"):
        sweep(
            POLICY,
            wavy_market(),
            set=["rebalance.band=1%,200%"],
            report=lambda finished, _: reports.append(finished),
        )
    assert reports == []


@pytest.mark.parametrize(
    ("draws", "message"),
    [
        (Draws(paths=0, seed=1), "the number of paths must be at least 1, was 0"),
        (Draws(paths=1, seed=-1), "the seed must not be negative, was -1"),
        (Draws(paths=1_000_001, seed=1), "1 variants on 1,000,001 paths make 1,000,001 runs"),
    ],
)
def test_paths_that_cannot_be_are_refused_at_once(draws: Draws, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        opened(draws=draws)


@pytest.mark.parametrize("paths", [1, 10])
def test_paths_that_would_all_be_history_are_refused(paths: int) -> None:
    with pytest.raises(UsageError) as caught:
        sweep(POLICY, wavy_market(), paths=paths, end="2024-01-31")
    assert str(caught.value) == (
        "paths are drawn in blocks of 30d, and the 30d of history up to the end leave no choice: "
        "every path would be the same; give a longer history"
    )


def test_a_day_more_than_a_block_is_history_to_draw_from() -> None:
    ends = sweep(POLICY, wavy_market(), paths=8, end="2024-02-01").metrics["end_nav"]
    assert len(set(ends.ravel().tolist())) > 1


def test_a_seed_without_paths_says_nothing() -> None:
    with pytest.raises(UsageError, match="a seed draws paths"):
        sweep(POLICY, wavy_market(), seed=3)


def test_variants_in_two_quote_coins_do_not_compare() -> None:
    variants = build_variants(POLICY, "policy.yaml", settings=["rebalance.band=0%,2%"])
    other = replace(variants[1], policy=replace(variants[1].policy, quote="USDC"))
    with pytest.raises(UsageError, match="`USDC`, `USDT`"):
        open_sweep([variants[0], other], wavy_market(), book=BOOK)


def test_what_was_finished_before_an_interruption_is_the_result() -> None:
    def interrupt(_finished: int, _total: int) -> None:
        raise KeyboardInterrupt

    whole = sweep(POLICY, wavy_market(), set=SETTINGS)
    result = sweep(POLICY, wavy_market(), set=SETTINGS, report=interrupt)
    assert result.is_interrupted
    finished = result.finished[:, 0]
    assert 0 < finished.sum() < 6
    ends, all_ends = result.metrics["end_nav"][:, 0], whole.metrics["end_nav"][:, 0]
    assert ends[finished].tolist() == all_ends[finished].tolist()
    assert np.isnan(ends[~finished]).all()
    assert result.missing == tuple(
        label for label, done in zip(whole.labels, finished, strict=True) if not done
    )


def test_all_runs_begin_with_the_same_capital() -> None:
    result = sweep(POLICY, wavy_market(), set=["rebalance.band=0%,2%"], capital=Decimal(5_000))
    grown = 5_000 * (1 + result.metrics["total_return"])
    np.testing.assert_allclose(result.metrics["end_nav"], grown, rtol=1e-12)
