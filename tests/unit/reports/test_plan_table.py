from dataclasses import replace
from decimal import Decimal

from rebalancer.model.plan import Carry, Plan
from rebalancer.reports.layout import Tone, plain_text
from rebalancer.reports.plan_table import plan_lines
from tests.unit.reports.sample_plans import HOLDING, REDUCING, REFUSED, TRADING

TEXT = """\
dynamic-rebalancing as of 2023-12-31 00:00 UTC: 3 trades

Regime      yield_optimization since 2023-11-20 00:00 UTC (premium pays)
            funding_apr 16.42%: above 10% for 14d is true, held for 21d
Next step   2024-01-01 00:00 UTC, by calendar
Targets     core 40%, hedged_yield 45%, liquidity 15%
Market      last row used 2023-12-30 00:00 UTC, 1d old; trading rules of 2023-12-31
NAV         83,738.60 USDT, 83,735.46 after fees of 3.14
Plan id     sha256:0000000000000000000000000000000000000000000000000000000000000000

Warnings
- the hedge is scaled to what its cash sleeve can carry

Trades for regime yield_optimization since 2023-11-20, in order
#  trade                          amount   price  USDT notional        fee  weight   after
1  sell BTC/USDT             0.01063 BTC  42,100         447.52  0.45 USDT  42.73%  42.20%
   core: 42.73% is over its band
2  move spot to futures    8,383.59 USDT
   margin of hedged_yield
3  sell BTC/USDT:USDT    0.128 contracts  42,100       5,388.80  2.69 USDT   0.00%  -6.44%
   hedged_yield: short sized on its spot

Weights
share of NAV     held   target    drift  left alone within   after
BTC/USDT       42.73%   40.20%   +2.53%   38.20% to 42.20%  42.20%
BTC/USDT:USDT   0.00%  -16.20%  +16.20%     exactly -6.44%  -6.44%
USDT wallet     6.00%   18.00%  -12.00%   16.00% to 20.00%  16.00%

Limits
limit                      allowed  before  worst during   after  holds
gross_leverage        at most 1.5x   0.79x         0.95x   0.95x  yes
net_exposure           -1% to 101%  57.83%        40.53%  40.53%  yes
liquidation_distance  at least 25%   never        56.00%  56.00%  yes

Left over
- ETH/USDT: -0.0007584, worth 1.70 USDT: under the minimum

Carry
- hedged_yield: 9.85% a year on its capital at the last funding; 7.2 days pay the fees of going in
  and out
- other: funding is unknown
"""


def text_of(plan: Plan) -> str:
    return plain_text(plan_lines(plan))


def test_a_trading_plan_reads_from_the_decision_to_what_was_left_over() -> None:
    assert text_of(TRADING) == TEXT


def test_a_plan_with_nothing_to_do_shows_drifts_and_what_would_trade_next() -> None:
    text = text_of(HOLDING)
    assert text.startswith("dynamic-rebalancing as of 2023-12-31 00:00 UTC: nothing to do\n")
    assert "Trades" not in text
    assert (
        "Next\n- ETH/USDT would trade next: 28.60% is 0.20 points from the upper end of its "
        "interval, 28.80%\n"
    ) in text
    assert "BTC/USDT        39.50%   40.20%  -0.70%   38.20% to 42.20%   39.50%\n" in text


def test_a_wallet_may_be_what_would_trade_next() -> None:
    wallet = replace(TRADING.instruments[2], before=0.161)
    text = text_of(replace(HOLDING, instruments=(wallet,)))
    assert "the USDT wallet would trade next: 16.10% is 0.10 points from the lower end" in text


def test_what_is_outside_its_interval_already_cannot_be_next() -> None:
    outside = replace(HOLDING.instruments[1], before=0.2881)
    text = text_of(replace(HOLDING, instruments=(HOLDING.instruments[0], outside)))
    assert "- BTC/USDT would trade next: 39.50% is 1.30 points from the lower end" in text


def test_without_any_band_nothing_is_said_to_trade_next() -> None:
    plan = replace(HOLDING, instruments=HOLDING.instruments[2:])
    assert "- no instrument has a band to leave\n" in text_of(plan)


def test_a_portfolio_too_small_to_trade_has_bands_that_it_has_left() -> None:
    outside = replace(HOLDING.instruments[0], before=0.0, after=0.0)
    text = text_of(replace(HOLDING, instruments=(outside, *HOLDING.instruments[2:])))
    assert "- each instrument with a band is outside it, by less than can be traded\n" in text


def test_a_refused_plan_says_why_before_anything_else() -> None:
    text = text_of(REFUSED)
    assert text.startswith("dynamic-rebalancing as of 2023-12-31 00:00 UTC: refused\n")
    assert "Market      no row by then; trading rules of 2023-12-31\n" in text
    assert text.endswith(
        "\nRefused\n- unmanaged: the portfolio holds 12 DOGE, which no asset names\n"
    )


def test_a_broken_limit_stands_out() -> None:
    lines = plan_lines(REDUCING)
    (broken,) = [line for line in lines if line and line[0].text.startswith("gross_leverage")]
    assert broken[0].tone is Tone.BAD
    assert broken[0].text.endswith("1.90x         1.90x  1.80x  BROKEN")


def test_a_reducing_plan_says_so_on_top_and_on_its_orders() -> None:
    text = text_of(REDUCING)
    assert text.startswith("dynamic-rebalancing as of 2023-12-31 00:00 UTC: reduce only, 1 trade\n")
    assert "1  sell BTC/USDT:USDT, reduce only  0.128 contracts" in text


def test_reserved_slippage_is_named() -> None:
    plan = replace(TRADING, slippage=Decimal("1.5"))
    assert "after fees of 3.14; 1.50 kept in reserve for slippage\n" in text_of(plan)


def test_carry_that_never_pays_its_fees_says_so() -> None:
    plan = replace(TRADING, carry=(Carry("hedged_yield", -0.01, None),))
    assert "- hedged_yield: -1.00% a year on its capital at the last funding; it never pays" in (
        text_of(plan)
    )


def test_reasons_are_wrapped_to_the_width() -> None:
    lines = plain_text(plan_lines(TRADING, width=60)).splitlines()
    assert "- hedged_yield: 9.85% a year on its capital at the last" in lines
