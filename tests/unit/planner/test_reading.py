from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest

from rebalancer.model.book import Account, Book
from rebalancer.model.plan import BookAfter, PlanStatus
from rebalancer.planner.reading import Reading, book_symbols, read_book
from tests.small_plans import (
    AS_OF_US,
    BTC_AND_ETH,
    BTC_COIN,
    PRICES,
    WHOLE_LEGS,
    book_of,
    dated,
    inverse,
    market_of,
    perpetual,
    plan_of,
    policy_of,
    request_of,
    sent,
    spot_pair,
)

CORE = ("core: {kind: spot}", "core: 50%, cash: 50%")
DOGE = spot_pair("DOGE", step="1")
DOGE_PRICES = {**PRICES, "DOGE/USDT": "0.1", "DOGE/USDT:USDT": "0.1"}


def read(book: Book, *, unmanaged: str = "refuse", rebalance: str = "band: 0%") -> Reading:
    policy = policy_of(*CORE, rebalance=rebalance, more=f"unmanaged: {unmanaged}")
    market = market_of(DOGE, perpetual("DOGE", step="1"), prices=DOGE_PRICES)
    return read_book(request_of(policy, market), book)


def refusals(reading: Reading) -> list[tuple[str, str]]:
    return [(refusal.guard, refusal.message) for refusal in reading.refusals]


def test_a_managed_book_is_read_by_symbol() -> None:
    reading = read(book_of(("BTC/USDT:USDT", "-1", "90"), BTC="2", USDT="30", wallet="5"))

    assert reading.cash == 30
    assert reading.spot == {"BTC/USDT": Decimal(2)}
    assert reading.wallets == {"USDT": Decimal(5)}
    assert [each.contracts for each in reading.positions.values()] == [Decimal(-1)]
    assert (reading.refusals, reading.warnings, reading.stale) == ([], [], [])
    # no sleeve trades the contract, so it has a column for this book alone
    assert reading.extra == ["BTC/USDT:USDT"]


def test_what_a_sleeve_trades_is_not_held_besides() -> None:
    policy = policy_of("bear: {kind: short}", "bear: 50%, cash: 50%")

    reading = read_book(request_of(policy), book_of(("BTC/USDT:USDT", "-1", "90"), wallet="500"))

    assert [each.contracts for each in reading.positions.values()] == [Decimal(-1)]
    assert reading.extra == []


def test_a_contract_that_no_sleeve_trades_is_closed() -> None:
    book = book_of(("BTC/USDT:USDT", "-1", "100"), BTC="5", USDT="400", wallet="100")

    plan = plan_of(policy_of(*CORE), book)

    assert sent(plan)[0] == "buy 1 BTC/USDT:USDT"
    assert plan.book_after.positions == ()


def test_a_unified_book_pools_its_wallet_with_the_quote_coin() -> None:
    reading = read(book_of(USDT="30", wallet="5", account=Account.UNIFIED))

    assert (reading.cash, reading.wallets, reading.is_unified) == (Decimal(35), {}, True)


def test_a_coin_that_the_market_cannot_price_refuses_the_plan() -> None:
    assert refusals(read(book_of(XYZ="1"), unmanaged="ignore")) == [
        ("unknown-coin", "spot XYZ has no price in the market folder")
    ]


def test_none_of_a_coin_is_no_holding() -> None:
    reading = read(book_of(XYZ="0", BTC="0", USDT="1"))

    assert reading.refusals == []
    assert (reading.spot, reading.ignored) == ({}, {})


def test_an_unmanaged_coin_is_refused_by_name() -> None:
    assert refusals(read(book_of(DOGE="1000"))) == [
        (
            "unmanaged-holding",
            "spot DOGE is not named by the policy: name it, or set `unmanaged` to ignore or sell",
        )
    ]


def test_an_unmanaged_coin_may_be_ignored() -> None:
    reading = read(book_of(DOGE="1000"), unmanaged="ignore")

    assert reading.ignored == {"DOGE": Decimal(1000)}
    assert (reading.refusals, reading.warnings) == ([], [])


def test_an_unmanaged_coin_may_be_sold() -> None:
    reading = read(book_of(DOGE="1000"), unmanaged="sell")

    assert reading.spot == {"DOGE/USDT": Decimal(1000)}
    assert reading.extra == ["DOGE/USDT"]


@pytest.mark.parametrize("unmanaged", ["refuse", "ignore", "sell"])
def test_what_is_worth_less_than_a_trade_is_ignored_with_a_warning(unmanaged: str) -> None:
    small = "band: 0%, min_trade: 25"
    reading = read(book_of(DOGE="240"), unmanaged=unmanaged, rebalance=small)

    assert reading.ignored == {"DOGE": Decimal(240)}
    assert reading.warnings == ["spot DOGE is worth 24.00 USDT and is ignored"]
    assert reading.refusals == []


