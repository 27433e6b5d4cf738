"""Targets with coin collateral, betas, ranges of hedges, synthetics and rolled contracts."""

from fractions import Fraction

import pytest

from tests.oracle.arithmetic import Number, OutOfScopeError
from tests.oracle.checks import Oracle, make_oracle
from tests.oracle.coin_example import MIXED, MIXED_MARKS, MIXED_POLICY, dated, inverse
from tests.oracle.example import Document, changed
from tests.oracle.given import NOTHING_GIVEN, Given
from tests.oracle.intervals import Interval
from tests.oracle.sizing import Held, size_future
from tests.oracle.targets import TargetSheet

HEDGE: Document = {"of": "core", "ratio": "50%", "with": "own"}


def oracle_of(
    targets: Document, *hedges: Document, given: Given = NOTHING_GIVEN, mark: str = "40080"
) -> Oracle:
    regime = {"targets": targets, "hedges": list(hedges)}
    return make_oracle(
        changed(MIXED_POLICY, "regimes.mixed", regime),
        "mixed",
        instruments=MIXED,
        marks=MIXED_MARKS | {"BTC/USD:BTC": mark},
        given=given,
    )


def fractions(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


def ends(interval: Interval) -> tuple[Number, Number, Number]:
    return interval.low, interval.target, interval.high


def short_of(
    oracle: Oracle,
    symbol: str,
    *,
    spots: tuple[str, str] = ("0", "0"),
    wallets: tuple[str, str] = ("0", "0"),
    sheet: TargetSheet | None = None,
) -> tuple[Number, Number, Number]:
    """Return a contract's interval for weights of BTC and ETH, in spot and in their wallets."""
    of_wallet = dict(zip(("BTC", "ETH"), fractions(*wallets), strict=True))
    held = Held(
        fractions(*spots), [of_wallet.get(coin, Fraction(0)) for coin in oracle.ctx.wallets]
    )
    index = oracle.ctx.contract_of[symbol]
    [sized] = size_future(oracle.ctx, sheet or oracle.sheet, index, ways=[held])
    return ends(sized.interval)


def wallet_of(oracle: Oracle, coin: str) -> tuple[Number, Number, Number]:
    return ends(oracle.sheet.wallets[oracle.ctx.wallets.index(coin)])


def test_coins_as_collateral_lie_in_the_wallet_and_not_in_spot() -> None:
    oracle = oracle_of({"core": "70%", "dollars": "30%"})

    assert ends(oracle.sheet.coins[0]) == fractions("0.40", "0.42", "0.44")
    assert wallet_of(oracle, "BTC") == fractions("0.16", "0.18", "0.20")
    assert wallet_of(oracle, "USDT") == fractions("0", "0", "0")


def test_a_synthetic_dollar_is_short_the_coins_of_its_wallet_at_the_mark() -> None:
    oracle = oracle_of({"core": "70%", "dollars": "30%"})

    # 0.17 of NAV lies in the wallet: coins at 40,000, sold at 40,080
    short = short_of(oracle, "BTC/USD:BTC", spots=("0.5", "0.5"), wallets=("0.17", "0.1"))

    assert short == fractions("-0.17034", "-0.18036", "-0.17034")


def test_a_synthetic_dollar_is_short_only_its_share_of_a_wallet() -> None:
    # the wallet holds 18 % for the dollars and 6 % of margin for the shorts
    oracle = oracle_of({"dollars": "30%", "defence": "6%", "core": "64%"}, mark="40000")

    assert wallet_of(oracle, "BTC") == fractions("0.22", "0.24", "0.26")
    # 0.75 × 0.20, and 12 % of a short sleeve with its band
    assert short_of(oracle, "BTC/USD:BTC", wallets=("0.2", "0")) == fractions(
        "-0.29", "-0.30", "-0.25"
    )


def test_a_unified_account_keeps_the_coins_with_the_spot() -> None:
    oracle = oracle_of({"core": "70%", "dollars": "30%"}, mark="40000")

    short = short_of(oracle, "BTC/USD:BTC", spots=("0.58", "0.4"), sheet=oracle.pooled)

    assert ends(oracle.pooled.coins[0]) == fractions("0.58", "0.60", "0.62")
    assert short == fractions("-0.174", "-0.18", "-0.174")


def test_a_hedge_in_an_inverse_contract_has_its_margin_in_coins() -> None:
    oracle = oracle_of({"core": "60%", "liquidity": "40%"}, HEDGE | {"leverage": "2"})

    assert wallet_of(oracle, "BTC") == fractions("0.07", "0.09", "0.11")
    assert wallet_of(oracle, "ETH") == fractions("0.04", "0.06", "0.08")
    # half of 0.38 in coins at 40,000, sold at 40,080
    assert short_of(oracle, "BTC/USD:BTC", spots=("0.38", "0.2")) == fractions(
        "-0.19038", "-0.18036", "-0.19038"
    )


def test_a_hedge_range_leaves_the_short_between_its_ends() -> None:
    ratio = {"target": "40%", "range": ["20%", "60%"]}
    oracle = oracle_of(
        {"core": "60%", "liquidity": "40%"},
        HEDGE | {"ratio": ratio},
        mark="40000",
    )

    assert short_of(oracle, "BTC/USD:BTC", spots=("0.35", "0.2")) == fractions(
        "-0.21", "-0.144", "-0.07"
    )
    assert wallet_of(oracle, "BTC") == fractions("0.072", "0.144", "0.216")


def test_a_beta_hedge_is_sized_on_beta_and_never_long() -> None:
    hedge = {"of": "core", "ratio": "50%", "with": "BTC/USDT:USDT", "beta": "90d"}
    pairs = {("BTC/USDT", "BTC/USDT:USDT"): "1", ("ETH/USDT", "BTC/USDT:USDT"): "1.5"}
    rising = oracle_of({"core": "60%", "liquidity": "40%"}, hedge, given=Given(betas=pairs))
    negative = Given(betas=pairs | {("ETH/USDT", "BTC/USDT:USDT"): "-0.5"})
    falling = oracle_of({"core": "60%", "liquidity": "40%"}, hedge, given=negative)

    # 0.24 of ETH × 1.5 × 50 %, on the target and with a band; 0.36 of BTC at 40,040 / 40,000
    assert short_of(rising, "BTC/USDT:USDT", spots=("0.36", "0.3")) == fractions(
        "-0.38018", "-0.36018", "-0.34018"
    )
    assert wallet_of(rising, "USDT") == fractions("0.34", "0.36", "0.38")
    assert short_of(falling, "BTC/USDT:USDT", spots=("0.36", "0.3")) == fractions(
        "-0.18018", "-0.18018", "-0.18018"
    )


def test_a_beta_hedge_is_scaled_to_its_cash_sleeve() -> None:
    hedge = {"of": "core", "ratio": "50%", "with": "ETH/USDT:USDT-260327", "beta": "90d"}
    pairs = {("BTC/USDT", hedge["with"]): "0.5", ("ETH/USDT", hedge["with"]): "1"}
    oracle = oracle_of({"core": "90%", "liquidity": "10%"}, hedge, given=Given(betas=pairs))

    # asked: half of 0.54 × 0.5 + 0.36 × 1 = 0.315 of margin, and 0.1 is there
    assert oracle.sheet.is_scaled
    assert wallet_of(oracle, "USDT")[1] == Fraction("0.1")


def test_a_beta_that_is_not_given_is_an_error() -> None:
    hedge = {"of": "core", "ratio": "50%", "with": "BTC/USDT:USDT", "beta": "90d"}

    with pytest.raises(OutOfScopeError, match="no beta of BTC/USDT to BTC/USDT:USDT"):
        oracle_of({"core": "60%", "liquidity": "40%"}, hedge)


def test_a_synthetic_sleeve_is_long_futures_on_little_margin() -> None:
    oracle = oracle_of({"stand_in": "40%", "liquidity": "60%"})

    assert short_of(oracle, "BTC/USD:BTC-260327") == fractions("0.38", "0.40", "0.42")
    assert wallet_of(oracle, "BTC") == fractions("0.08", "0.10", "0.12")
    assert ends(oracle.sheet.coins[0]) == fractions("0", "0", "0")


def test_a_linear_dated_contract_is_held_like_a_perpetual() -> None:
    oracle = oracle_of({"growth": "10%", "liquidity": "90%"})

    assert short_of(oracle, "ETH/USDT:USDT-260327") == fractions("0.18", "0.20", "0.22")
    assert wallet_of(oracle, "USDT") == fractions("0.08", "0.10", "0.12")


FAMILY: Document = changed(
    MIXED_POLICY, "assets.BTC.future", {"of": "BTC/USD:BTC", "roll": "7d"}
) | {"regimes": {"mixed": {"targets": {"dollars": "100%"}}}}
TWO: Document = {
    "instruments": MIXED["instruments"]
    | {"BTC/USD:BTC-260626": dated(inverse("BTC", "100"), "2026-06-26T08:00:00Z")}
}
TWO_MARKS = MIXED_MARKS | {"BTC/USD:BTC-260626": "41000"}


@pytest.mark.parametrize(
    ("given", "symbol"),
    [
        (Given(as_of="2026-03-20T07:59:59Z"), "BTC/USD:BTC-260327"),
        (Given(as_of="2026-03-20T08:00:00Z"), "BTC/USD:BTC-260626"),
        (Given(families={"BTC/USD:BTC": "BTC/USD:BTC-260626"}), "BTC/USD:BTC-260626"),
    ],
)
def test_a_family_is_its_nearest_contract_that_is_not_due_to_roll(
    given: Given, symbol: str
) -> None:
    oracle = make_oracle(FAMILY, "mixed", instruments=TWO, marks=TWO_MARKS, given=given)
    asked = {
        name: short_of(oracle, name, wallets=("0.6", "0.4"))[1] for name in oracle.ctx.contract_of
    }

    assert [name for name, target in asked.items() if "BTC" in name and target] == [symbol]
    # the others are still managed: a held one is closed at the roll
    assert {"BTC/USD:BTC-260327", "BTC/USD:BTC-260626"} <= oracle.ctx.managed


def test_a_family_without_a_later_contract_is_an_error() -> None:
    with pytest.raises(ValueError, match="no contract of `BTC/USD:BTC` expires after"):
        make_oracle(
            FAMILY,
            "mixed",
            instruments=MIXED,
            marks=MIXED_MARKS,
            given=Given(as_of="2026-03-21T00:00:00Z"),
        )
