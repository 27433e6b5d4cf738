from fractions import Fraction

import pytest

from tests.oracle.arithmetic import FLOAT, Number, OutOfScopeError
from tests.oracle.checks import Oracle, check_plan, make_oracle
from tests.oracle.example import INSTRUMENTS, MARKS, PLAN, POLICY, PORTFOLIO, Document, changed
from tests.oracle.intervals import Interval
from tests.oracle.sizing import Held, size_future

BASIS = {"BTC/USDT:USDT": "43000"}


def oracle_of(regime: Document, *, marks: Document | None = None, **keys: object) -> Oracle:
    policy = changed(POLICY, "regimes.accumulation", regime) | keys
    return make_oracle(policy, "accumulation", instruments=INSTRUMENTS, marks=MARKS | (marks or {}))


def future_of(oracle: Oracle, symbol: str, spots: tuple[str, str]) -> Interval:
    index = oracle.ctx.contract_of[symbol]
    left: list[Number] = [Fraction(text) for text in spots]
    held = Held(left, [row.target for row in oracle.sheet.wallets])
    [sized] = size_future(oracle.ctx, oracle.sheet, index, ways=[held])
    return sized.interval


def fractions(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


def ends(interval: Interval) -> tuple[Number, Number, Number]:
    return interval.low, interval.target, interval.high


def test_a_basis_short_has_the_base_quantity_of_its_spot() -> None:
    oracle = oracle_of({"targets": {"hedged_yield": "50%", "liquidity": "50%"}}, marks=BASIS)

    short = future_of(oracle, "BTC/USDT:USDT", ("0.18", "0.12"))

    assert ends(short) == (Fraction("-0.18") * 43000 / 42100,) * 3


def test_a_short_sleeve_has_a_band_and_never_crosses_zero() -> None:
    oracle = oracle_of({"targets": {"defence": "1%", "liquidity": "99%"}})

    assert ends(future_of(oracle, "BTC/USDT:USDT", ("0", "0"))) == fractions("-0.03", "-0.01", "0")
    assert ends(oracle.sheet.wallets[0]) == fractions("0", "0.01", "0.03")


def test_a_zero_target_has_no_band() -> None:
    oracle = oracle_of({"targets": {"liquidity": "100%"}})

    assert ends(oracle.sheet.coins[0]) == fractions("0", "0", "0")
    assert ends(oracle.sheet.wallets[0]) == fractions("0", "0", "0")


def test_a_range_replaces_the_band_and_the_rest_shares_one() -> None:
    ranged = {"target": "60%", "range": ["50%", "70%"]}
    alone = oracle_of({"targets": {"core": ranged, "liquidity": "40%"}})
    mixed = oracle_of({"targets": {"core": ranged, "hedged_yield": "25%", "liquidity": "15%"}})

    assert ends(alone.sheet.coins[0]) == fractions("0.30", "0.36", "0.42")
    # 0.6 of 50 % to 70 %, and 0.6 of 15 % with a band of 2 %
    assert ends(mixed.sheet.coins[0]) == fractions("0.37", "0.45", "0.53")


def test_an_own_hedge_is_sized_on_the_spot_that_is_left() -> None:
    oracle = oracle_of(
        {
            "targets": {"core": "60%", "liquidity": "40%"},
            "hedges": [{"of": "core", "ratio": "50%", "with": "own"}],
        }
    )

    assert ends(future_of(oracle, "BTC/USDT:USDT", ("0.38", "0.24"))) == fractions(
        "-0.19", "-0.18", "-0.19"
    )
    assert ends(oracle.sheet.wallets[0]) == fractions("0.28", "0.30", "0.32")


def test_a_hedge_with_one_symbol_has_its_own_and_another_part() -> None:
    oracle = oracle_of(
        {
            "targets": {"core": "60%", "liquidity": "40%"},
            "hedges": [{"of": "core", "ratio": "50%", "with": "BTC/USDT:USDT"}],
        }
    )

    short = future_of(oracle, "BTC/USDT:USDT", ("0.36", "0.24"))

    # 0.18 of BTC is its own, 0.12 of ETH is another asset's and has the band
    assert ends(short) == fractions("-0.32", "-0.30", "-0.28")


def test_a_hedge_is_scaled_to_its_cash_sleeve() -> None:
    oracle = oracle_of(
        {
            "targets": {"core": "80%", "liquidity": "20%"},
            "hedges": [{"of": "core", "ratio": "50%"}],
        }
    )

    assert oracle.sheet.is_scaled
    assert future_of(oracle, "BTC/USDT:USDT", ("0.48", "0.32")).target == Fraction("-0.12")
    assert oracle.sheet.wallets[0].target == Fraction("0.20")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("sleeves.core.kind", "vault"),
        ("sleeves.hedged_yield.collateral", "coin"),  # behind a contract that is not inverse
        ("limits.beta", "1"),
        ("regimes.accumulation.hedges", [{"of": "core", "ratio": "1", "beta": "90d"}]),
    ],
)
def test_what_the_oracle_cannot_check_is_an_error(path: str, value: object) -> None:
    with pytest.raises(OutOfScopeError):
        make_oracle(
            changed(POLICY, path, value), "accumulation", instruments=INSTRUMENTS, marks=MARKS
        )