def test_what_is_worth_a_trade_is_not_small() -> None:
    assert read(book_of(DOGE="250"), rebalance="band: 0%, min_trade: 25").refusals


def test_stable_coins_are_worth_one_another() -> None:
    reading = read(book_of(USDC="3"), rebalance="band: 0%, min_trade: 25")

    assert reading.warnings == ["spot USDC is worth 3.00 USDT and is ignored"]


def test_a_stable_coin_without_a_pair_cannot_be_sold() -> None:
    assert refusals(read(book_of(USDC="300"), unmanaged="sell")) == [
        (
            "unmanaged-holding",
            "spot USDC is not named by the policy and `unmanaged: sell` does not cover it",
        )
    ]


@pytest.mark.parametrize("unmanaged", ["ignore", "sell"])
def test_a_wallet_of_another_coin_is_neither_ignored_nor_sold(unmanaged: str) -> None:
    book = replace(book_of(), wallets={"USDC": Decimal(300)})

    ((guard, message),) = refusals(read(book, unmanaged=unmanaged))

    assert guard == "unmanaged-holding"
    assert message.startswith("USDC futures wallet is not named by the policy")
    assert message.endswith(f"and `unmanaged: {unmanaged}` does not cover it")


def test_small_coins_and_small_wallets_of_one_coin_are_kept_apart() -> None:
    book = replace(book_of(BTC="5", USDT="500", USDC="3"), wallets={"USDC": Decimal(4)})
    policy = policy_of(*CORE, rebalance="band: 0%, min_trade: 25")

    plan = plan_of(policy, book)

    assert plan.book_after == BookAfter(
        spot=(("BTC", Decimal(5)), ("USDC", Decimal(3)), ("USDT", Decimal(500))),
        wallets=(("USDC", Decimal(4)),),
        positions=(),
    )


def test_dust_in_a_wallet_of_a_coin_that_only_the_market_names_is_ignored() -> None:
    market = market_of(DOGE, prices=DOGE_PRICES)
    book = replace(book_of(BTC="5", USDT="500"), wallets={"DOGE": Decimal(40)})
    policy = policy_of(*CORE, rebalance="band: 0%, min_trade: 25")

    plan = plan_of(policy, book, market=market)

    assert plan.status is PlanStatus.HOLD
    assert plan.warnings == ("DOGE futures wallet is worth 4.00 USDT and is ignored",)


def test_an_empty_wallet_of_another_coin_is_no_holding() -> None:
    assert read(replace(book_of(), wallets={"USDC": Decimal(0)})).refusals == []


POSITION = ("DOGE/USDT:USDT", "100", "0.1")


@pytest.mark.parametrize("unmanaged", ["refuse", "ignore"])
def test_an_unmanaged_position_is_refused_unless_sold(unmanaged: str) -> None:
    found = refusals(read(book_of(POSITION), unmanaged=unmanaged))

    assert [guard for guard, _ in found] == ["unmanaged-holding"]
    assert "position `DOGE/USDT:USDT` is not named by the policy" in found[0][1]


def test_an_unmanaged_position_may_be_closed() -> None:
    reading = read(book_of(POSITION), unmanaged="sell")

    assert reading.extra == ["DOGE/USDT:USDT"]
    assert reading.refusals == []


@pytest.mark.parametrize("symbol", ["XYZ/USDT:USDT", "DOGE/USDT"])
def test_a_position_that_is_no_known_contract_refuses_the_plan(symbol: str) -> None:
    assert refusals(read(book_of((symbol, "1", "1")), unmanaged="sell")) == [
        ("unknown-contract", f"position `{symbol}` is not a contract of the market folder")
    ]


def test_contracts_of_another_size_than_the_markets_refuse_the_plan() -> None:
    book = book_of(POSITION)
    counted = [replace(book.positions[0], contract_size=Decimal(size)) for size in ("1", "1000")]

    found = [refusals(read(replace(book, positions=(each,)), unmanaged="sell")) for each in counted]

    message = (
        "a contract of `DOGE/USDT:USDT` is 1000 in the portfolio and 1 in instruments.yaml: "
        "correct `contract_size` there"
    )
    assert found == [[], [("contract-size", message)]]


def test_a_book_names_its_positions_and_the_pairs_of_its_coins() -> None:
    book = replace(book_of(POSITION, BTC="1", USDT="1"), wallets={"SOL": Decimal(1)})

    assert book_symbols(book, "USDT") == {"BTC/USDT", "DOGE/USDT:USDT", "SOL/USDT"}


