from pathlib import Path

import numpy as np
import pytest

from rebalancer.adapters.example_files import example_contents, write_example
from rebalancer.adapters.market_folder import load_market
from rebalancer.adapters.policy_file import load_policy
from rebalancer.adapters.portfolio_file import load_portfolio
from rebalancer.engine import Moment, decide, prepare
from rebalancer.errors import InvalidInput, UsageError
from rebalancer.model.instant import DAY_US, HOUR_US, parse_instant
from rebalancer.model.market import Market
from rebalancer.model.plan import Order, Transfer

NAMES = [
    "README.txt",
    "market/funding.csv",
    "market/instruments.yaml",
    "market/prices.csv",
    "policy.yaml",
    "portfolio.yaml",
]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example")
    write_example(folder)
    return folder


@pytest.fixture(scope="module")
def market(example: Path) -> Market:
    return load_market(example / "market")


def relative_files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_example_is_a_policy_a_portfolio_and_a_market(example: Path, market: Market) -> None:
    assert sorted(relative_files(example)) == NAMES
    assert load_policy(example / "policy.yaml").name == "dynamic-rebalancing"
    assert sorted(market.bars) == ["BTC/USDT", "BTC/USDT:USDT", "ETH/USDT", "ETH/USDT:USDT"]
    assert {len(bars.time_us) for bars in market.bars.values()} == {200}
    assert {len(funding.time_us) for funding in market.funding.values()} == {600}


def test_the_portfolio_is_worth_about_100_000_at_the_last_row(
    example: Path, market: Market
) -> None:
    book = load_portfolio(example / "portfolio.yaml")
    close = {symbol: bars.close[-1] for symbol, bars in market.bars.items()}
    coins = (
        float(book.spot["BTC"]) * close["BTC/USDT"] + float(book.spot["ETH"]) * close["ETH/USDT"]
    )
    profit = sum(
        float(position.contracts) * (close[position.symbol] - float(position.entry_price))
        for position in book.positions
    )
    nav = coins + float(book.spot["USDT"]) + float(book.wallets["USDT"]) + profit
    assert nav == pytest.approx(100_000, rel=0.02)
    assert {bars.time_us[-1] for bars in market.bars.values()} == {book.as_of_us}


def test_the_premium_pays_more_than_ten_percent_for_the_last_45_days_only(market: Market) -> None:
    funding = market.funding["BTC/USDT:USDT"]
    apr = funding.rate * 8760 / funding.interval_hours
    pays = funding.time_us > funding.time_us[-1] - 45 * DAY_US
    assert apr[pays].min() > 0.10
    assert apr[~pays].max() < 0.10
    assert apr.min() > 0
    assert set(np.diff(funding.time_us).tolist()) == {8 * HOUR_US}


def test_a_plan_moves_the_portfolio_into_the_regime_that_began_four_weeks_before(
    example: Path, market: Market
) -> None:
    policy = load_policy(example / "policy.yaml")
    book = load_portfolio(example / "portfolio.yaml")
    history = prepare(policy, market, as_of_us=book.as_of_us)
    assert [(step.target, step.at_us) for step in history.path.steps] == [
        ("yield_optimization", parse_instant("2025-06-23"))
    ]
    (plan,) = decide(policy, market, history=history, books=[book], moment=Moment(book.as_of_us))
    assert [describe(trade) for trade in plan.trades] == [
        "sell BTC/USDT",
        "spot to futures",
        "buy ETH/USDT",
        "sell BTC/USDT:USDT",
        "sell ETH/USDT:USDT",
    ]
    assert plan.refusals == ()


def describe(trade: Order | Transfer) -> str:
    if isinstance(trade, Transfer):
        return f"{trade.source} to {trade.target}"
    return f"{trade.side} {trade.symbol}"


def test_the_same_bytes_are_written_every_time(example: Path) -> None:
    assert relative_files(example) == example_contents()


def test_the_examples_folder_is_what_the_command_writes(repository: Path) -> None:
    assert relative_files(repository / "examples" / "first-plan") == example_contents()


def test_the_policy_is_the_shipped_one(repository: Path) -> None:
    shipped = repository / "policies" / "dynamic-rebalancing.yaml"
    assert example_contents()["policy.yaml"] == shipped.read_bytes()


def test_the_example_is_small_and_says_that_it_is_generated() -> None:
    contents = example_contents()
    assert sum(map(len, contents.values())) < 200_000
    for name in ("README.txt", "portfolio.yaml", "market/instruments.yaml"):
        assert b"enerated" in contents[name]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "portfolio.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidInput) as caught:
        write_example(tmp_path)
    assert [finding.place.path for finding in caught.value.findings] == [
        str(tmp_path / "portfolio.yaml")
    ]
    assert relative_files(tmp_path) == {"portfolio.yaml": b"mine"}


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").touch()
    with pytest.raises(UsageError, match="demo"):
        write_example(tmp_path / "demo")
    assert relative_files(tmp_path) == {"demo": b""}


def test_a_folder_that_cannot_be_looked_at_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write .*: File name too long"):
        write_example(tmp_path / ("x" * 300))
    assert relative_files(tmp_path) == {}
