from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import rebalancer
from rebalancer.api.inputs import Number, Time
from rebalancer.errors import InvalidInput, UsageError
from rebalancer.evaluation.evaluation import FillRule
from rebalancer.model.book import Book, Position
from rebalancer.model.instant import parse_instant
from rebalancer.model.market import Market
from rebalancer.policy.compiled import Policy

START, END = "2025-06-09", "2025-07-07"


def test_files_and_loaded_values_give_the_same(
    folder: Path, policy: Policy, market: Market
) -> None:
    by_path = rebalancer.evaluate(
        folder / "policy.yaml", str(folder / "market"), start=START, end=END
    )
    by_value = rebalancer.evaluate(policy, market, start=START, end=END)
    assert by_path.inputs == by_value.inputs
    assert by_path.evaluation.nav.tolist() == by_value.evaluation.nav.tolist()


def test_what_is_left_out_is_as_on_the_command_line(policy: Policy, market: Market) -> None:
    evaluation = rebalancer.evaluate(policy, market).evaluation
    assert evaluation.start_us == parse_instant("2025-01-03")
    assert evaluation.end_us == parse_instant("2025-07-21")
    assert evaluation.attribution.start_nav == 100_000.0
    assert evaluation.fill is FillRule.NEXT_OPEN


@pytest.mark.parametrize(
    "start", ["2025-06-09", date(2025, 6, 9), datetime(2025, 6, 9, tzinfo=UTC)]
)
def test_times_are_dates_datetimes_or_text(policy: Policy, market: Market, start: Time) -> None:
    evaluation = rebalancer.evaluate(policy, market, start=start, end=END).evaluation
    assert evaluation.start_us == parse_instant("2025-06-09")


@pytest.mark.parametrize("capital", [2500, 2500.0, "2500", Decimal(2500)], ids=repr)
def test_capital_is_any_number(policy: Policy, market: Market, capital: Number) -> None:
    made = rebalancer.evaluate(policy, market, start=START, end=END, capital=capital)
    assert made.evaluation.attribution.start_nav == 2500.0


def test_the_date_of_a_portfolio_says_nothing(policy: Policy, market: Market) -> None:
    old = Book(parse_instant("1999-12-31"), spot={"USDT": Decimal(100_000)})
    made = rebalancer.evaluate(policy, market, start=START, end=END, portfolio=old)
    cash = rebalancer.evaluate(policy, market, start=START, end=END)
    assert made.evaluation.nav.tolist() == cash.evaluation.nav.tolist()


def test_a_position_in_other_contracts_is_refused_at_every_decision(
    policy: Policy, market: Market
) -> None:
    held = Position("BTC/USDT:USDT", Decimal("-0.1"), Decimal(60000), contract_size=Decimal(10))
    portfolio = Book(
        0, spot={"USDT": Decimal(10000)}, wallets={"USDT": Decimal(5000)}, positions=(held,)
    )

    made = rebalancer.evaluate(policy, market, start=START, end=END, portfolio=portfolio)

    plans = made.evaluation.plans
    assert {each.guard for plan in plans for each in plan.refusals} == {"contract-size"}
    assert not made.evaluation.fills


def test_a_fill_rule_may_be_text(policy: Policy, market: Market) -> None:
    made = rebalancer.evaluate(policy, market, start=START, end=END, fill="same_close")
    assert made.evaluation.fill is FillRule.SAME_CLOSE
    with pytest.raises(UsageError, match="fill must be next_open or same_close, was `close`"):
        rebalancer.evaluate(policy, market, fill="close")


def test_the_tables_are_one_attribute_away(policy: Policy, market: Market) -> None:
    made = rebalancer.evaluate(policy, market, start=START, end=END)
    assert made.frames.equity.height == 29
    assert list(made.comparison) == ["buy_and_hold", "fixed_weights"]


def test_a_naive_time_and_a_missing_file_are_refused(folder: Path, market: Market) -> None:
    naive = datetime(2025, 6, 9)  # noqa: DTZ001  -- what is refused
    with pytest.raises(UsageError, match="start 2025-06-09T00:00:00 has no zone"):
        rebalancer.evaluate(folder / "policy.yaml", market, start=naive)
    with pytest.raises(InvalidInput):
        rebalancer.evaluate(folder / "absent.yaml", market)


def test_an_option_that_does_not_exist_is_refused_as_python_would(
    policy: Policy, market: Market
) -> None:
    with pytest.raises(
        TypeError, match=r"^evaluate\(\) got an unexpected keyword argument 'begin'"
    ):
        rebalancer.evaluate(policy, market, begin=START)  # type: ignore[call-arg]  # the wrong word
    with pytest.raises(TypeError, match=r"^sweep\(\) got an unexpected keyword argument 'path'"):
        rebalancer.sweep(policy, market, path=3)  # type: ignore[call-arg]  # the wrong word


def test_paths_and_seeds_are_whole_numbers(policy: Policy, market: Market) -> None:
    with pytest.raises(UsageError, match=r"the number of paths must be a whole number, was 1\.5"):
        rebalancer.sweep(policy, market, paths=1.5)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(UsageError, match=r"the seed must be a whole number, was 'x'"):
        rebalancer.sweep(policy, market, paths=2, seed="x")  # type: ignore[arg-type]  # the mistake