def test_what_is_sold_leaves_the_book_and_what_is_ignored_stays_outside_nav() -> None:
    market = market_of(DOGE, prices=DOGE_PRICES)
    book = book_of(BTC="5", USDT="400", DOGE="1000")
    sell, ignore = (
        policy_of(*CORE, more=f"unmanaged: {unmanaged}") for unmanaged in ("sell", "ignore")
    )

    sold, left = plan_of(sell, book, market=market), plan_of(ignore, book, market=market)

    assert (sold.nav, sent(sold)) == (Decimal(1000), ["sell 1000 DOGE/USDT"])
    assert (left.nav, sent(left)) == (Decimal(900), ["sell 0.5 BTC/USDT"])
    assert dict(left.book_after.spot)["DOGE"] == 1000


def test_an_asset_without_a_price_refuses_only_the_plan_that_needs_it() -> None:
    early = market_of(prices={"BTC/USDT": "100"})
    spot_only = policy_of("core: {kind: spot, shares: {BTC: 100%}}", CORE[1], assets=BTC_AND_ETH)
    carry = policy_of("carry: {kind: basis, leverage: 1}", "carry: 50%, cash: 50%")
    zero = book_of(BTC="5", USDT="500", ETH="0")

    assert plan_of(spot_only, zero, market=early).status is PlanStatus.HOLD
    (refusal,) = plan_of(carry, zero, market=early).refusals
    assert refusal.guard == "no-price"
    assert "`BTC/USDT:USDT` has no price at or before the plan's time" in refusal.message


def test_a_symbol_without_rules_refuses_the_plan() -> None:
    market = market_of()
    rules = {name: rule for name, rule in market.instruments.items() if name != "BTC/USDT"}
    bare = replace(market, instruments=rules, bars={name: market.bars[name] for name in rules})

    plan = plan_of(policy_of(*CORE), book_of(USDT="1000"), market=bare)

    assert [(each.guard, each.message) for each in plan.refusals] == [
        ("unknown-instrument", "`BTC/USDT` is not in instruments.yaml")
    ]


# ------------------------------------------------------------------ coin wallets
DOLLARS = ("dollars: {kind: basis, collateral: coin}", "dollars: 100%")
COINS = market_of(inverse("BTC"))


def test_the_wallet_of_a_coin_that_settles_a_contract_is_managed() -> None:
    request = request_of(policy_of(*DOLLARS, assets=BTC_COIN), COINS)

    reading = read_book(request, book_of(BTC="2", wallet="5", coin_wallet="3"))

    assert reading.pairs == {"BTC": "BTC/USDT"}
    assert reading.spot == {"BTC/USDT": Decimal(2)}
    assert reading.wallets == {"USDT": Decimal(5), "BTC": Decimal(3)}
    assert (reading.refusals, reading.warnings) == ([], [])


def test_a_unified_book_pools_the_coins_of_its_wallets() -> None:
    request = request_of(policy_of(*DOLLARS, assets=BTC_COIN), COINS)

    pooled = read_book(request, book_of(BTC="2", coin_wallet="3", account=Account.UNIFIED))
    alone = read_book(request, book_of(coin_wallet="3", account=Account.UNIFIED))

    assert (pooled.spot, pooled.wallets) == ({"BTC/USDT": Decimal(5)}, {})
    assert alone.spot == {"BTC/USDT": Decimal(3)}


def test_the_wallet_of_a_coin_that_settles_nothing_is_unmanaged() -> None:
    ((guard, message),) = refusals(read(book_of(coin_wallet="3")))

    assert guard == "unmanaged-holding"
    assert message.startswith("BTC futures wallet is not named by the policy")


def test_coins_in_a_wallet_need_the_price_of_their_pair() -> None:
    unpriced = market_of(inverse("BTC"), prices={"BTC/USD:BTC": "100"})
    request = request_of(policy_of("core: {kind: spot}", "cash: 100%", assets=BTC_COIN), unpriced)

    assert refusals(read_book(request, book_of(coin_wallet="3"))) == [
        ("no-price", "`BTC/USDT` has no price at or before the plan's time")
    ]


# ------------------------------------------------------------------ dated contracts
NEAR, FAR = dated("BTC", "2024-01-05"), dated("BTC", "2024-03-29")
DATED_PRICES = {**PRICES, NEAR.symbol: "101", FAR.symbol: "103"}


def test_a_contract_that_has_expired_refuses_the_plan() -> None:
    gone = dated("BTC", "2023-12-29")
    market = market_of(gone, prices={**PRICES, gone.symbol: "100"})
    policy = policy_of(*CORE, more="unmanaged: sell")
    book = book_of((gone.symbol, "1", "90"), USDT="1000")

    assert refusals(read_book(request_of(policy, market), book)) == [
        (
            "expired-contract",
            f"`{gone.symbol}` has expired: settle it in the portfolio, or name another",
        )
    ]