@pytest.mark.parametrize(("key", "value"), [("kind", "option"), ("settle", "ETH")])
def test_a_contract_that_is_neither_linear_nor_inverse_is_an_error(key: str, value: str) -> None:
    instruments = changed(INSTRUMENTS, f"instruments.BTC/USDT:USDT.{key}", value)

    with pytest.raises(OutOfScopeError):
        make_oracle(POLICY, "accumulation", instruments=instruments, marks=MARKS)


def test_a_missing_mark_is_an_error() -> None:
    with pytest.raises(ValueError, match="no instrument or mark for ETH/USDT"):
        make_oracle(
            POLICY, "accumulation", instruments=INSTRUMENTS, marks={"BTC/USDT": "1"} | BASIS
        )


def test_holdings_that_are_not_named_refuse_unless_ignored_or_small() -> None:
    odd = changed(PORTFOLIO, "spot.DOGE", "5")
    plan = changed(PLAN, "book_after.spot.DOGE", "5")
    strict = make_oracle(POLICY, "yield_optimization", instruments=INSTRUMENTS, marks=MARKS)
    lenient = make_oracle(
        POLICY | {"unmanaged": "ignore"},
        "yield_optimization",
        instruments=INSTRUMENTS,
        marks=MARKS,
    )

    assert check_plan(strict, odd, plan) == ["coin DOGE is not managed: refuses the plan"]
    assert check_plan(lenient, odd, plan) == []
    assert check_plan(lenient, odd, PLAN) == ["book_after spot DOGE is 0, replayed 5"]


def test_a_book_under_water_must_be_refused() -> None:
    poor = changed(PORTFOLIO, "futures.wallets.USDT", "200")
    debt = changed(PORTFOLIO, "spot.USDT", "-100000")
    oracle = make_oracle(
        POLICY, "yield_optimization", instruments=INSTRUMENTS, marks=MARKS, arithmetic=FLOAT
    )

    assert "at or under maintenance margin" in check_plan(oracle, poor, PLAN)[0]
    assert "NAV is not above zero" in check_plan(oracle, debt, PLAN)[0]


def test_a_unified_account_is_one_pool_without_transfers() -> None:
    unified = changed(PORTFOLIO, "account", "unified")
    oracle = make_oracle(POLICY, "yield_optimization", instruments=INSTRUMENTS, marks=MARKS)

    found = check_plan(oracle, unified, PLAN)

    assert "step 2: a transfer in a unified account" in found
    assert "instruments has unknown USDT" in found
    # 8,841 of notional on the whole NAV of 83,738.605
    assert any("futures_leverage: before is 1.7606, replayed 0.1055785" in text for text in found)