def test_a_contract_trades_until_it_expires() -> None:
    market = market_of(NEAR, prices=DATED_PRICES)
    request = request_of(policy_of(*CORE, more="unmanaged: sell"), market)
    book = book_of((NEAR.symbol, "1", "90"), USDT="1000")

    assert NEAR.expiry_us is not None
    assert read_book(replace(request, as_of_us=NEAR.expiry_us - 1), book).refusals == []
    (late,) = read_book(replace(request, as_of_us=NEAR.expiry_us), book).refusals
    assert late.guard == "expired-contract"


def test_a_position_that_was_rolled_out_of_is_managed_to_nothing() -> None:
    market = market_of(NEAR, FAR, prices=DATED_PRICES)
    request = replace(request_of(policy_of(*CORE), market), left=(NEAR.symbol,))

    reading = read_book(request, book_of((NEAR.symbol, "-1", "100"), USDT="1000"))

    assert [*reading.positions] == reading.extra == [NEAR.symbol]
    assert reading.refusals == []


def test_a_roll_closes_the_old_contract_and_opens_the_next() -> None:
    # the near one expires in four days, within the week of its roll
    rolling = "{BTC: {spot: BTC/USDT, future: {of: 'BTC/USDT:USDT', roll: 7d}}}"
    policy = policy_of(
        "carry: {kind: basis, leverage: 1}",
        "carry: 80%, cash: 20%",
        assets=rolling,
        more=WHOLE_LEGS,
    )
    market = market_of(NEAR, FAR, prices=DATED_PRICES)
    book = book_of((NEAR.symbol, "-4", "101"), BTC="4", USDT="200", wallet="400")

    plan = plan_of(policy, book, market=market)

    assert sent(plan) == [f"buy 4 {NEAR.symbol}", f"sell 4 {FAR.symbol}"]
    assert [position[:2] for position in plan.book_after.positions] == [(FAR.symbol, Decimal(-4))]
    closed, opened = (trade.reason for trade in plan.trades)
    assert "its family has rolled on" in closed
    assert f"; rolled on from {NEAR.symbol}; " in opened


# ------------------------------------------------------------------ prices and betas
def collared(previous: Mapping[str, str], book: Book, *, collar: str = "20%") -> Reading:
    policy = policy_of(*CORE, more=f"execution: {{price_collar: {collar}}}\nunmanaged: ignore")
    market = market_of(DOGE, prices=DOGE_PRICES)
    request = request_of(policy, market)
    closes = {symbol: Decimal(price) for symbol, price in previous.items()}
    return read_book(replace(request, previous=closes), book)


def test_a_price_beyond_the_collar_refuses_the_plan() -> None:
    reading = collared({"BTC/USDT": "125.01"}, book_of(USDT="1000"))

    assert refusals(reading) == [
        (
            "price-collar",
            (
                "price of `BTC/USDT` is 100, -20.01% from its previous close 125.01, "
                "over the price collar of 20.00%"
            ),
        )
    ]


@pytest.mark.parametrize("previous", ["125", "100", "84"])
def test_a_price_at_the_collar_or_nearer_is_taken(previous: str) -> None:
    assert collared({"BTC/USDT": previous}, book_of(USDT="1000")).refusals == []


def test_the_collar_is_for_prices_that_the_policy_or_book_reads() -> None:
    wild = {"DOGE/USDT": "5", "ETH/USDT": "5000"}

    # an ignored coin is not read
    assert collared(wild, book_of(DOGE="9000", USDT="1000")).refusals == []
    assert collared({}, book_of(BTC="1", USDT="1000")).refusals == []
    assert collared({"BTC/USDT": "5"}, book_of(USDT="1000"), collar="none").refusals == []


def test_a_position_that_is_sold_is_read_with_the_collar() -> None:
    policy = policy_of(*CORE, more="execution: {price_collar: 20%}\nunmanaged: sell")
    market = market_of(perpetual("DOGE", step="1"), prices=DOGE_PRICES)
    request = replace(request_of(policy, market), previous={"DOGE/USDT:USDT": Decimal("0.2")})

    assert [guard for guard, _ in refusals(read_book(request, book_of(POSITION)))] == [
        "price-collar"
    ]


def test_a_beta_that_nobody_knows_refuses_the_plan() -> None:
    policy = policy_of(
        "core: {kind: spot}",
        "core: 60%, cash: 40%",
        assets=BTC_AND_ETH,
        hedges="[{of: core, ratio: 50%, with: 'BTC/USDT:USDT', beta: 30d}]",
    )

    # one row of prices is no history
    plan = plan_of(policy, book_of(USDT="1000"), as_of_us=AS_OF_US)

    assert plan.status is PlanStatus.REFUSED
    assert {refusal.guard for refusal in plan.refusals} == {"unknown-beta"}
    assert "is unknown" in plan.refusals[0].message
